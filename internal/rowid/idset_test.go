package rowid

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func TestSorter(t *testing.T) {
	for _, tt := range []struct {
		name     string
		n, limit int
	}{{"none", 0, 4}, {"in memory", 100, 0}, {"just spilled", 64, 64}, {"many runs", 5000, 64}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			r := rand.New(rand.NewPCG(1, 2))
			s := Sorter{limit: tt.limit}
			var want, got []Pair
			for i := range tt.n {
				p := Pair{ID: r.Int64N(200) - 100, Place: int64(i)}
				want = append(want, p)
				if err := s.Add(p); err != nil {
					t.Fatal(err)
				}
			}
			slices.SortFunc(want, comparePairs)
			if err := s.Each(func(p Pair) error { got = append(got, p); return nil }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("temporary files left: %v", left)
			}
		})
	}
}

func TestBitmap(t *testing.T) {
	for _, tt := range []struct{ least, greatest int64 }{{0, 0}, {-70, 70}, {math.MinInt64, math.MinInt64 + 63}, {math.MaxInt64 - 64, math.MaxInt64}} {
		b := NewBitmap(tt.least, tt.greatest)
		for _, id := range []int64{tt.least, tt.greatest} {
			had, was, again := b.Has(id), b.Add(id), b.Add(id)
			if had != was || !again || !b.Has(id) {
				t.Errorf("%d in %d..%d: had %v, was %v, again %v", id, tt.least, tt.greatest, had, was, again)
			}
		}
		for _, id := range []int64{tt.least - 1, tt.greatest + 1000} {
			if b.Has(id) {
				t.Errorf("%d is in %d..%d", id, tt.least, tt.greatest)
			}
		}
	}
	if NewBitmap(math.MinInt64, math.MaxInt64) != nil || NewBitmap(1, 0) != nil {
		t.Error("a span too wide, or none, has a bitmap")
	}
}
