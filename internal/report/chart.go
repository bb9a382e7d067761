package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// Charts are drawn in a box of chartWidth × chartHeight units that the page
// stretches; what is to be read stands around it as text.
const (
	chartWidth  = 600.0
	chartHeight = 120.0
)

// areaChart is a line over time with the area under it.
type areaChart struct {
	Line, Area       string // points and path of SVG
	Top, Start, End  string
	Title, Described string
}

type barChart struct {
	Bars             []rect
	Marks            []mark
	Top, Start, End  string
	Title, Described string
}

type rect struct{ X, Y, W, H string }

// mark is a line over the whole height.
type mark struct{ X, Name string }

type stackChart struct {
	Layers           []layer
	Top, Start, End  string
	Title, Described string
}

// layer is the bars of one kind, with its class and sum.
type layer struct {
	Class, Name, Count string
	Bars               []rect
}

func coordinate(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

func newRect(x, y, w, h float64) rect {
	return rect{coordinate(x), coordinate(y), coordinate(w), coordinate(h)}
}

func rateChart(c *stats.Calls) *areaChart {
	t := c.Timeline
	if t == nil || len(t.Bins) < 2 {
		return nil
	}
	var most int64 = 1
	for _, b := range t.Bins {
		most = max(most, b.Rows)
	}
	points := make([]string, 0, len(t.Bins))
	for i, b := range t.Bins {
		x := chartWidth * float64(i) / float64(len(t.Bins)-1)
		y := chartHeight * (1 - float64(b.Rows)/float64(most)*0.97)
		points = append(points, coordinate(x)+","+coordinate(y))
	}
	line := strings.Join(points, " ")
	top := term.Rate(float64(most)/t.BinSeconds) + " rows/s"
	return &areaChart{
		Line: line, Area: "0," + coordinate(chartHeight) + " " + line + " " + coordinate(chartWidth) + "," + coordinate(chartHeight),
		Top: top, Start: binTime(t, 0), End: binTime(t, len(t.Bins)-1), Title: "Throughput over time",
		Described: fmt.Sprintf("rows labelled in every %s, at most %s, %s rows/s on the whole", term.Duration(toDuration(t.BinSeconds)), top, term.Rate(c.RowsPerSec)),
	}
}

// binTime is when a bin begins, with its day where the run has several.
func binTime(t *stats.Timeline, i int) string {
	first, last := t.Bins[0].Start, t.Bins[len(t.Bins)-1].Start
	if first.YearDay() != last.YearDay() || first.Year() != last.Year() {
		return t.Bins[i].Start.Format("2 Jan 15:04") + " UTC"
	}
	return t.Bins[i].Start.Format("15:04:05") + " UTC"
}

func outcomeChart(c *stats.Calls) *stackChart {
	t := c.Timeline
	if t == nil {
		return nil
	}
	kinds := []struct {
		class, name string
		of          func(*stats.Bin) int64
	}{
		{"ok", "every row answered", func(b *stats.Bin) int64 { return b.OK }},
		{"part", "some rows answered", func(b *stats.Bin) int64 { return b.Partial }},
		{"bad", "no valid answer", func(b *stats.Bin) int64 { return b.Invalid }},
		{"down", "no reply", func(b *stats.Bin) int64 { return b.NoReply }},
	}
	var most int64 = 1
	for _, b := range t.Bins {
		most = max(most, b.OK+b.Partial+b.Invalid+b.NoReply)
	}
	out := &stackChart{Top: term.Plural(most, "call"), Start: binTime(t, 0), End: binTime(t, len(t.Bins)-1), Title: "Batch outcome over time"}
	each := chartWidth / float64(len(t.Bins))
	base := make([]int64, len(t.Bins))
	var parts []string
	for _, k := range kinds {
		l := layer{Class: k.class, Name: k.name}
		var sum int64
		for i := range t.Bins {
			n := k.of(&t.Bins[i])
			if n == 0 {
				continue
			}
			sum += n
			base[i] += n
			l.Bars = append(l.Bars, newRect(float64(i)*each, chartHeight*(1-float64(base[i])/float64(most)), each*0.9, chartHeight*float64(n)/float64(most)))
		}
		l.Count = term.Count(sum)
		parts = append(parts, k.name+" "+l.Count)
		out.Layers = append(out.Layers, l)
	}
	out.Described = "calls that ended in every " + term.Duration(toDuration(t.BinSeconds)) + ": " + strings.Join(parts, ", ")
	return out
}

func latencyChart(c *stats.Calls) *barChart {
	bars := c.Histogram
	if len(bars) == 0 {
		return nil
	}
	var most int64 = 1
	for _, b := range bars {
		most = max(most, b.Calls)
	}
	out := &barChart{Top: term.Plural(most, "call"), Start: term.Seconds(bars[0].From), End: term.Seconds(bars[len(bars)-1].To), Title: "Latency of calls",
		Described: "calls by how long they took, on a scale of equal factors; " + latencyNote(&c.Latency)}
	least, whole := math.Log(bars[0].From), math.Log(bars[len(bars)-1].To)
	at := func(seconds float64) float64 { return chartWidth * (math.Log(seconds) - least) / (whole - least) }
	for _, b := range bars {
		h := chartHeight * float64(b.Calls) / float64(most)
		out.Bars = append(out.Bars, newRect(at(b.From), chartHeight-h, 0.92*(at(b.To)-at(b.From)), h))
	}
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", c.Latency.P50}, {"p90", c.Latency.P90}, {"p99", c.Latency.P99}} {
		if x := at(q.at); x >= 0 && x <= chartWidth {
			out.Marks = append(out.Marks, mark{coordinate(x), q.name + " " + term.Seconds(q.at)})
		}
	}
	return out
}

// numberChart draws a histogram of numbers.
func numberChart(n *stats.Numbers) *barChart {
	bins := n.Histogram
	var most int64 = 1
	for _, b := range bins {
		most = max(most, b.Rows)
	}
	out := &barChart{Top: term.Plural(most, "row"), Start: numberText(bins[0].From), End: numberText(bins[len(bins)-1].To), Title: "Histogram",
		Described: fmt.Sprintf("rows by their number, in %s of %s each", term.Plural(int64(len(bins)), "bin"), numberText(bins[0].To-bins[0].From))}
	each := chartWidth / float64(len(bins))
	for i, b := range bins {
		h := chartHeight * float64(b.Rows) / float64(most)
		out.Bars = append(out.Bars, newRect(each*(float64(i)+0.04), chartHeight-h, each*0.92, h))
	}
	from, to := bins[0].From, bins[len(bins)-1].To
	for _, m := range []struct {
		name string
		at   float64
	}{{"quartile", n.P25}, {"median", n.Median}, {"quartile", n.P75}} {
		out.Marks = append(out.Marks, mark{coordinate(chartWidth * (m.at - from) / (to - from)), m.name + " " + numberText(m.at)})
	}
	return out
}

// heatMap is a cross table whose cells are the darker the greater their share of a line is.
type heatMap struct {
	Name  string
	Heads []string
	Lines []heatLine
	Note  string
}

type heatLine struct {
	Name, Rows string
	Cells      []heatCell
}

type heatCell struct {
	Share, Count string
	Heat         int // 0 to maxHeat
}

const maxHeat = 6

func newHeatMap(c *stats.CrossTable) heatMap {
	_, _, notes := crossCells(c, len(c.RowAxis), len(c.ColAxis))
	m := heatMap{Name: term.Printable(c.Rows) + " by " + term.Printable(c.Columns), Note: strings.Join(notes, ", ")}
	m.Heads = append(m.Heads, term.Printable(c.Rows), "rows")
	for _, v := range c.ColAxis {
		m.Heads = append(m.Heads, quoteBlanks(valueOrOthers(v)))
	}
	for i, line := range c.Counts {
		l := heatLine{Name: quoteBlanks(valueOrOthers(c.RowAxis[i])), Rows: term.Count(c.RowTotals[i])}
		for k, n := range line {
			share := c.RowShares[i][k]
			cell := heatCell{Count: term.Count(n), Heat: int(math.Ceil(maxHeat * min(max(share, 0), 1)))}
			if c.RowTotals[i] > 0 {
				cell.Share = fmt.Sprintf("%.0f%%", 100*share)
			}
			l.Cells = append(l.Cells, cell)
		}
		m.Lines = append(m.Lines, l)
	}
	return m
}
