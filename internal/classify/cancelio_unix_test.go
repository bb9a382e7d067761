//go:build unix

package classify

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"
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
	time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	if _, err := b.runJob(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	// Let the goroutine that waits for a writer go, if it came that far.
	if fd, err := syscall.Open(b.s.Input, syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		syscall.Close(fd)
	}
}
