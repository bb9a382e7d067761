package status

import (
	"testing"
	"time"
)

// Each look is a second of the watcher's clock, an update of the worker's file by the
// clocks of its machine and of the file system, and the state then.
func TestHeartbeatsOfOtherMachines(t *testing.T) {
	const hour = 3600
	type look struct {
		at, updated, changed float64
		want                 State
	}
	for _, c := range []struct {
		name  string
		looks []look
	}{
		{"clocks agree", []look{{0, 0, 0, Running}, {60, 60, 60, Running}, {100, 60, 60, Slow}, {180, 60, 60, Dead}}},
		{"its clock is behind", []look{{0, -hour, 0, Running}, {60, 60 - hour, 60, Running}}},
		{"its clock is ahead, and it died", []look{{0, hour, 0, Running}, {60, hour, 0, Slow}, {120, hour, 0, Dead}}},
		{"both clocks are behind: known after a change", []look{{0, -hour, -hour, Dead}, {1, 1 - hour, 1 - hour, Running}, {20, 1 - hour, 1 - hour, Running}, {121, 1 - hour, 1 - hour, Dead}}},
		{"both clocks are ahead, and it died", []look{{0, hour, hour, Running}, {29, hour, hour, Running}, {30, hour, hour, Slow}, {120, hour, hour, Dead}}},
		{"both clocks are ahead, and it works", []look{{0, hour, hour, Running}, {100, hour + 99, hour + 99, Running}, {200, hour + 199, hour + 199, Running}}},
		{"its clock is set back while it works", []look{{0, 0, 0, Running}, {100, -hour, -hour, Running}}},
	} {
		seen := &Heartbeats{}
		for i, l := range c.looks {
			w := sampleWorker()
			w.State, w.Host, w.UpdatedAt, w.changed = Running, "other", At(clock(l.updated)), clock(l.changed)
			o := ViewOptions{Now: clock(l.at), Host: "desk", DeadAfter: deadAfter, Heartbeats: seen, ProcessAlive: func(int, string) bool { return false }}
			if got := o.viewWorker(&w); got.State != l.want || got.SilentSeconds < 0 {
				t.Errorf("%s, look %d: got %s (silent for %v s), want %s", c.name, i+1, got.State, got.SilentSeconds, l.want)
			}
		}
	}
	var alone *Heartbeats
	w := sampleWorker()
	w.UpdatedAt, w.changed = At(clock(50)), clock(10)
	if got := alone.silence(&w, clock(20)); got != 10*time.Second {
		t.Errorf("a single look at a clock that is ahead: got %v, want 10s", got)
	}
}
