package dashboard

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"prism/internal/status"
	"prism/internal/term"
)

// View draws the screen: as many lines as the terminal has, none wider than it.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.screenLines(), "\n"))
	v.AltScreen = true
	return v
}

func (m *model) screenLines() []string {
	if m.width < 20 || m.height < 4 {
		return []string{term.Truncate("too small", m.width)}
	}
	var lines []string
	switch {
	case m.view == nil:
		lines = []string{"waiting for the run ..."}
	case m.screen == helpScreen:
		lines = append([]string{m.titleLine(), ""}, m.helpLines()...)
	case m.screen == workerLog:
		lines = m.logLines()
	default:
		lines = m.overviewLines()
	}
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	lines = append(lines[:m.height-1], m.footerLine())
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	return lines
}

func style(color string) lipgloss.Style {
	return lipgloss.NewStyle().Foreground(lipgloss.Color(color))
}

// The colours are those of the terminal's own palette, so that they fit its ground.
const (
	green  = "2"
	yellow = "3"
	red    = "1"
	blue   = "4"
	grey   = "8"
)

func stateColor(s status.State) string {
	switch s {
	case status.Running, status.Completed:
		return green
	case status.Dead, status.Failed:
		return red
	case status.Starting:
		return blue
	}
	return yellow
}

func bold(s string) string { return lipgloss.NewStyle().Bold(true).Render(s) }

func faint(s string) string { return style(grey).Render(s) }

func (m *model) titleLine() string {
	v := m.view
	state := string(v.State)
	if v.Paused && v.State != status.Paused && !v.Over {
		state += ", pausing"
	}
	took := ""
	if !v.StartedAt.IsZero() {
		took = term.Duration(max(0, v.Time.Sub(v.StartedAt.Time)).Truncate(time.Second))
	}
	right := state + "  " + took
	name := term.Truncate(term.Printable(v.RunID), max(8, m.width-term.Width(right)-2))
	gap := max(1, m.width-term.Width(name)-term.Width(right))
	return bold(name) + strings.Repeat(" ", gap) + style(stateColor(v.State)).Render(state) + "  " + took
}

// overviewLines is the run above, its workers in the middle, warnings below.
func (m *model) overviewLines() []string {
	v := m.view
	lines := []string{m.titleLine()} // on low screens the workers come first
	if m.height >= 6 {
		lines = append(lines, m.progressLine())
	}
	var warnings []string
	if m.height >= 8 {
		lines = append(lines, m.figuresLine())
		warnings = m.warningLines()
	}
	if m.height >= 12 {
		lines = append(lines, m.sparkLine(), "")
	}
	const foot, tableHead = 1, 1
	room := m.height - foot - len(lines) - tableHead - len(warnings)
	lines = append(lines, m.workerLines(max(room, 1))...)
	if n := v.Units - len(v.Workers) - len(v.Unreadable); n > 0 && len(lines)+len(warnings) < m.height-1 {
		lines = append(lines, faint(term.Plural(int64(n), "unit")+" not started"))
	}
	for len(lines)+len(warnings) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(0, m.height-1-len(warnings))], warnings...)
}

func (m *model) progressLine() string {
	v := m.view
	if v.TotalRows <= 0 {
		return term.Plural(v.RowsProcessed, "row")
	}
	text := fmt.Sprintf(" %3d%%  %s/%s rows", int(v.ProgressPct), term.Count(v.RowsProcessed), term.Count(v.TotalRows))
	if v.ETASeconds != nil && !v.State.Ended() {
		text += "  ETA " + term.TimeLeft(v.ETASeconds)
	}
	cells := m.width - term.Width(text)
	if cells < 8 {
		return term.Truncate(strings.TrimLeft(text, " "), m.width)
	}
	return style(green).Render(term.Gauge(float64(v.RowsProcessed)/float64(v.TotalRows), cells)) + text
}

func (m *model) figuresLine() string {
	v := m.view
	parts := []string{
		term.Rate(v.RowsPerSec) + " rows/s", term.Rate(v.TokensPerSec) + " tokens/s", term.Plural(v.APICalls, "call"),
		term.Plural(v.Errors, "error"), term.Count(v.Retries) + " retried",
	}
	if v.Parallel > 0 {
		parts = append(parts, term.Count(int64(v.Parallel))+" in parallel")
	}
	if v.RowsFailed > 0 {
		parts = append(parts, term.Plural(v.RowsFailed, "row")+" failed")
	}
	if v.RowsResumed > 0 {
		parts = append(parts, term.Count(v.RowsResumed)+" resumed")
	}
	if v.RowsCached > 0 {
		parts = append(parts, term.Count(v.RowsCached)+" from the cache")
	}
	return term.Truncate(strings.Join(parts, " · "), m.width)
}

const sparks = "▁▂▃▄▅▆▇█"

// sparkline draws values in at most width cells, the last of them at its right
// end, from 0 to the largest. More values than cells are averaged.
func sparkline(values []float64, width int) string {
	if len(values) == 0 || width <= 0 {
		return ""
	}
	each := (len(values) + width - 1) / width
	var means []float64
	most := 0.0
	for end := len(values); end > 0; end -= each {
		sum, n := 0.0, 0
		for _, v := range values[max(0, end-each):end] {
			sum += v
			n++
		}
		means = append(means, sum/float64(n))
		most = max(most, sum/float64(n))
	}
	levels := []rune(sparks)
	var b strings.Builder
	for i := len(means) - 1; i >= 0; i-- {
		level := 0
		if most > 0 {
			level = int(means[i] / most * float64(len(levels)-1))
		}
		b.WriteRune(levels[max(0, min(level, len(levels)-1))])
	}
	return b.String()
}

// sparkLine is the throughput since the dashboard began.
func (m *model) sparkLine() string {
	most := 0.0
	for _, r := range m.rates {
		most = max(most, r)
	}
	text := " at most " + term.Rate(most) + " rows/s"
	return style(blue).Render(sparkline(m.rates, max(0, m.width-term.Width(text)))) + faint(text)
}

// warningLines are the newest ones, fewer where the terminal is low.
func (m *model) warningLines() []string {
	n := min(len(m.warnings), max(1, (m.height-12)/4))
	lines := make([]string, 0, n)
	for _, w := range m.warnings[len(m.warnings)-n:] {
		lines = append(lines, style(yellow).Render(term.Truncate(w.at.Format("15:04:05")+" "+w.text, m.width)))
	}
	return lines
}

func (m *model) footerLine() string {
	if m.keyError != "" {
		return style(red).Render(term.Truncate(term.Printable(m.keyError), m.width))
	}
	place := ""
	if m.screen == overview && m.view != nil && m.shownWorkers < len(m.view.Workers) {
		place = fmt.Sprintf("workers %d–%d of %d", m.firstShown+1, m.firstShown+m.shownWorkers, len(m.view.Workers))
	}
	h := newHelp()
	h.SetWidth(max(1, m.width-term.Width(place)-2))
	text := h.ShortHelpView(m.shortKeys())
	return text + strings.Repeat(" ", max(0, m.width-ansi.StringWidth(text)-term.Width(place))) + faint(place)
}
