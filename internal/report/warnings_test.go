package report

import "testing"

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
