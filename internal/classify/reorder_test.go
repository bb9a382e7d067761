package classify

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"prism/internal/checkpoint"
	"prism/internal/reply"
)

// TestWindowOrder: whatever order rows are finished in, each goes out once, in input
// order, with those of earlier processes in between and none beyond the input.
func TestWindowOrder(t *testing.T) {
	const rows = 300
	record := func(pos int64) []byte { return fmt.Appendf(nil, "row %d\n", pos) }
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		open := func() *checkpoint.Store {
			s, err := checkpoint.Open(checkpoint.Options{Dir: dir, Interval: 7}, checkpoint.NewSidecar("r_w1", []string{"RowID"}, nil))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		save := func(s *checkpoint.Store, pos int64) {
			r := record(pos)
			if err := s.Append([]checkpoint.Row{{Pos: pos, Record: r[:len(r)-1]}}); err != nil {
				t.Fatal(err)
			}
		}
		s := open()
		for pos := int64(1); pos <= rows+10; pos++ { // some beyond the end of the input
			if rng.IntN(3) == 0 {
				save(s, pos)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = open()
		w := newReorderBuffer(s, 1)
		var todo []int64
		for pos := int64(1); pos <= rows; pos++ {
			if s.State(pos) == checkpoint.Unfinished {
				todo = append(todo, pos)
			}
		}
		rng.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
		var got, want bytes.Buffer
		failed := map[int64]bool{}
		takeOut := func() {
			for w.fillChunk() {
				records := w.ready.records
				if w.ready.last > 0 {
					var err error
					if records, err = s.ReadResumed(w.ready.first, w.ready.last); err != nil {
						t.Fatal(err)
					}
				}
				for _, r := range records {
					got.Write(r)
				}
				w.release()
			}
		}
		for i, pos := range todo {
			w.read = max(w.read, pos, min(int64(i), rows))
			if rng.IntN(10) == 0 {
				failed[pos] = true
				if err := s.Fail(checkpoint.Failure{Position: pos}); err != nil {
					t.Fatal(err)
				}
			} else {
				save(s, pos)
				w.addRecord(pos, record(pos))
			}
			if rng.IntN(3) == 0 {
				takeOut()
			}
		}
		w.read = rows
		takeOut()
		for pos := int64(1); pos <= rows; pos++ {
			if !failed[pos] {
				want.Write(record(pos))
			}
		}
		if got.String() != want.String() {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, got.String(), want.String())
		}
		if w.bytes != 0 || len(w.records) != 0 || w.next != rows+1 {
			t.Errorf("seed %d: %d bytes and %d rows are left, next is %d", seed, w.bytes, len(w.records), w.next)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWindowKeepsWhatItCounts: a long row without labels takes no memory with the
// records of those asked together with it.
func TestWindowKeepsWhatItCounts(t *testing.T) {
	store, err := checkpoint.Open(checkpoint.Options{}, checkpoint.NewSidecar("r_w1", []string{"RowID"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e := &engine{c: config{Layout: &layout{coded: []int{0}}}, store: store, reorder: newReorderBuffer(store, 1), meter: new(meter)}
	asked := []*row{{pos: 1, kept: []byte("1")}, {pos: 2, kept: make([]byte, 1<<20)}}
	asked[0].RowID, asked[1].RowID = 1, 2
	if err := e.commitLabelled(newBatch(asked, false), []reply.Row{{RowID: 1, Values: []string{"a"}}}); err != nil {
		t.Fatal(err)
	}
	if got := cap(e.reorder.records[1]); got > rowOverhead {
		t.Errorf("a row of %d bytes keeps %d", len(e.reorder.records[1]), got)
	}
	if err := e.commitLabelled(newBatch(asked, false), []reply.Row{{RowID: 3}}); err == nil {
		t.Error("a row that was not asked for was saved")
	}
}
