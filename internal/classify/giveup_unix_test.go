//go:build unix

package classify

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipeThatNobodyOpens does not hold an interrupt back.
func TestPipeThatNobodyOpens(t *testing.T) {
	b := newBench(t, 1, serve(t))
	b.s.Input = filepath.Join(b.dir, "fifo")
	if err := syscall.Mkfifo(b.s.Input, 0o666); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if _, err := b.run(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	// Let the goroutine that waits for a writer go.
	fd, err := syscall.Open(b.s.Input, syscall.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(fd)
}
