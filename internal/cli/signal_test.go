//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func TestSignalsEndTheContext(t *testing.T) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // it is ignored where the tests run under nohup
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: Interrupted, syscall.SIGTERM: Terminated, syscall.SIGHUP: HungUp} {
		var g grammar
		var out, errOut strings.Builder
		code := Main(Command{Name: "tool", Grammar: &g, Run: func(ctx context.Context, std Std) error {
			if err := syscall.Kill(syscall.Getpid(), sig); err != nil {
				return err
			}
			<-ctx.Done()
			return errors.Join(errors.New("saved"), context.Cause(ctx))
		}}, nil, strings.NewReader(""), &out, &errOut)
		if code != want {
			t.Errorf("%v: code %d, want %d: %s", sig, code, want, errOut.String())
		}
	}
}
