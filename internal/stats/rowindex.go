package stats

import "slices"

// rowIndex numbers rows by their RowIDs, in the order in which they first come. Files
// mostly have the same rows in the same order: a look at the next row then answers.
type rowIndex struct {
	ids       []int64
	byID      map[int64]int32 // nil while the IDs ascend
	unordered bool
	next      int // row after the one found last
}

// find returns the number of a row, -1 if it has none.
func (x *rowIndex) find(id int64) int {
	if x.next < len(x.ids) && x.ids[x.next] == id {
		x.next++
		return x.next - 1
	}
	if x.unordered {
		at, known := x.byID[id]
		if !known {
			return -1
		}
		x.next = int(at) + 1
		return int(at)
	}
	at, known := slices.BinarySearch(x.ids, id)
	if !known {
		return -1
	}
	x.next = at + 1
	return at
}

// findOrAdd returns the number of a row, a new one if it has none.
func (x *rowIndex) findOrAdd(id int64) int {
	if at := x.find(id); at >= 0 {
		return at
	}
	n := len(x.ids)
	if !x.unordered && n > 0 && id < x.ids[n-1] {
		x.unordered = true
		x.byID = make(map[int64]int32, n+1)
		for i, known := range x.ids {
			x.byID[known] = int32(i)
		}
	}
	if x.unordered {
		x.byID[id] = int32(n)
	}
	x.ids = append(x.ids, id)
	x.next = n + 1
	return n
}
