package dashboard

import (
	"fmt"
	"strconv"
	"strings"

	"prism/internal/status"
	"prism/internal/term"
)

// field is a column of the table of workers. Where the terminal is narrow
// those of the lowest rank go first. The text tables of package report share only
// term.Width and term.Truncate with it: here cells have colours, one column takes
// the width that is left, and widths are those of all workers, not of those shown.
type field struct {
	name  string
	rank  int
	right bool
	text  func(*status.WorkerView) string
}

func workerColumns() []field {
	count := func(n int64) string { return term.Count(n) }
	return []field{
		{"ID", 10, true, func(w *status.WorkerView) string { return strconv.Itoa(w.WorkerID) }},
		{"LABEL", 3, false, func(w *status.WorkerView) string { return term.Truncate(term.Printable(w.Label), 16) }},
		{"STATE", 9, false, func(w *status.WorkerView) string { return string(w.State) }},
		{"PROGRESS", 5, false, func(*status.WorkerView) string { return "" }},
		{"ROWS", 8, true, func(w *status.WorkerView) string {
			if w.TotalRows <= 0 {
				return count(w.RowsProcessed)
			}
			return count(w.RowsProcessed) + "/" + count(w.TotalRows)
		}},
		{"ROWS/S", 7, true, func(w *status.WorkerView) string { return term.Rate(w.RowsPerSec) }},
		{"TOK/S", 4, true, func(w *status.WorkerView) string { return term.Rate(w.TokensPerSec) }},
		{"CALLS", 2, true, func(w *status.WorkerView) string { return count(w.APICalls) }},
		{"ERR", 6, true, func(w *status.WorkerView) string { return count(w.Errors) }},
		{"RETRY", 1, true, func(w *status.WorkerView) string { return count(w.Retries) }},
		{"ETA", 7, true, func(w *status.WorkerView) string {
			if w.State.Ended() {
				return "-"
			}
			return term.TimeLeft(w.ETASeconds)
		}},
	}
}

const (
	leastBar = 4 + 5 // cells of a bar and its percentage
	mostBar  = 40 + 5
)

// workerLines draws a head and as many workers as rows allow, the one under the
// cursor among them.
func (m *model) workerLines(rows int) []string {
	all := m.view.Workers
	if len(all) == 0 {
		return []string{faint("no worker has started")}
	}
	m.firstShown = max(0, min(m.firstShown, m.selected, len(all)-rows))
	if m.selected >= m.firstShown+rows {
		m.firstShown = m.selected - rows + 1
	}
	shown := all[m.firstShown:min(len(all), m.firstShown+rows)]
	m.shownWorkers = len(shown)
	cols := workerColumns()
	cells, width := measure(cols, all)
	for total(width) > m.width-2 && len(cols) > 2 {
		low := 0
		for i := range cols {
			if cols[i].rank < cols[low].rank {
				low = i
			}
		}
		cols = append(cols[:low], cols[low+1:]...)
		cells, width = measure(cols, all)
	}
	bar := -1
	for i := range cols {
		if cols[i].name == "PROGRESS" {
			bar = i
			width[i] = min(width[i]+m.width-2-total(width), mostBar)
		}
	}
	head := "  "
	for i, c := range cols {
		head += pad(c.name, width[i], c.right) + "  "
	}
	lines := []string{faint(term.Truncate(strings.TrimRight(head, " "), m.width))}
	for i := range shown {
		lines = append(lines, m.workerLine(&shown[i], cols, cells[m.firstShown+i], width, bar, m.firstShown+i == m.selected))
	}
	return lines
}

func (m *model) workerLine(w *status.WorkerView, cols []field, cells []string, width []int, bar int, under bool) string {
	var b strings.Builder
	b.WriteString(map[bool]string{true: "▸ ", false: "  "}[under])
	for i, c := range cols {
		text := pad(term.Truncate(cells[i], width[i]), width[i], c.right)
		switch {
		case i == bar:
			text = progress(w, width[i])
		case c.name == "STATE":
			text = style(stateColor(w.State)).Render(text)
		}
		b.WriteString(text)
		if i < len(cols)-1 {
			b.WriteString("  ")
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func progress(w *status.WorkerView, cells int) string {
	if w.TotalRows <= 0 {
		return strings.Repeat(" ", cells)
	}
	return style(stateColor(w.State)).Render(term.Gauge(float64(w.RowsProcessed)/float64(w.TotalRows), cells-5)) +
		fmt.Sprintf("%4d%%", int(w.ProgressPct))
}

// measure makes the cells of all workers, so that widths stay when scrolled.
func measure(cols []field, all []status.WorkerView) (cells [][]string, width []int) {
	width = make([]int, len(cols))
	for i, c := range cols {
		width[i] = len(c.name)
		if c.name == "PROGRESS" {
			width[i] = leastBar
		}
	}
	for k := range all {
		line := make([]string, len(cols))
		for i, c := range cols {
			line[i] = c.text(&all[k])
			width[i] = max(width[i], term.Width(line[i]))
		}
		cells = append(cells, line)
	}
	return cells, width
}

func total(width []int) int {
	sum := 2 * (len(width) - 1)
	for _, w := range width {
		sum += w
	}
	return sum
}

func pad(s string, width int, right bool) string {
	blanks := strings.Repeat(" ", max(0, width-term.Width(s)))
	if right {
		return blanks + s
	}
	return s + blanks
}
