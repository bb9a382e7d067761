package rowid

import "math"

// Unique finds IDs that come twice, given the least and the greatest of all.
type Unique struct {
	Least, Greatest int64

	bits    *Bitmap
	sorter  Sorter
	started bool
}

// Add takes an ID with its place, in ascending order of places. It may tell at
// once that the ID was there; if it never does, First must be asked.
func (u *Unique) Add(p Pair) (known bool, err error) {
	if !u.started {
		u.started = true
		u.bits = NewBitmap(u.Least, u.Greatest)
	}
	if u.bits != nil {
		return u.bits.Add(p.ID), nil
	}
	return false, u.sorter.Add(p)
}

// First is the first pair by place whose ID an earlier place has, as far as Add
// did not tell. Its Place is 0 if there is none.
func (u *Unique) First() (Pair, error) {
	first := Pair{Place: math.MaxInt64}
	last := Pair{}
	n := 0
	err := u.sorter.Each(func(p Pair) error {
		if n > 0 && p.ID == last.ID && p.Place < first.Place {
			first = p
		}
		last, n = p, n+1
		return nil
	})
	if first.Place == math.MaxInt64 {
		first = Pair{}
	}
	return first, err
}

// Close gives up temporary files.
func (u *Unique) Close() error { return u.sorter.Close() }
