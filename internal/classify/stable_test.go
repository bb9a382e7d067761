package classify

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestStableFile: a byte that was read once is the same at every later read, or an error.
func TestStableFile(t *testing.T) {
	const size = 3*minStableBlock + 100
	text := bytes.Repeat([]byte("0123456789abcdef\n"), size/17+1)[:size]
	tests := []struct {
		name    string
		change  func(path string) error
		at      int64
		changed bool
	}{
		{"nothing", func(string) error { return nil }, 0, false},
		{"a byte of the block", func(path string) error { return overwrite(path, 10, "X") }, 100, true},
		{"a byte of another block", func(path string) error { return overwrite(path, minStableBlock, "X") }, 100, false},
		{"the last byte", func(path string) error { return overwrite(path, size-1, "X") }, size - 5, true},
		{"cut", func(path string) error { return os.Truncate(path, size-1) }, size - 5, true},
		{"cut to nothing", func(path string) error { return os.Truncate(path, 0) }, 0, true},
		{"longer", func(path string) error { return overwrite(path, size, "more") }, size - 5, false},
		{"replaced", func(path string) error {
			if err := os.WriteFile(path+".new", []byte("short"), 0o666); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "in.csv")
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := newStableFile(f, size, "in.csv")
			got := make([]byte, size)
			if _, err := s.ReadAt(got, 0); err != nil || !bytes.Equal(got, text) {
				t.Fatalf("first read: %v, the same bytes: %v", err, bytes.Equal(got, text))
			}
			if err := tt.change(path); err != nil {
				t.Fatal(err)
			}
			part := make([]byte, 3)
			_, err = s.ReadAt(part, tt.at)
			var changed *changedError
			if errors.As(err, &changed) != tt.changed || !tt.changed && !bytes.Equal(part, text[tt.at:][:3]) {
				t.Errorf("got %q, %v, want an error: %v", part, err, tt.changed)
			}
		})
	}
}

func overwrite(path string, at int64, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(text), at)
	return errors.Join(err, f.Close())
}

// TestInputChangesWhileItIsLabelled: all rows of the version that was checked, or an
// error and no row of another version.
func TestInputChangesWhileItIsLabelled(t *testing.T) {
	tests := []struct {
		name    string
		change  func(path string, text []byte) error
		changed bool
	}{
		{"shorter", func(path string, text []byte) error {
			return os.WriteFile(path, text[:bytes.LastIndexByte(text[:len(text)/2], '\n')+1], 0o666)
		}, true},
		{"longer", func(path string, text []byte) error {
			header, rest, _ := bytes.Cut(text, []byte("\n"))
			return os.WriteFile(path, bytes.Join([][]byte{header, []byte("999999,t,inserted,s"), rest}, []byte("\n")), 0o666)
		}, true},
		{"equal length", func(path string, text []byte) error { return overwrite(path, int64(len(text))-3, "X") }, true},
		{"cut within a row", func(path string, text []byte) error { return os.Truncate(path, int64(len(text))-7) }, true},
		{"rows appended", func(path string, text []byte) error { return overwrite(path, int64(len(text)), "999999,t,more,s\n") }, false},
		{"replaced by rename", func(path string, text []byte) error {
			if err := os.WriteFile(path+".new", text[:len(text)/2], 0o666); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t)
			b := newBench(t, 3000, srv)
			text, err := os.ReadFile(b.s.Input)
			if err != nil {
				t.Fatal(err)
			}
			b.s.OutputPath = filepath.Join(b.dir, "out.csv")
			var once sync.Once
			b.tick = func() {
				if srv.Totals().Calls >= 3 {
					once.Do(func() {
						if err := tt.change(b.s.Input, text); err != nil {
							t.Error(err)
						}
					})
				}
			}
			_, err = b.runJob(context.Background())
			if !tt.changed {
				if err != nil {
					t.Fatal(err)
				}
				out, err := os.ReadFile(b.s.OutputPath)
				if err != nil {
					t.Fatal(err)
				}
				b.out = bytes.NewBuffer(out)
				b.check()
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), "in.csv changed while it was labelled") || !IsUsage(err) || !strings.Contains(Hint(err, ""), "same command") {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(b.s.OutputPath); !os.IsNotExist(err) {
				t.Errorf("there is an output: %v", err)
			}
		})
	}
}
