package dashboard

import (
	"strings"

	"prism/internal/term"
)

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

// spark is the throughput since the dashboard began.
func (m *model) sparkLine() string {
	most := 0.0
	for _, r := range m.rates {
		most = max(most, r)
	}
	text := " at most " + term.Rate(most) + " rows/s"
	return style(blue).Render(sparkline(m.rates, max(0, m.width-term.Width(text)))) + faint(text)
}
