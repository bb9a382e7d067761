package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Signal is the cause of a context that a signal ended.
type Signal struct {
	Name string // INT, TERM or HUP
	Code int    // 130, 143 or 129
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

// withSignals returns a context that the first INT, TERM or HUP ends. A second INT or TERM kills. A HUP
// is not counted, as several come when a terminal closes, and kills at no time; under nohup it stays
// ignored. Until stop is called, no write to stdout or stderr that nobody reads kills the process: it
// fails.
func withSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM) // TERM is also what Windows sends when a console closes
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(c, syscall.SIGHUP)
	}
	pipes := make(chan os.Signal, 1) // never read: the errors of the writes tell
	signal.Notify(pipes, syscall.SIGPIPE)
	quit := make(chan struct{})
	go func() {
		for s := os.Signal(syscall.SIGHUP); s == syscall.SIGHUP; {
			select {
			case s = <-c:
				cancel(causeOf(s))
			case <-quit:
				return
			}
		}
		select { // the next one kills
		case <-time.After(sameSignalWindow):
			signal.Reset(os.Interrupt, syscall.SIGTERM)
		case <-quit:
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		signal.Stop(pipes)
		close(quit)
		cancel(nil)
	}
}

// Sleep waits. Its error is that of ctx, which ended meanwhile.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func causeOf(s os.Signal) *Signal {
	switch s {
	case os.Interrupt:
		return &Signal{Name: "INT", Code: Interrupted}
	case syscall.SIGHUP:
		return &Signal{Name: "HUP", Code: HungUp}
	}
	return &Signal{Name: "TERM", Code: Terminated}
}

// isOutputClosed tells the error of a write to a stdout that nobody reads any more.
func isOutputClosed(err error) bool {
	var failed *fs.PathError
	return errors.As(err, &failed) && failed.Path == os.Stdout.Name() && errors.Is(failed, syscall.EPIPE)
}
