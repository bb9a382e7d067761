package main

import (
	"fmt"
	"io"
)

// leastRatio is the target: rows/s of prism-classify, in those of any peer whose labels are as right.
const leastRatio = 2.0

// match is a peer beside the fastest setting of prism-classify whose labels are as right.
type match struct {
	peer, prism *measured // prism is nil where no setting is as right
	ratio       float64   // of rows/s
}

// measured is a setting with the medians of its rounds.
type measured struct {
	setting
	figures
}

func summarizeAll(results []result) []measured {
	var all []measured
	for _, r := range results {
		all = append(all, measured{r.setting, summarize(r.runs)})
	}
	return all
}

// isAsRight reports whether labels are not less right than those of a peer: in each column the accuracy is within
// the peer's 95% interval or above it, and no more rows are without labels.
func isAsRight(prism, peer *figures) bool {
	for i, c := range prism.columns {
		if !(c.accuracy >= peer.columns[i].low) { // NaN is not
			return false
		}
	}
	return prism.missing <= peer.missing
}

// matchPeers finds for each peer the fastest setting of prism-classify on the same table that is as right.
func matchPeers(all []measured) []match {
	var matches []match
	for i := range all {
		if all[i].peer == nil {
			continue
		}
		m := match{peer: &all[i]}
		for j := range all {
			prism := &all[j]
			if prism.isGrid() && isAsRight(&prism.figures, &m.peer.figures) && (m.prism == nil || prism.rowsPerSec > m.prism.rowsPerSec) {
				m.prism, m.ratio = prism, prism.rowsPerSec/m.peer.rowsPerSec
			}
		}
		matches = append(matches, m)
	}
	return matches
}

// hardest is the match with the least ratio; one without a setting comes before all.
func hardest(matches []match) *match {
	var least *match
	for i := range matches {
		if m := &matches[i]; least == nil || m.ratio < least.ratio {
			least = m
		}
	}
	return least
}

// writeVerdict writes a line for each peer, and the one that counts.
func writeVerdict(out io.Writer, matches []match) {
	for _, m := range matches {
		if m.prism == nil {
			fmt.Fprintf(out, "- %s: no setting of prism-classify is as right.\n", describePeer(m.peer))
			continue
		}
		fmt.Fprintf(out, "- %s: %.2f times as fast is prism-classify (%s, %d rows a call, %d in flight: %.1f rows/s against %.1f).\n",
			describePeer(m.peer), m.ratio, m.prism.style, m.prism.batch, m.prism.parallel, m.prism.rowsPerSec, m.peer.rowsPerSec)
	}
	least := hardest(matches)
	switch {
	case least == nil:
		fmt.Fprintf(out, "\nNo peer was measured.\n")
	case least.prism == nil:
		fmt.Fprintf(out, "\n**Verdict: at the accuracy of %s nothing can be said: no setting of prism-classify is as right** (target: at least %.1f times the rows/s of every peer).\n",
			describePeer(least.peer), leastRatio)
	default:
		word := "reached"
		if least.ratio < leastRatio {
			word = "missed"
		}
		fmt.Fprintf(out, "\n**Verdict: at the same accuracy prism-classify labels %.2f times as many rows a second as the hardest peer, %s** (target: at least %.1f; %s).\n",
			least.ratio, describePeer(least.peer), leastRatio, word)
	}
}

func describePeer(m *measured) string {
	return fmt.Sprintf("%s, %d in flight", m.nameWithBatch(), m.parallel)
}

// nameWithBatch tells peers apart that have several numbers of rows a call.
func (m *measured) nameWithBatch() string {
	if m.batch == 1 {
		return m.client()
	}
	return fmt.Sprintf("%s (%d rows a call)", m.client(), m.batch)
}
