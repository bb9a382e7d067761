package main

import (
	"fmt"
	"slices"

	"prism/internal/prompt"
)

// peer is a program that people use today, as a script of scripts/bench-server-peers.
type peer struct {
	script  string
	name    string
	batches []int // rows a call
	threads bool  // it can have several calls in flight
}

var peers = []peer{
	{"shell-loop", "shell loop, curl and jq", []int{1}, false},
	{"gnu-parallel", "GNU parallel, curl and jq", []int{1}, true},
	{"threads.py", "Python threads", []int{1, 10}, true},
	{"promptfoo", "promptfoo", []int{1}, true},
	{"ollama-run", "ollama run --format", []int{1}, false},
}

func isPeer(script string) bool { return slices.Contains(peerScripts(), script) }

func peerScripts() []string {
	var scripts []string
	for _, p := range peers {
		scripts = append(scripts, p.script)
	}
	return scripts
}

// setting is one way to label a table.
type setting struct {
	peer            *peer // nil: prism-classify
	style           prompt.Style
	batch, parallel int  // rows a call, calls in flight
	repeats         bool // the table is that with repeated rows
	cache           bool // prism-classify keeps answers in a new cache
}

// isGrid reports whether the setting is one of prism-classify's on the table itself.
func (s *setting) isGrid() bool { return s.peer == nil && !s.repeats }

// client names the program.
func (s *setting) client() string {
	switch {
	case s.peer != nil:
		return s.peer.name
	case s.cache:
		return "prism-classify --cache"
	}
	return "prism-classify"
}

func (s *setting) String() string {
	text := fmt.Sprintf("%s, %s, %d rows a call, %d in flight", s.client(), s.style, s.batch, s.parallel)
	if s.repeats {
		text += ", table with repeated rows"
	}
	return text
}

// listSettings lists what is measured: prism-classify in each style with each number of rows a call and of
// calls in flight, with and without a cache on a table with repeated rows, and the peers.
func (c *config) listSettings() []setting {
	var all []setting
	for _, style := range c.styles {
		for _, batch := range c.batches {
			for _, parallel := range c.parallels {
				all = append(all, setting{style: style, batch: batch, parallel: parallel})
			}
		}
	}
	most := slices.Max(c.parallels)
	for _, cache := range []bool{false, true} {
		all = append(all, setting{style: c.styles[0], batch: usualBatch(c.batches), parallel: most, repeats: true, cache: cache})
	}
	for i := range peers {
		p := &peers[i]
		if !slices.Contains(c.peers, p.script) {
			continue
		}
		for _, batch := range p.batches {
			s := setting{peer: p, style: prompt.Classic, batch: batch, parallel: 1}
			if p.threads {
				s.parallel = most
			}
			all = append(all, s)
		}
	}
	return all
}

// usualBatch is the number of rows a call that stands for all where one must: prism-classify's default, or
// else the greatest below it, or the least.
func usualBatch(batches []int) int {
	const preset = 10
	best := batches[0]
	for _, b := range batches {
		if b <= preset {
			best = b
		}
	}
	return best
}
