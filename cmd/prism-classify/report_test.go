package main

import (
	"strings"
	"testing"

	"prism/internal/classify"
)

func TestUnlistedLines(t *testing.T) {
	for _, tt := range []struct {
		name     string
		labelled int64
		unlisted []classify.Unlisted
		want     int // lines
	}{
		{"none", 100, nil, 0},
		{"a quarter", 100, []classify.Unlisted{{Column: "Topic", Rows: 25}}, 0},
		{"more than a quarter", 100, []classify.Unlisted{{Column: "Topic", Rows: 26}}, 2},
		{"two columns of three", 4, []classify.Unlisted{{Column: "A", Rows: 4}, {Column: "B", Rows: 1}, {Column: "C", Rows: 2}}, 3},
		{"no row", 0, nil, 0},
	} {
		r := classify.Result{Unlisted: tt.unlisted}
		r.Labelled = tt.labelled
		got := unlistedLines(r)
		if len(got) != tt.want || tt.want > 0 && !strings.Contains(got[tt.want-1], "--labels strict") {
			t.Errorf("%s: got %q, want %d lines", tt.name, got, tt.want)
		}
	}
}
