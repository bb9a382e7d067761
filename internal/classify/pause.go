package classify

import (
	"context"
	"fmt"
	"time"

	"prism/internal/status"
)

// A paused worker looks every pausePoll whether it may go on; one that is not
// takes it for granted for the time of ungated.
const (
	pausePoll = 250 * time.Millisecond
	ungated   = 10 * time.Millisecond
)

// gate waits while the run is paused.
func (e *engine) gate(ctx context.Context) error {
	if err := ctxErr(ctx); err != nil || e.c.PauseDir == "" {
		return err
	}
	now := e.c.Now()
	if now.Sub(time.Unix(0, e.ungated.Load())).Abs() < ungated {
		return nil
	}
	for waiting := false; ; {
		paused, err := status.IsPaused(e.c.PauseDir)
		if err != nil {
			err = fmt.Errorf("look for the pause flag: %w", err)
		}
		if waiting != paused {
			e.meter.pause(paused)
			waiting = paused
		}
		if err != nil || !paused {
			e.ungated.Store(now.UnixNano())
			return err
		}
		if err := e.c.Sleep(ctx, pausePoll); err != nil {
			e.meter.pause(false)
			return context.Cause(ctx)
		}
		now = e.c.Now()
	}
}

func ctxErr(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
