package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
)

// made is a setting with figures; accuracy is that of one column, its interval 5 points to both sides.
func made(s setting, rate, accuracy float64, missing int) measured {
	return measured{s, figures{rowsPerSec: rate, missing: missing, columns: []columnAccuracy{{"Topic", accuracy, accuracy - 0.05, accuracy + 0.05, accuracy}}}}
}

func grid(style prompt.Style, batch, parallel int) setting {
	return setting{style: style, batch: batch, parallel: parallel}
}

func TestMatchPeers(t *testing.T) {
	loop := setting{peer: &peers[0], style: prompt.Classic, batch: 1, parallel: 1}
	threads := setting{peer: &peers[2], style: prompt.Classic, batch: 10, parallel: 4}
	repeats := setting{style: prompt.Compact, batch: 10, parallel: 4, repeats: true, cache: true}
	one, ten := grid(prompt.Classic, 1, 4), grid(prompt.Compact, 10, 4)
	for _, c := range []struct {
		name string
		all  []measured
		want []string // peer: setting ratio
	}{
		{"no peer", []measured{made(one, 10, 0.9, 0)}, nil},
		{"the fastest one that is as right", []measured{made(one, 10, 0.9, 0), made(ten, 30, 0.7, 0), made(loop, 5, 0.9, 0), made(threads, 12, 0.7, 0)},
			[]string{"shell loop: classic 2.0", "Python threads: compact 2.5"}},
		{"within the interval is as right", []measured{made(one, 10, 0.86, 0), made(loop, 5, 0.9, 0)}, []string{"shell loop: classic 2.0"}},
		{"below it is not", []measured{made(one, 10, 0.84, 0), made(loop, 5, 0.9, 0)}, []string{"shell loop: none 0.0"}},
		{"nor with more rows without labels", []measured{made(one, 10, 0.9, 2), made(loop, 5, 0.9, 1)}, []string{"shell loop: none 0.0"}},
		{"nor with an unknown accuracy", []measured{made(one, 10, math.NaN(), 0), made(loop, 5, 0.9, 0)}, []string{"shell loop: none 0.0"}},
		{"another table does not count", []measured{made(one, 10, 0.9, 0), made(repeats, 90, 0.9, 0), made(loop, 5, 0.9, 0)}, []string{"shell loop: classic 2.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range matchPeers(c.all) {
				style := "none"
				if m.prism != nil {
					style = string(m.prism.style)
				}
				name, _, _ := strings.Cut(m.peer.client(), ",")
				got = append(got, name+": "+style+" "+formatFigure("%.1f", m.ratio))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	loop := made(setting{peer: &peers[0], batch: 1, parallel: 1}, 5, 0.9, 0)
	threads := made(setting{peer: &peers[2], batch: 10, parallel: 4}, 9, 0.9, 0)
	prism := made(grid(prompt.Compact, 10, 4), 15, 0.9, 0)
	for _, c := range []struct {
		name    string
		matches []match
		want    string
	}{
		{"no peers", nil, "No peer was measured."},
		{"reached", []match{{&loop, &prism, 3}}, "3.00 times as many rows a second as the hardest peer, shell loop, curl and jq, 1 in flight** (target: at least 2.0; reached)."},
		{"the hardest counts", []match{{&loop, &prism, 3}, {&threads, &prism, 15. / 9}},
			"1.67 times as many rows a second as the hardest peer, Python threads (10 rows a call), 4 in flight** (target: at least 2.0; missed)."},
		{"nothing as right", []match{{&loop, &prism, 3}, {peer: &threads}}, "nothing can be said: no setting of prism-classify is as right**"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if writeVerdict(&out, c.matches); !strings.Contains(out.String(), c.want) {
				t.Errorf("got %s, want %s", &out, c.want)
			}
		})
	}
}
