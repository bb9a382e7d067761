package fsutil

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestCopyRange(t *testing.T) {
	dir := t.TempDir()
	text := bytes.Repeat([]byte("0123456789"), 60_000)
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, text, 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	told := int64(0)
	progress := func(n int64) { told += n }
	if err := CopyRange(context.Background(), out, 3, src, 5, 599_990, progress); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out.Name())
	if want := append([]byte("\x00\x00\x00"), text[5:599_990]...); err != nil || !bytes.Equal(got, want) || told != 599_985 {
		t.Errorf("%d bytes, %d told, %v, want %d bytes", len(got), told, err, len(want))
	}
	if err := CopyRange(context.Background(), out, 0, src, 0, 600_001, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("beyond the end: got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := CopyRange(ctx, out, 0, src, 0, 10, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v", err)
	}
}
