package extsort

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

type testItem struct {
	key  []byte
	text string
}

// items makes n items with keys from a range; their texts tell the order they came in.
func items(n, keys int, long bool) []testItem {
	r := rand.New(rand.NewPCG(uint64(n), uint64(keys)))
	var out []testItem
	for i := range n {
		key := binary.BigEndian.AppendUint64(nil, r.Uint64N(uint64(keys))<<40)
		if long {
			key = fmt.Appendf(nil, "common%d", r.IntN(keys))[:6+r.IntN(2)*r.IntN(3)]
		}
		out = append(out, testItem{key, fmt.Sprintf("%x %d %s\n", key, i, bytes.Repeat([]byte("."), r.IntN(60)))})
	}
	return out
}

func (it testItem) addTo(b *Batch, long bool) {
	if long {
		b.AppendKeyed(it.key, []byte(it.text))
	} else {
		b.Append(binary.BigEndian.Uint64(it.key), []byte(it.text))
	}
}

// want is what sorting in memory gives.
func want(in []testItem, equal Equal) string {
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(a, b testItem) int { return bytes.Compare(a.key, b.key) })
	var out []byte
	for i, it := range in {
		if equal == KeepFirst && i > 0 && bytes.Equal(in[i-1].key, it.key) ||
			equal == KeepLast && i+1 < len(in) && bytes.Equal(in[i+1].key, it.key) {
			continue
		}
		out = append(out, it.text...)
	}
	return string(out)
}

func newTestSorter(t *testing.T, limit int64, long bool) *Sorter {
	t.Setenv("TMPDIR", t.TempDir())
	s := NewSorter(context.Background(), 0, long)
	s.limit = limit
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
			t.Errorf("temporary files left: %v", left)
		}
	})
	return s
}

func TestSortAndMerge(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100, 3000} {
		for _, limit := range []int64{1 << 10, 8 << 10, 1 << 20} {
			for _, keys := range []int{3, 100000} {
				for _, long := range []bool{false, true} {
					for _, equal := range []Equal{KeepAll, KeepFirst, KeepLast} {
						if long && equal != KeepAll {
							continue
						}
						t.Run(fmt.Sprintf("%d items of %d keys, chunks of %d, long %v, equal %d", n, keys, limit, long, equal), func(t *testing.T) {
							in := items(n, keys, long)
							s := newTestSorter(t, limit, long)
							b := &Batch{}
							for i, it := range in {
								it.addTo(b, long)
								if i%7 == 0 || i == len(in)-1 {
									if err := s.Add(b); err != nil {
										t.Fatal(err)
									}
								}
							}
							runs, err := s.Runs()
							if err != nil {
								t.Fatal(err)
							}
							if runs, err = s.MergeRuns(runs, 20, Options{Long: long}); err != nil {
								t.Fatal(err)
							}
							var got bytes.Buffer
							m, err := Merge(context.Background(), runs, Options{Long: long, Equal: equal, Memory: 1}, func(p []byte) error {
								got.Write(p)
								return nil
							})
							if err != nil {
								t.Fatal(err)
							}
							if want := want(in, equal); got.String() != want {
								t.Errorf("got %d bytes, want %d; %.300q", got.Len(), len(want), got.String())
							}
							if lines := int64(bytes.Count(got.Bytes(), []byte("\n"))); m.Items != lines || m.Dropped != int64(n)-lines {
								t.Errorf("%+v of %d items, %d were written", m, n, lines)
							}
						})
					}
				}
			}
		}
	}
}

func memoryRun(keys ...uint64) Run {
	return func(_ context.Context, _ int, yield func(*Batch) error) error {
		b := &Batch{}
		for _, k := range keys {
			b.Append(k, fmt.Appendf(nil, "%d\n", k))
			if err := yield(b); err != nil {
				return err
			}
			b.Reset()
		}
		return nil
	}
}

func TestLargeBatchesAndItems(t *testing.T) {
	var in []testItem
	for i := range 60 {
		size := 300_000
		if i%20 == 7 {
			size = 3 << 20
		}
		key := binary.BigEndian.AppendUint64(nil, uint64(i*37%60))
		in = append(in, testItem{key, fmt.Sprintf("%d %s\n", i, bytes.Repeat([]byte{byte('a' + i%26)}, size))})
	}
	for _, limit := range []int64{1 << 20, 64 << 20} {
		s := newTestSorter(t, limit, false)
		b := &Batch{}
		for i, it := range in {
			it.addTo(b, false)
			if i%30 == 29 { // 9 MB and more
				if err := s.Add(b); err != nil {
					t.Fatal(err)
				}
			}
		}
		runs, err := s.Runs()
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		_, err = Merge(context.Background(), runs, Options{Start: 5}, func(p []byte) error { got.Write(p); return nil })
		if err != nil || got.String() != want(in, KeepAll) {
			t.Errorf("chunks of %d: %v, got %d bytes, want %d", limit, err, got.Len(), len(want(in, KeepAll)))
		}
	}
	s := newTestSorter(t, 1<<20, false)
	b := &Batch{Data: make([]byte, maxItem), Keys: []uint64{1}, Items: []Span{{0, maxItem}}}
	if err := s.Add(b); err == nil || err.Error() != "a record of 128 MiB is too long to be sorted" {
		t.Errorf("got %v, want an error", err)
	}
}

// Runs whose keys hardly overlap are merged by whole batches.
func TestMergeOfConsecutiveRuns(t *testing.T) {
	for _, equal := range []Equal{KeepAll, KeepFirst, KeepLast} {
		var in []testItem
		var runs []Run
		for r := range 5 {
			from := len(in)
			for i := range 100 {
				key := binary.BigEndian.AppendUint64(nil, uint64(r*90+i-i/33))
				in = append(in, testItem{key, fmt.Sprintf("%d of run %d\n", i, r)})
			}
			items := in[from:]
			runs = append(runs, func(_ context.Context, _ int, yield func(*Batch) error) error {
				for len(items) > 0 {
					var b Batch
					for i, it := range items[:20] {
						if i == 13 && len(items) > 60 {
							b.Data = append(b.Data, "between items"...)
						}
						it.addTo(&b, false)
					}
					items = items[20:]
					if err := yield(&b); err != nil {
						return err
					}
				}
				return nil
			})
		}
		var got bytes.Buffer
		m, err := Merge(context.Background(), runs, Options{Equal: equal}, func(p []byte) error { got.Write(p); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if want := want(in, equal); got.String() != want || m.Items != int64(strings.Count(want, "\n")) {
			t.Errorf("equal %d: got %d items\n%s\nwant\n%s", equal, m.Items, got.String(), want)
		}
	}
}

func TestMergeErrors(t *testing.T) {
	disk := errors.New("disk")
	torn := func(context.Context, int, func(*Batch) error) error { return disk }
	tests := []struct {
		name  string
		runs  []Run
		o     Options
		write error
		want  error
	}{
		{name: "source", runs: []Run{memoryRun(1, 2, 5), torn}, want: disk},
		{name: "write", runs: []Run{memoryRun(1)}, write: disk, want: disk},
		{name: "canceled", runs: []Run{memoryRun(1, 2), func(ctx context.Context, _ int, _ func(*Batch) error) error { return context.Canceled }}, want: context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Merge(context.Background(), tt.runs, tt.o, func([]byte) error { return tt.write })
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	_, err := Merge(context.Background(), []Run{memoryRun(1, 2, 5), memoryRun(3, 2)}, Options{}, func([]byte) error { return nil })
	if !errors.Is(err, errUnsorted) {
		t.Errorf("got %v, want %v", err, errUnsorted)
	}
	_, err = Merge(context.Background(), []Run{memoryRun(1, 7), memoryRun(3, 7)}, Options{Equal: Refuse}, func([]byte) error { return nil })
	var equal *EqualError
	if !errors.As(err, &equal) || equal.Key != 7 {
		t.Errorf("got %v, want an EqualError of 7", err)
	}
}

func TestGreatestKey(t *testing.T) {
	var got bytes.Buffer
	const most = ^uint64(0)
	_, err := Merge(context.Background(), []Run{memoryRun(1, most), memoryRun(), memoryRun(most)}, Options{}, func(p []byte) error { got.Write(p); return nil })
	if want := fmt.Sprintf("1\n%d\n%d\n", most, most); err != nil || got.String() != want {
		t.Errorf("got %q, %v, want %q", got.String(), err, want)
	}
}

func TestRadixSort(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 1000} {
		for _, bits := range []int{1, 9, 64} {
			e := make([]entry, n)
			for i := range e {
				e[i] = entry{r.Uint64() >> (64 - bits), ref(i)}
			}
			want := slices.Clone(e)
			slices.SortStableFunc(want, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
			if got := sortEntries(e, make([]entry, n)); !slices.Equal(got, want) {
				t.Errorf("%d keys of %d bits are not sorted as they should", n, bits)
			}
		}
	}
}
