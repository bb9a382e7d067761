package report

import (
	"slices"
	"testing"

	"prism/internal/stats"
)

func TestGateLine(t *testing.T) {
	for _, tt := range []struct {
		name            string
		gated, labelled int64
		want            string
	}{
		{"no rows", 0, 0, ""},
		{"too few to tell", 4, 4, ""},
		{"one with labels", 99, 100, ""},
		{"all", 1200, 1200, "WARNING: all 1,200 labelled rows are NOT_APPLICABLE"},
	} {
		if got := GateLine(tt.gated, tt.labelled); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestUnlistedLines(t *testing.T) {
	r := &stats.Result{Columns: []stats.Column{{Name: "Few", Rows: 100, OrganicRows: 25}, {Name: "Many", Rows: 1000, OrganicRows: 251}, {Name: "None", Rows: 0}}}
	got, want := UnlistedLines(r), []string{`WARNING: 251 of 1,000 rows (25.1%) have a label of "Many" that is not listed`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
