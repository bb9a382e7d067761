package classify

import "testing"

func TestNextHolding(t *testing.T) {
	for _, tt := range []struct {
		name     string
		kind     roundKind
		rounds   int
		labelled bool
		want     holding
	}{
		{"usable", usable, 1, false, settleNow},
		{"usable, after many", usable, maxFailing + 1, false, settleNow},
		{"usable, rows have labels", usable, 1, true, settleNow},
		{"unusable, rows have labels", unusable, maxUnusable, true, settleNow},
		{"the first is unusable", unusable, 1, false, holdBack},
		{"the last but one is unusable", unusable, maxUnusable - 1, false, holdBack},
		{"all are unusable", unusable, maxUnusable, false, endWorker},
		{"failing, rows have labels", failing, maxFailing, true, settleNow},
		{"the first fails", failing, 1, false, holdBack},
		{"as many fail as may be unusable", failing, maxUnusable, false, holdBack},
		{"the last but one fails", failing, maxFailing - 1, false, holdBack},
		{"all fail", failing, maxFailing, false, endWorker},
	} {
		if got := nextHolding(tt.kind, tt.rounds, tt.labelled); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
