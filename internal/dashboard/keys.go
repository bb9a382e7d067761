package dashboard

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// keyBindings are what the user may press, and what the help says of them.
type keyBindings struct {
	quit, stop, pause, log, up, down, pageUp, pageDown, first, last, back, help key.Binding
}

// newKeyBindings are the keys of a dashboard; where its caller can stop the run, Ctrl-C is for that.
func newKeyBindings(canStop bool) keyBindings {
	k := keyBindings{
		quit:     newBinding("q", "quit; the workers keep running", "q", "ctrl+c"),
		pause:    newBinding("p", "pause or continue the run: workers wait between calls", "p"),
		log:      newBinding("w", "log of the worker under the cursor, and back", "w", "enter"),
		up:       newBinding("↑ k", "the worker above; in a log: back", "up", "k"),
		down:     newBinding("↓ j", "the worker below; in a log: on", "down", "j"),
		pageUp:   newBinding("PgUp", "a page back", "pgup", "b"),
		pageDown: newBinding("PgDn", "a page on", "pgdown", "space", " "),
		first:    newBinding("Home g", "the first", "home", "g"),
		last:     newBinding("End G", "the last", "end", "G"),
		back:     newBinding("Esc", "back to the overview", "esc"),
		help:     newBinding("?", "this, and back", "?"),
	}
	if canStop {
		k.quit = newBinding("q", "leave; the run continues in the background", "q")
		k.stop = newBinding("Ctrl-C", "stop the run; the workers save first", "ctrl+c")
	}
	return k
}

func (k *keyBindings) all() []key.Binding {
	return []key.Binding{k.quit, k.stop, k.pause, k.log, k.up, k.down, k.pageUp, k.pageDown, k.first, k.last, k.back, k.help}
}

func newBinding(name, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, does))
}

// withHelp is a key with fewer words, for the last line.
func withHelp(k key.Binding, name, does string) key.Binding {
	k.SetHelp(name, does)
	return k
}

// shortKeys are those that the last line names.
func (m *model) shortKeys() []key.Binding {
	ends := []key.Binding{withHelp(m.keys.quit, "q", "leave")}
	if m.source.CanStop {
		ends = []key.Binding{withHelp(m.keys.quit, "q", "leave, the run continues"), withHelp(m.keys.stop, "^C", "save and stop")}
	}
	switch {
	case m.screen == workerLog:
		return append([]key.Binding{withHelp(m.keys.log, "w", "back"), withHelp(m.keys.up, "↑↓", "scroll")}, ends...)
	case m.screen == helpScreen:
		return append([]key.Binding{withHelp(m.keys.help, "?", "back")}, ends...)
	}
	pause := withHelp(m.keys.pause, "p", "pause")
	if m.view != nil && m.view.Paused {
		pause = withHelp(m.keys.pause, "p", "continue")
	}
	return append(ends, pause, withHelp(m.keys.log, "w", "log"), withHelp(m.keys.up, "↑↓", "worker"), withHelp(m.keys.help, "?", "help"))
}

func newHelp() help.Model {
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
	return append(strings.Split(newHelp().FullHelpView([][]key.Binding{m.keys.all()}), "\n"),
		"",
		"slow    no heartbeat, but its process is there",
		"dead    its process is gone: the same command resumes",
		"ETA     from the rates of the last half minute")
}

// handleKey does what a key is for.
func (m *model) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	m.keyError = ""
	switch is := func(k key.Binding) bool { return key.Matches(msg, k) }; {
	case is(m.keys.quit):
		return tea.Quit
	case is(m.keys.stop):
		m.stop = true
		return tea.Quit
	case is(m.keys.help):
		m.screen = toggleScreen(m.screen, helpScreen)
	case is(m.keys.back):
		m.screen = overview
	case is(m.keys.log):
		m.screen = toggleScreen(m.screen, workerLog)
		return m.openLog()
	case is(m.keys.pause):
		return m.togglePause()
	case m.screen == workerLog:
		m.scrollLog(msg)
	default:
		m.moveCursor(msg)
	}
	return nil
}

func toggleScreen(now, s screen) screen {
	if now == s {
		return overview
	}
	return s
}

// moveCursor moves the cursor over the workers.
func (m *model) moveCursor(msg tea.KeyPressMsg) {
	if m.view == nil {
		return
	}
	last := len(m.view.Workers) - 1
	for _, way := range []struct {
		key key.Binding
		by  int
	}{{m.keys.up, -1}, {m.keys.down, 1}, {m.keys.pageUp, -m.pageSize()}, {m.keys.pageDown, m.pageSize()}, {m.keys.first, -last}, {m.keys.last, last}} {
		if key.Matches(msg, way.key) {
			m.selectWorker(m.selected + way.by)
		}
	}
}

// pageSize is how many workers fit on the screen, about.
func (m *model) pageSize() int { return max(1, m.height-4) }
