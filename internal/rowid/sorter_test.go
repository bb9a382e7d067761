package rowid

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"prism/internal/extsort"
)

func compareRows(a, b Row) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Position, b.Position))
}

func TestSorter(t *testing.T) {
	const small = 64 * rowSize // a batch of 64 rows
	for _, tt := range []struct {
		name     string
		n, block int
		ids      int64 // different IDs; many rows share one where these are few
		spills   bool
	}{
		{"none", 0, small, 200, false},
		{"in memory", 100, extsort.BlockSize, 200, false},
		{"just in memory", 128, small, 200, false},
		{"just spilled", 129, small, 200, true},
		{"many runs", 5000, small, 200, true},
		{"many IDs, just spilled", 33_000, extsort.BlockSize, 33_000, true},
		{"many IDs, many runs", 300_000, extsort.BlockSize, 300_000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			r := rand.New(rand.NewPCG(1, 2))
			rows := make([]Row, 0, tt.n)
			for i := range tt.n {
				row := Row{ID: r.Int64N(tt.ids) - 100, Position: int64(i)}
				if i%1000 == 999 {
					row.ID = []int64{math.MinInt64, math.MaxInt64}[r.IntN(2)]
				}
				rows = append(rows, row)
			}
			got, err := sortRows(rows, tt.block)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.SortedFunc(slices.Values(rows), compareRows)
			if !slices.Equal(got, want) {
				t.Errorf("%d rows, want %d in order", len(got), len(want))
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("temporary files left: %v", left)
			}
			t.Setenv("TMPDIR", dir+"/none")
			if _, err := sortRows(rows, tt.block); errors.Is(err, os.ErrNotExist) != tt.spills {
				t.Errorf("without TMPDIR: got %v, spills: %v", err, tt.spills)
			}
		})
	}
}

// sortRows sorts with batches of block bytes and as little memory as can be.
func sortRows(rows []Row, block int) (got []Row, err error) {
	s := newSorter(context.Background(), 1, block)
	for _, row := range rows {
		if err == nil {
			err = s.Add(row)
		}
	}
	if err == nil {
		err = s.Each(func(row Row) error { got = append(got, row); return nil })
	}
	return got, errors.Join(err, s.Close())
}

func TestSorterErrors(t *testing.T) {
	stop := errors.New("stop")
	s := NewSorter(context.Background())
	defer s.Close()
	if err := s.Add(Row{1, 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Each(func(Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of yield", err)
	}
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	full := newSorter(context.Background(), 1, extsort.BlockSize)
	defer full.Close()
	var err error
	for i := int64(0); i < 200_000 && err == nil; i++ {
		err = full.Add(Row{i, i})
	}
	if err == nil {
		_, _, err = full.FirstDuplicate()
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without TMPDIR: got %v", err)
	}
}

func TestFirstDuplicate(t *testing.T) {
	for _, tt := range []struct {
		name string
		ids  []int64
		want Row
		ok   bool
	}{
		{"none", []int64{3, 1, 2}, Row{}, false},
		{"no rows", nil, Row{}, false},
		{"zero", []int64{0, 1}, Row{}, false},
		{"first by position", []int64{9, 1, 5, 9, 1, 9}, Row{9, 4}, true},
		{"three times", []int64{7, 7, 7}, Row{7, 2}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSorter(context.Background())
			defer s.Close()
			for i, id := range tt.ids {
				if err := s.Add(Row{id, int64(i) + 1}); err != nil {
					t.Fatal(err)
				}
			}
			got, ok, err := s.FirstDuplicate()
			if got != tt.want || ok != tt.ok || err != nil {
				t.Errorf("got %v, %v, %v, want %v, %v", got, ok, err, tt.want, tt.ok)
			}
		})
	}
}
