package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestEachRowOfTheInput: of the finished rows, those come whose records the input has now,
// wherever; the others are counted.
func TestEachRowOfTheInput(t *testing.T) {
	header := []string{"RowID", "Message"}
	for _, c := range []struct {
		name     string
		columns  []string // of the input now
		records  []string // of the input now
		change   func(t *testing.T, dir string)
		want     []int64
		outdated int64
	}{
		{"as it was", header, []string{"record 1", "record 2", "record 3"}, nil, []int64{1, 2, 3}, 0},
		{"another order, a new one, one of two edited", header, []string{"new", "record 3", "record 1", "edited"}, nil, []int64{1, 3}, 1},
		{"no records", header, nil, nil, nil, 3},
		{"records that name their columns", nil, []string{"record 2"}, nil, []int64{2}, 2},
		{"another header", []string{"RowID", "Comment"}, []string{"record 1", "record 2", "record 3"}, nil, nil, 3},
		{"no fingerprints, as of an earlier version", header, []string{"record 1"}, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1.stream")); err != nil {
				t.Fatal(err)
			}
		}, nil, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := open(t, dir, func(_ *Options, side *Sidecar) { side.InputColumns = header })
			if err != nil {
				t.Fatal(err)
			}
			for pos := int64(1); pos <= 3; pos++ {
				if _, err := s.MatchOrRecord(pos, fmt.Appendf(nil, "record %d", pos)); err != nil {
					t.Fatal(err)
				}
			}
			add(t, s, 1, 2, 3)
			mustClose(t, s)
			if c.change != nil {
				c.change(t, dir)
			}
			in := NewInputRecords(c.columns)
			for _, record := range c.records {
				in.AddRecord([]byte(record))
			}
			var got []int64
			outdated, err := EachRow(dir, "run_w1", in, func(pos int64, record []byte) error {
				if want := string(rowOf(pos).Record); string(record) != want {
					t.Errorf("row %d: got %s, want %s", pos, record, want)
				}
				got = append(got, pos)
				return nil
			})
			if err != nil || !slices.Equal(got, c.want) || outdated != c.outdated {
				t.Errorf("got rows %v and %d others, %v, want %v and %d", got, outdated, err, c.want, c.outdated)
			}
		})
	}
	if _, err := EachRow(t.TempDir(), "run_w1", NewInputRecords(header), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a job that never began: got %v", err)
	}
}

// TestEachRowOfHalfASwap: who changes nothing refuses a checkpoint whose rows are being moved,
// and says what to do.
func TestEachRowOfHalfASwap(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 1)
	mustClose(t, s)
	if err := os.Mkdir(s.path(movedSuffix), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := EachRow(dir, s.job, nil, func(int64, []byte) error { return nil })
	hint, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok || hint.Hint() == "" {
		t.Fatalf("got %v, want an error with a hint", err)
	}
	mustClose(t, mustOpen(t, dir)) // finishes it
	if got, want := rowsOf(t, dir, s.job), fmt.Sprintf("1: %s\n", rowOf(1).Record); got != want {
		t.Errorf("after the next start: got %q, want %q", got, want)
	}
}
