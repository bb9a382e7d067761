package rowid

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
)

const (
	pageBits = 12             // an ID without its low 12 bits is the number of its page
	pageIDs  = 1 << pageBits  // IDs that a page can hold
	listMax  = 32             // IDs of a page that are held as a list
	listSize = 64 + 2*listMax // bytes of a page that holds a list, at most, with its place in the map
	bitsSize = 64 + pageIDs/8 // bytes of a page that holds bits
)

// Set is a set of IDs. Where they lie close together it takes about a bit an ID,
// elsewhere some 70 bytes. The zero value is empty. Several goroutines may call
// Has at once as long as none changes the set.
type Set struct {
	pages  map[int64]*page
	length int64
	size   int64

	recent       *page // of the last Add
	recentNumber int64
}

// page is the IDs that differ in their low bits alone: at first a list of these
// bits, in any order, then a bit for each.
type page struct {
	list []uint16
	bits *[pageIDs / 64]uint64
}

// Add puts an ID into the set and reports whether it is new there.
func (s *Set) Add(id int64) bool {
	p := s.recent
	if number := id >> pageBits; p == nil || number != s.recentNumber {
		p = s.page(number)
	}
	low := uint16(id & (pageIDs - 1))
	if p.has(low) {
		return false
	}
	s.length++
	switch {
	case p.bits != nil:
		p.bits[low/64] |= 1 << (low % 64)
	case len(p.list) < listMax:
		p.list = append(p.list, low)
	default:
		p.bits = new([pageIDs / 64]uint64)
		for _, l := range append(p.list, low) {
			p.bits[l/64] |= 1 << (l % 64)
		}
		p.list = nil
		s.size += bitsSize - listSize
	}
	return true
}

// page finds or makes the page of a number.
func (s *Set) page(number int64) *page {
	p := s.pages[number]
	if p == nil {
		if s.pages == nil {
			s.pages = map[int64]*page{}
		}
		p = &page{}
		s.pages[number] = p
		s.size += listSize
	}
	s.recent, s.recentNumber = p, number
	return p
}

// Has reports whether an ID is in the set.
func (s *Set) Has(id int64) bool {
	p := s.pages[id>>pageBits]
	return p != nil && p.has(uint16(id&(pageIDs-1)))
}

func (p *page) has(low uint16) bool {
	if p.bits != nil {
		return p.bits[low/64]&(1<<(low%64)) != 0
	}
	return slices.Contains(p.list, low)
}

// Remove takes an ID out of the set, if it is there.
func (s *Set) Remove(id int64) {
	p := s.pages[id>>pageBits]
	low := uint16(id & (pageIDs - 1))
	if p == nil || !p.has(low) {
		return
	}
	s.length--
	if p.bits != nil {
		p.bits[low/64] &^= 1 << (low % 64)
		return
	}
	i := slices.Index(p.list, low)
	p.list[i] = p.list[len(p.list)-1]
	p.list = p.list[:len(p.list)-1]
}

// Len is the number of IDs in the set.
func (s *Set) Len() int64 { return s.length }

// Size is about how many bytes of memory the set takes.
func (s *Set) Size() int64 { return s.size }

// All gives the IDs of the set in ascending order.
func (s *Set) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, number := range slices.Sorted(maps.Keys(s.pages)) {
			for low := range s.pages[number].all() {
				if !yield(number<<pageBits | int64(low)) {
					return
				}
			}
		}
	}
}

// all gives the low bits of the IDs of a page in ascending order.
func (p *page) all() iter.Seq[uint16] {
	if p.bits == nil {
		return slices.Values(slices.Sorted(slices.Values(p.list)))
	}
	return func(yield func(uint16) bool) {
		for i, word := range p.bits {
			for ; word != 0; word &= word - 1 {
				if !yield(uint16(i*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
