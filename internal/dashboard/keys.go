package dashboard

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// The keys, and what the help says of them.
var (
	leaveKey = bind("q", "leave; the workers go on", "q", "ctrl+c")
	pauseKey = bind("p", "pause the run, or let it go on: workers wait between calls", "p")
	logKey   = bind("w", "log of the worker under the cursor, and back", "w", "enter")
	upKey    = bind("↑ k", "the worker above; in a log: back", "up", "k")
	downKey  = bind("↓ j", "the worker below; in a log: on", "down", "j")
	pageUp   = bind("PgUp", "a page back", "pgup", "b")
	pageDown = bind("PgDn", "a page on", "pgdown", "space", " ")
	firstKey = bind("Home g", "the first", "home", "g")
	lastKey  = bind("End G", "the last", "end", "G")
	backKey  = bind("Esc", "back to the overview", "esc")
	helpKey  = bind("?", "this, and back", "?")

	allKeys = []key.Binding{leaveKey, pauseKey, logKey, upKey, downKey, pageUp, pageDown, firstKey, lastKey, backKey, helpKey}
)

func bind(name, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, does))
}

// short is a key with fewer words, for the last line.
func short(k key.Binding, name, does string) key.Binding {
	k.SetHelp(name, does)
	return k
}

// shortKeys are those that the last line names.
func (m *model) shortKeys() []key.Binding {
	leave := short(leaveKey, "q", "leave")
	switch {
	case m.screen == workerLog:
		return []key.Binding{short(logKey, "w", "back"), short(upKey, "↑↓", "scroll"), leave}
	case m.screen == helpScreen:
		return []key.Binding{short(helpKey, "?", "back"), leave}
	}
	pause := short(pauseKey, "p", "pause")
	if m.view != nil && m.view.Paused {
		pause = short(pauseKey, "p", "go on")
	}
	return []key.Binding{leave, pause, short(logKey, "w", "log"), short(upKey, "↑↓", "worker"), short(helpKey, "?", "help")}
}

func helper() help.Model {
	h := help.New()
	h.ShortSeparator = "  "
	plain, dim := lipgloss.NewStyle(), style(grey)
	h.Styles = help.Styles{
		Ellipsis: dim, ShortKey: dim, ShortDesc: dim, ShortSeparator: dim, FullKey: plain, FullDesc: plain, FullSeparator: plain,
	}
	return h
}

// helpLines are the keys and the words that need one.
func helpLines() []string {
	return append(strings.Split(helper().FullHelpView([][]key.Binding{allKeys}), "\n"),
		"",
		"slow    no heartbeat, but its process is there",
		"dead    its process is gone: the same command resumes",
		"ETA     from the rates of the last half minute")
}

// press does what a key is for.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	m.note = ""
	switch is := func(k key.Binding) bool { return key.Matches(msg, k) }; {
	case is(leaveKey):
		return tea.Quit
	case is(helpKey):
		m.screen = toggled(m.screen, helpScreen)
	case is(backKey):
		m.screen = overview
	case is(logKey):
		m.screen = toggled(m.screen, workerLog)
		return m.openLog()
	case is(pauseKey):
		return m.pause()
	case m.screen == workerLog:
		m.scroll(msg)
	default:
		m.move(msg)
	}
	return nil
}

func toggled(now, s screen) screen {
	if now == s {
		return overview
	}
	return s
}

// move moves the cursor over the workers.
func (m *model) move(msg tea.KeyPressMsg) {
	if m.view == nil {
		return
	}
	last := len(m.view.Workers) - 1
	for _, way := range []struct {
		key key.Binding
		by  int
	}{{upKey, -1}, {downKey, 1}, {pageUp, -m.page()}, {pageDown, m.page()}, {firstKey, -last}, {lastKey, last}} {
		if key.Matches(msg, way.key) {
			m.choose(m.selected + way.by)
		}
	}
}

// page is how many workers fit on the screen, about.
func (m *model) page() int { return max(1, m.height-4) }
