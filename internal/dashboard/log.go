package dashboard

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"prism/internal/term"
)

// newLogView is a window on a worker's log; long lines are wrapped.
func newLogView() viewport.Model {
	v := viewport.New()
	v.SoftWrap = true
	return v
}

// openLog reads the log of the worker under the cursor, to show its end.
func (m *model) openLog() tea.Cmd {
	m.log.SetContentLines(nil)
	return m.readLog()
}

func (m *model) readLog() tea.Cmd {
	w := m.selectedWorker()
	if w == nil || m.screen != workerLog {
		return nil
	}
	id, path := w.WorkerID, w.Log
	return func() tea.Msg {
		if path == "" {
			return logMsg{id, []string{"this worker reports no log"}}
		}
		lines, err := m.source.Tail(path)
		if err != nil {
			lines = []string{err.Error()}
		}
		return logMsg{id, lines}
	}
}

// showLog takes new lines; who looks at the end goes on to do so.
func (m *model) showLog(lines []string) {
	plain := make([]string, len(lines))
	for i, l := range lines {
		plain[i] = term.Printable(l)
	}
	follow := m.log.AtBottom()
	m.log.SetContentLines(plain)
	if follow {
		m.log.GotoBottom()
	}
}

// sizeLog fits the log to the screen; an end that was seen stays so.
func (m *model) sizeLog() {
	follow := m.log.AtBottom()
	m.log.SetWidth(m.width)
	m.log.SetHeight(m.pageSize())
	if follow {
		m.log.GotoBottom()
	}
}

func (m *model) scrollLog(msg tea.KeyPressMsg) {
	switch is := func(k key.Binding) bool { return key.Matches(msg, k) }; {
	case is(m.keys.up):
		m.log.ScrollUp(1)
	case is(m.keys.down):
		m.log.ScrollDown(1)
	case is(m.keys.pageUp):
		m.log.PageUp()
	case is(m.keys.pageDown):
		m.log.PageDown()
	case is(m.keys.first):
		m.log.GotoTop()
	case is(m.keys.last):
		m.log.GotoBottom()
	}
}

func (m *model) logLines() []string {
	w := m.selectedWorker()
	if w == nil {
		return []string{m.titleLine(), "", "there is no worker"}
	}
	lines := []string{m.titleLine(), term.Truncate(fmt.Sprintf("worker %d: %s", w.WorkerID, term.Printable(w.Log)), m.width), ""}
	return append(lines, strings.Split(m.log.View(), "\n")...)
}
