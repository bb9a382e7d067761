//go:build unix

package main

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// silent is a pipe whose writer says nothing. The first read asks the process
// to end, as a user does who waits in vain.
type silent struct {
	sig   syscall.Signal
	first []byte // what it says before
	quit  chan struct{}
}

func (s *silent) Read(p []byte) (int, error) {
	if n := copy(p, s.first); n > 0 {
		s.first = s.first[n:]
		return n, nil
	}
	if err := syscall.Kill(syscall.Getpid(), s.sig); err != nil {
		return 0, err
	}
	<-s.quit
	return 0, nil
}

// TestSignalWhileInputIsSilent: neither a header nor a row may be waited for
// longer than the user likes.
func TestSignalWhileInputIsSilent(t *testing.T) {
	srv := ollamatest.Start(t)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // it is ignored where the tests run under nohup
	for name, first := range map[string]string{"before the header": "", "before a row": "RowID,Message\n", "within a row": "RowID,Message\n1,he"} {
		for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
			t.Run(name+", "+sig.String(), func(t *testing.T) {
				in := &silent{sig: sig, first: []byte(first), quit: make(chan struct{})}
				defer close(in.quit)
				var out, errOut bytes.Buffer
				args := []string{"--model", ollamatest.DefaultModel, "--host", srv.URL, "--checkpoint-dir", t.TempDir(),
					"--prompts-config", filepath.Join("..", "..", "examples", "feedback", "prompt.json")}
				if got := run(args, in, &out, &errOut); got != code {
					t.Errorf("exit code %d, want %d: %s", got, code, errOut.String())
				}
				if !strings.Contains(errOut.String(), "interrupted by") {
					t.Errorf("it says %s", errOut.String())
				}
			})
		}
	}
}
