package rowid

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func TestSet(t *testing.T) {
	anyID := func(r *rand.Rand) int64 { return int64(r.Uint64()) }
	for _, tt := range []struct {
		name string
		id   func(*rand.Rand) int64
	}{
		{"close", func(r *rand.Rand) int64 { return r.Int64N(20_000) - 10_000 }},
		{"some gaps", func(r *rand.Rand) int64 { return r.Int64N(20_000) * 130 }},
		{"far apart", func(r *rand.Rand) int64 { return anyID(r) >> 50 << 50 }},
		{"around a page's end", func(r *rand.Rand) int64 { return math.MaxInt64 - r.Int64N(2*pageIDs) }},
		{"the least", func(r *rand.Rand) int64 { return math.MinInt64 + r.Int64N(70) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var s Set
			want := map[int64]bool{}
			for range 50_000 {
				id := tt.id(r)
				if had := s.Has(id); had != want[id] {
					t.Fatalf("Has(%d) = %v", id, had)
				}
				if r.IntN(3) == 0 {
					s.Remove(id)
					delete(want, id)
					continue
				}
				if added := s.Add(id); added == want[id] {
					t.Fatalf("Add(%d) = %v", id, added)
				}
				want[id] = true
			}
			var ids []int64
			for id := range want {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if s.Len() != int64(len(ids)) {
				t.Errorf("Len() = %d, want %d", s.Len(), len(ids))
			}
			if got := slices.Collect(s.All()); !slices.Equal(got, ids) {
				t.Errorf("All() gives %d IDs, want %d in order", len(got), len(ids))
			}
			for id := range s.All() {
				if id != ids[0] {
					t.Errorf("first %d, want %d", id, ids[0])
				}
				break
			}
		})
	}
}

func TestSetAtItsBounds(t *testing.T) {
	for _, tt := range []struct{ least, greatest int64 }{
		{0, 0}, {-70, 70}, {math.MinInt64, math.MinInt64 + 63}, {math.MaxInt64 - 64, math.MaxInt64}, {math.MinInt64, math.MaxInt64},
	} {
		var s Set
		for i, id := range []int64{tt.least, tt.greatest} {
			first := i == 0 || tt.least != tt.greatest
			had, added, again := s.Has(id), s.Add(id), s.Add(id)
			if had == first || added != first || again || !s.Has(id) {
				t.Errorf("%d of %d and %d: had %v, added %v, again %v", id, tt.least, tt.greatest, had, added, again)
			}
		}
		for _, id := range []int64{tt.least - 1, tt.greatest + 1000} { // around the ends of 64 bits, too
			if id != tt.greatest && s.Has(id) {
				t.Errorf("%d is in the set of %d and %d", id, tt.least, tt.greatest)
			}
		}
	}
}

func TestEmptySet(t *testing.T) {
	var s Set
	s.Remove(7)
	if s.Has(7) || s.Len() != 0 || s.Size() != 0 || len(slices.Collect(s.All())) > 0 {
		t.Error("the zero value is not empty")
	}
}

func TestSetStaysSmall(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit int64 // bytes an ID
		step  int64
	}{{"ascending", 1, 1}, {"every tenth", 4, 10}, {"one a page", 128, pageIDs}} {
		t.Run(tt.name, func(t *testing.T) {
			var s Set
			const n = 100_000
			for i := range int64(n) {
				s.Add(i * tt.step)
			}
			if got := s.Size() / n; got > tt.limit {
				t.Errorf("%d bytes an ID, want at most %d", got, tt.limit)
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	const n = 5_000_000
	r := rand.New(rand.NewPCG(1, 2))
	ascending := make([]int64, n)
	for i := range ascending {
		ascending[i] = int64(i)
	}
	shuffled := slices.Clone(ascending)
	r.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	sparse := make([]int64, n)
	for i := range sparse[:] {
		sparse[i] = int64(r.Uint64())
	}
	for _, bb := range []struct {
		name string
		ids  []int64
	}{{"ascending", ascending}, {"shuffled", shuffled}, {"sparse", sparse}} {
		b.Run(bb.name, func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				var s Set
				for _, id := range bb.ids {
					s.Add(id)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(&s)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/ID")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/ID")
		})
	}
}
