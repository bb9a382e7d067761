package fsutil

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
)

func TestTempFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	f, err := CreateTemp("prism-test-*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("0123456789"); err != nil {
		t.Fatal(err)
	}
	PunchHole(f, 0, 4)
	got := make([]byte, 10)
	if _, err := f.ReadAt(got, 0); err != nil || string(got[4:]) != "456789" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := CloseTemp(f); err != nil {
		t.Fatal(err)
	}
	if list := fileNames(t, dir); len(list) > 0 {
		t.Errorf("left behind: %v", list)
	}
	if err := CloseTemp(f); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed again: got %v", err)
	}
	t.Setenv("TMPDIR", dir+"/none")
	if _, err := CreateTemp("x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without TMPDIR: got %v", err)
	}
}

// A name that is still there, as on systems that keep those of open files, is removed.
func TestCloseTempRemovesTheName(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := CloseTemp(f); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

func TestAwait(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	got, err := Await(ctx, func() (int, error) { return 7, io.EOF }, nil)
	if got != 7 || !errors.Is(err, io.EOF) {
		t.Errorf("got %d, %v", got, err)
	}
	begun, release, abandoned := make(chan bool), make(chan bool), make(chan int)
	go func() {
		<-begun
		cancel(stop)
	}()
	got, err = Await(ctx, func() (int, error) {
		begun <- true
		<-release
		return 8, nil
	}, func(n int) { abandoned <- n })
	if got != 0 || !errors.Is(err, stop) {
		t.Errorf("got %d, %v, want the cause of the end", got, err)
	}
	close(release)
	if n := <-abandoned; n != 8 {
		t.Errorf("abandoned %d, want 8", n)
	}
	if _, err := Await(ctx, func() (int, error) { t.Error("opened after the end"); return 0, nil }, nil); !errors.Is(err, stop) {
		t.Errorf("after the end: got %v", err)
	}
}
