package fsutil

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLockKeepsASecondOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AcquireLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := AcquireLock(path)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestLockOfMissingFolder(t *testing.T) {
	if _, err := AcquireLock(filepath.Join(t.TempDir(), "none", "lock")); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want an error that is not ErrLocked", err)
	}
}

func TestLockInheritedLastsUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := LockInherited(f.Fd()); err != nil {
		t.Fatal(err)
	}
	if _, err := AcquireLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	lock, err := AcquireLock(path)
	if err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	check := func(when string, want bool) {
		t.Helper()
		if got, err := IsLocked(path); got != want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", when, got, err, want)
		}
	}
	check("missing file", false)
	lock, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	check("held", true)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	check("released", false)
	check("asked twice", false)
}

func TestWaitForLockWaitsForItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	sleeps := 0
	lock, err := WaitForLock(t.Context(), path, time.Second, func(context.Context, time.Duration) error {
		if sleeps++; sleeps == 3 {
			return held.Release()
		}
		return nil
	})
	if err != nil || sleeps != 3 {
		t.Fatalf("got %v after %d sleeps, want the lock after 3", err, sleeps)
	}
	defer lock.Release()
	slept := time.Duration(0)
	_, err = WaitForLock(t.Context(), path, time.Second, func(_ context.Context, d time.Duration) error {
		slept += d
		return nil
	})
	if !errors.Is(err, ErrLocked) || slept != time.Second {
		t.Errorf("got %v after %v, want ErrLocked after a second", err, slept)
	}
	stop := errors.New("stop")
	if _, err := WaitForLock(t.Context(), path, time.Second, func(context.Context, time.Duration) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of sleep", err)
	}
}

func TestDeletedLockIsNobodys(t *testing.T) {
	if !canReplaceOpenFiles {
		t.Skip("an open file cannot be removed here")
	}
	path := filepath.Join(t.TempDir(), "lock")
	first, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	late, err := os.OpenFile(path, os.O_RDWR, 0) // as by a process that is about to lock it
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if err := first.Delete(); err != nil {
		t.Fatal(err)
	}
	second, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Release()
	if current, err := isFileAt(path, late); current || err != nil {
		t.Errorf("got %v, %v: the file that was deleted still counts", current, err)
	}
	if current, err := isFileAt(path, second.f); !current || err != nil {
		t.Errorf("got %v, %v: the new file does not count", current, err)
	}
}
