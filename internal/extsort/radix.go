package extsort

import "slices"

// entry is an item of a chunk: its key and where it is.
type entry struct {
	key uint64
	ref ref
}

// ref packs the place of an item: 16 bits number of the window of memory, 21
// bits where it starts there, 27 bits length.
type ref uint64

const (
	maxWindows = 1 << 16
	maxFrom    = 1 << 21
	maxItem    = 1 << 27
)

func newRef(window int, from, size uint32) ref {
	return ref(window)<<48 | ref(from)<<27 | ref(size)
}

func (r ref) size() int64 { return int64(r & (maxItem - 1)) }

func (r ref) item(windows [][]byte) []byte {
	from := r >> 27 & (maxFrom - 1)
	return windows[r>>48][from : from+r&(maxItem-1)]
}

// sortEntries sorts by key and leaves equal keys in their order. It needs as
// much scratch as there are entries and returns the one of the two slices that
// holds the result.
func sortEntries(e, scratch []entry) []entry {
	var counts [8][256]int
	for i := range e {
		k := e[i].key
		for d := range counts {
			counts[d][byte(k>>(8*d))]++
		}
	}
	for d := range counts {
		c := &counts[d]
		if len(e) == 0 || c[byte(e[0].key>>(8*d))] == len(e) {
			continue
		}
		at := 0
		for v := range c {
			at, c[v] = at+c[v], at
		}
		for i := range e {
			v := byte(e[i].key >> (8 * d))
			scratch[c[v]] = e[i]
			c[v]++
		}
		e, scratch = scratch, e
	}
	return e
}

// sortLong sorts entries with equal keys by their long keys, the others being
// sorted already.
func sortLong(e []entry, windows [][]byte) {
	for from := 0; from < len(e); {
		to := from + 1
		for to < len(e) && e[to].key == e[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortStableFunc(e[from:to], func(a, b entry) int {
				return compareLong(a.ref.item(windows), b.ref.item(windows))
			})
		}
		from = to
	}
}
