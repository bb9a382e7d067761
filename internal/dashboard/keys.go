package dashboard

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// keys are what the user may press, and what the help says of them.
type keys struct {
	leave, pause, log, up, down, pageUp, pageDown, first, last, back, help key.Binding
}

func newKeys() keys {
	return keys{
		leave:    bind("q", "leave; the workers go on", "q", "ctrl+c"),
		pause:    bind("p", "pause the run, or let it go on: workers wait between calls", "p"),
		log:      bind("w", "log of the worker under the cursor, and back", "w", "enter"),
		up:       bind("↑ k", "the worker above; in a log: back", "up", "k"),
		down:     bind("↓ j", "the worker below; in a log: on", "down", "j"),
		pageUp:   bind("PgUp", "a page back", "pgup", "b"),
		pageDown: bind("PgDn", "a page on", "pgdown", "space", " "),
		first:    bind("Home g", "the first", "home", "g"),
		last:     bind("End G", "the last", "end", "G"),
		back:     bind("Esc", "back to the overview", "esc"),
		help:     bind("?", "this, and back", "?"),
	}
}

func (k *keys) all() []key.Binding {
	return []key.Binding{k.leave, k.pause, k.log, k.up, k.down, k.pageUp, k.pageDown, k.first, k.last, k.back, k.help}
}

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
	leave := short(m.keys.leave, "q", "leave")
	switch {
	case m.screen == workerLog:
		return []key.Binding{short(m.keys.log, "w", "back"), short(m.keys.up, "↑↓", "scroll"), leave}
	case m.screen == helpScreen:
		return []key.Binding{short(m.keys.help, "?", "back"), leave}
	}
	pause := short(m.keys.pause, "p", "pause")
	if m.view != nil && m.view.Paused {
		pause = short(m.keys.pause, "p", "go on")
	}
	return []key.Binding{leave, pause, short(m.keys.log, "w", "log"), short(m.keys.up, "↑↓", "worker"), short(m.keys.help, "?", "help")}
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
func (m *model) helpLines() []string {
	return append(strings.Split(helper().FullHelpView([][]key.Binding{m.keys.all()}), "\n"),
		"",
		"slow    no heartbeat, but its process is there",
		"dead    its process is gone: the same command resumes",
		"ETA     from the rates of the last half minute")
}

// press does what a key is for.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	m.note = ""
	switch is := func(k key.Binding) bool { return key.Matches(msg, k) }; {
	case is(m.keys.leave):
		return tea.Quit
	case is(m.keys.help):
		m.screen = toggled(m.screen, helpScreen)
	case is(m.keys.back):
		m.screen = overview
	case is(m.keys.log):
		m.screen = toggled(m.screen, workerLog)
		return m.openLog()
	case is(m.keys.pause):
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
	}{{m.keys.up, -1}, {m.keys.down, 1}, {m.keys.pageUp, -m.page()}, {m.keys.pageDown, m.page()}, {m.keys.first, -last}, {m.keys.last, last}} {
		if key.Matches(msg, way.key) {
			m.choose(m.selected + way.by)
		}
	}
}

// page is how many workers fit on the screen, about.
func (m *model) page() int { return max(1, m.height-4) }
