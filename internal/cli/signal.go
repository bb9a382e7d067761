package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"time"
)

// Signal is the cause of a context that a signal ended.
type Signal struct {
	Name string // INT or TERM
	Code int    // 130 or 143
}

func (s *Signal) Error() string { return "interrupted by " + s.Name }

// Interruption returns the signal that ended ctx, nil if none did.
func Interruption(ctx context.Context) *Signal {
	var s *Signal
	errors.As(context.Cause(ctx), &s)
	return s
}

// sameSignalWindow is the time within which signals count as one: timeout(1) sends it to
// a process and to its group.
const sameSignalWindow = 200 * time.Millisecond

func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 1)
	signal.Notify(c, endSignals...)
	quit := make(chan struct{})
	go func() {
		select {
		case s := <-c:
			if s == os.Interrupt {
				cancel(&Signal{Name: "INT", Code: Interrupted})
			} else {
				cancel(&Signal{Name: "TERM", Code: Terminated})
			}
		case <-quit:
			return
		}
		select { // the next one kills
		case <-time.After(sameSignalWindow):
			signal.Reset(endSignals...)
		case <-quit:
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		close(quit)
		cancel(nil)
	}
}
