package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// Places in the chart, in pixels: a panel for each style beside the other, on one scale.
const (
	chartHeight = 356
	chartTop    = 64 // of the panels; legend and titles are above
	chartBottom = 284
	panelWidth  = 340
	panelLeft   = 52 // of the bars in a panel
	panelRight  = 330
	maxShades   = 4
)

// chartStyle has the colours, light and dark. Calls in flight are shades of one colour, the more the stronger.
const chartStyle = `<style>
text { font: 12px system-ui, sans-serif; fill: #1b1f24; }
.soft { fill: #555d68; } .title { font-weight: 600; } .end { text-anchor: end; } .middle { text-anchor: middle; } .figure { font-size: 10px; stroke: #ffffff; stroke-width: 3px; paint-order: stroke; }
.ground { fill: #ffffff; } .line { stroke: #d5d9df; } .peer { stroke: #b3501e; stroke-width: 1.5; stroke-dasharray: 5 4; } .peer-name { fill: #b3501e; }
.b0 { fill: #a9c6f2; } .b1 { fill: #6c9be4; } .b2 { fill: #2f66c4; } .b3 { fill: #173f86; }
@media (prefers-color-scheme: dark) {
text { fill: #e7eaee; } .soft { fill: #a7b0bb; } .ground { fill: #14171b; } .line { stroke: #363d46; } .peer { stroke: #f0976c; } .peer-name { fill: #f0976c; } .figure { stroke: #14171b; }
.b0 { fill: #274a80; } .b1 { fill: #3d70bd; } .b2 { fill: #6ea3f7; } .b3 { fill: #b4d0fc; }
}
</style>
`

// drawChart draws the rows/s of prism-classify over the rows a call, a bar for each number of calls in flight, and
// the fastest peer as a line.
func drawChart(results []result) []byte {
	all := summarizeAll(results)
	styles := stylesOf(all)
	width := panelWidth * len(styles)
	peer := fastestPeer(all)
	top := 0.0
	for i := range all {
		if all[i].isGrid() || &all[i] == peer {
			top = max(top, all[i].rowsPerSec)
		}
	}
	step := tickStep(top)
	scale := chartScale{top: step * math.Ceil(top*1.02/step)}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="Rows a second by rows a call and calls in flight">`+"\n",
		width, chartHeight)
	b.WriteString(chartStyle)
	fmt.Fprintf(&b, `<rect class="ground" width="%d" height="%d"/>`+"\n", width, chartHeight)
	drawLegend(&b, gridCounts(all, parallelOf))
	for i, style := range styles {
		left := i * panelWidth
		fmt.Fprintf(&b, `<text class="title" x="%d" y="%d">%s</text>`+"\n", left+panelLeft, chartTop-14, style)
		drawAxis(&b, left, step, scale)
		for j, batch := range gridCounts(all, batchOf) {
			drawGroup(&b, all, setting{style: style, batch: batch}, left, j, scale)
		}
		if peer != nil {
			drawPeer(&b, peer, left, scale)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// chartScale turns rows/s into pixels.
type chartScale struct{ top float64 }

func (s chartScale) height(rowsPerSec float64) float64 {
	return rowsPerSec / s.top * (chartBottom - chartTop)
}

// tickStep is a round step with 3 to 7 ticks up to a value.
func tickStep(top float64) float64 {
	if top <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(top)))
	for _, part := range []float64{0.2, 0.5, 1} {
		if top/(power*part) <= 6 {
			return power * part
		}
	}
	return 2 * power
}

func fastestPeer(all []measured) *measured {
	var fastest *measured
	for i := range all {
		if m := &all[i]; m.peer != nil && (fastest == nil || m.rowsPerSec > fastest.rowsPerSec) {
			fastest = m
		}
	}
	return fastest
}

func drawLegend(b *bytes.Buffer, parallels []int) {
	x := panelLeft
	fmt.Fprintf(b, `<text class="soft" x="%d" y="22">calls in flight:</text>`+"\n", x)
	x += 96
	for i, n := range parallels {
		fmt.Fprintf(b, `<rect class="b%d" x="%d" y="12" width="12" height="12" rx="2"/><text x="%d" y="22">%d</text>`+"\n", shade(i), x, x+17, n)
		x += 44
	}
}

// shade is the colour of the i-th number of calls in flight.
func shade(i int) int { return min(i, maxShades-1) }

func drawAxis(b *bytes.Buffer, left int, step float64, scale chartScale) {
	for value := 0.0; value <= scale.top*1.001; value += step {
		y := chartBottom - scale.height(value)
		fmt.Fprintf(b, `<line class="line" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="soft end" x="%d" y="%.1f">%g</text>`+"\n",
			left+panelLeft, left+panelRight, y, y, left+panelLeft-6, y+4, math.Round(value*100)/100)
	}
	fmt.Fprintf(b, `<text class="soft middle" x="%d" y="%d">rows a call</text>`+"\n", left+(panelLeft+panelRight)/2, chartBottom+40)
	fmt.Fprintf(b, `<text class="soft end" x="%d" y="%d">rows/s</text>`+"\n", left+panelLeft-6, chartTop-14)
}

// drawGroup draws the bars of one number of rows a call.
func drawGroup(b *bytes.Buffer, all []measured, s setting, left, place int, scale chartScale) {
	groups, parallels := gridCounts(all, batchOf), gridCounts(all, parallelOf)
	room := float64(panelRight-panelLeft) / float64(len(groups))
	width := min(28, room*0.8/float64(len(parallels)))
	middle := float64(left+panelLeft) + room*(float64(place)+0.5)
	fmt.Fprintf(b, `<text class="middle" x="%.1f" y="%d">%d</text>`+"\n", middle, chartBottom+20, s.batch)
	for i, parallel := range parallels {
		m := findGrid(all, s.style, s.batch, parallel)
		if m == nil {
			continue
		}
		x, height := middle+width*(float64(i)-float64(len(parallels))/2), scale.height(m.rowsPerSec)
		fmt.Fprintf(b, `<rect class="b%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`, shade(i), x+1, chartBottom-height, width-2, height,
			escapeText(fmt.Sprintf("%s: %.1f rows/s", m, m.rowsPerSec)))
		fmt.Fprintf(b, `<text class="figure middle" x="%.1f" y="%.1f">%s</text>`+"\n", x+width/2, chartBottom-height-4, shortFigure(m.rowsPerSec))
	}
}

// shortFigure has two digits at least, and is narrow.
func shortFigure(value float64) string {
	if value < 9.95 {
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}

func drawPeer(b *bytes.Buffer, peer *measured, left int, scale chartScale) {
	y := chartBottom - scale.height(peer.rowsPerSec)
	fmt.Fprintf(b, `<line class="peer" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left+panelLeft, left+panelRight, y, y)
	if left == 0 {
		fmt.Fprintf(b, `<text class="peer-name" x="%d" y="%d">– – the fastest peer: %s, %s rows/s</text>`, panelLeft, chartBottom+64,
			escapeText(describePeer(peer)), shortFigure(peer.rowsPerSec))
	}
	b.WriteByte('\n')
}

func escapeText(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}
