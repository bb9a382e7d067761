package extsort

// tree is a tournament of sources: the winner has the least key, of equal ones
// the source that comes first. Each inner node holds the loser of its match, so
// that after the winner moved on only its path to the root is played again.
type tree struct {
	sources []*source
	long    bool
	losers  []int // losers[0] is the winner of all
	last    int   // the winner, whose source moves
}

func (t *tree) init(sources []*source, long bool) {
	t.sources, t.long = sources, long
	t.losers = make([]int, max(len(sources), 1))
}

// build plays all matches.
func (t *tree) build() {
	n := len(t.sources)
	if n == 0 {
		t.sources = []*source{{done: true}}
		return
	}
	winners := make([]int, 2*n)
	for i := range n {
		winners[n+i] = i
	}
	for i := n - 1; i > 0; i-- {
		a, b := winners[2*i], winners[2*i+1]
		if t.less(b, a) {
			a, b = b, a
		}
		winners[i], t.losers[i] = a, b
	}
	if n > 1 {
		t.losers[0] = winners[1]
	}
	t.last = t.losers[0]
}

func (t *tree) winner() *source { return t.sources[t.last] }

// replay plays the matches of the source that was the winner and has moved on.
func (t *tree) replay() {
	w := t.last
	key := t.sources[w].key
	for i := (len(t.sources) + w) / 2; i > 0; i /= 2 {
		l := t.losers[i]
		other := t.sources[l].key
		if other < key || other == key && t.lessEqualKeys(l, w) {
			t.losers[i], w = w, l
			key = other
		}
	}
	t.last = w
}

func (t *tree) less(a, b int) bool {
	if x, y := t.sources[a].key, t.sources[b].key; x != y {
		return x < y
	}
	return t.lessEqualKeys(a, b)
}

// lessEqualKeys orders sources whose current keys are equal.
func (t *tree) lessEqualKeys(a, b int) bool {
	x, y := t.sources[a], t.sources[b]
	if x.done || y.done {
		return !x.done
	}
	if t.long {
		if c := compareLong(x.batch.item(x.at), y.batch.item(y.at)); c != 0 {
			return c < 0
		}
	}
	return a < b
}
