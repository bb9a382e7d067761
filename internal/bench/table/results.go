package main

import (
	"fmt"
	"io"

	"prism/internal/bench/measure"
)

// target is what a tool has to reach beside a peer, or in memory.
type target struct {
	tool, peer string
	times      float64 // wall time of the tool over that of the peer, at most; 0: no limit
	peak       int64   // MiB at most; 0: no limit
	growth     int64   // MiB at most that the tool's peak is above the peer's; 0: no limit
}

// check returns a sentence about the target, and whether it was met.
func (t target) check(tool, peer measure.Sample) (text string, met bool) {
	text, met = t.tool, true
	if t.times > 0 {
		ratio := tool.Wall.Seconds() / peer.Wall.Seconds()
		text += fmt.Sprintf(" takes %.2f of the time of %s (target: at most %.2f).", ratio, t.peer, t.times)
		met = ratio <= t.times
	}
	if t.peak > 0 {
		text += fmt.Sprintf(" Its peak is %d MiB (at most %d).", tool.Peak>>20, t.peak)
		met = met && tool.Peak>>20 <= t.peak
	}
	if t.growth > 0 {
		more := (tool.Peak - peer.Peak) >> 20
		text += fmt.Sprintf(" has its peak %d MiB above that of %s (at most %d).", more, t.peer, t.growth)
		met = met && more <= t.growth
	}
	return text, met
}

// writeResults writes a table of the programs' medians and a line for each
// target whose peer was measured. It returns how many targets were missed.
func (b benchmark) writeResults(out io.Writer, samples [][]measure.Sample) int {
	fmt.Fprintf(out, "### %s\n\n| program | wall s | CPU s | peak MiB | × %s | |\n| --- | --: | --: | --: | --: | --- |\n", b.name, b.programs[0].name)
	medians := map[string]measure.Sample{}
	for i, p := range b.programs {
		medians[p.name] = measure.Median(samples[i])
	}
	base := medians[b.programs[0].name].Wall.Seconds()
	for _, p := range b.programs {
		m := medians[p.name]
		fmt.Fprintf(out, "| %s | %.2f | %.2f | %d | %.2f | %s |\n", p.name, m.Wall.Seconds(), m.CPU.Seconds(), m.Peak>>20, m.Wall.Seconds()/base, p.note)
	}
	fmt.Fprintln(out)
	missed := 0
	for _, t := range b.targets {
		peer, measured := medians[t.peer]
		if !measured {
			continue
		}
		text, met := t.check(medians[t.tool], peer)
		if !met {
			missed++
			text += " MISSED"
		}
		fmt.Fprintf(out, "- %s\n", text)
	}
	fmt.Fprintln(out)
	return missed
}
