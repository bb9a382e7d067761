package status

import "time"

// Heartbeats are those of workers on other machines that were seen while a run was
// watched. The clocks of machines and file servers may differ by hours, and the clock
// of the watcher alone is compared with itself: a worker whose file changes is alive
// whatever times are in it, and one whose file does not change has been silent since.
type Heartbeats struct{ last map[int]heartbeat } // by worker ID

type heartbeat struct {
	updated, changed time.Time // what the file says, and its file system
	seen             time.Time // by the watcher's clock, when this was first seen
	proven           bool      // the file changed while it was watched
}

// silence is how long a worker on another machine has been silent. Until its file
// has changed while it was watched, that is by its own clock or by that of the file
// system, whichever is shorter; a clock that is ahead tells nothing.
func (h *Heartbeats) silence(w *Worker, now time.Time) time.Duration {
	own := now.Sub(w.UpdatedAt.Time)
	files := own
	if !w.changed.IsZero() {
		files = now.Sub(w.changed)
	}
	beat := h.note(w, now)
	watched := max(0, now.Sub(beat.seen))
	switch {
	case beat.proven, own < 0 && files < 0:
		return watched
	case own < 0:
		return files
	case files < 0:
		return own
	}
	return min(own, files)
}

// isFarAhead reports whether the clocks of a worker and of its file system say nothing of
// when the file changed: they are ahead by more than the silence of a dead worker. A single look
// at such a file cannot call its worker running.
func (w *Worker) isFarAhead(now time.Time, deadAfter time.Duration) bool {
	limit := now.Add(remotePatience * deadAfter)
	return w.UpdatedAt.After(limit) && (w.changed.IsZero() || w.changed.After(limit))
}

// note records what the worker's file says now.
func (h *Heartbeats) note(w *Worker, now time.Time) heartbeat {
	beat := heartbeat{updated: w.UpdatedAt.Time, changed: w.changed, seen: now}
	if h == nil {
		return beat
	}
	if h.last == nil {
		h.last = map[int]heartbeat{}
	}
	if last, ok := h.last[w.WorkerID]; ok {
		if last.updated.Equal(beat.updated) && last.changed.Equal(beat.changed) {
			return last
		}
		beat.proven = true
	}
	h.last[w.WorkerID] = beat
	return beat
}
