package stats

import (
	"encoding/binary"
	"hash/maphash"

	"prism/internal/table"
)

// key tells tokens apart: those of at most 16 bytes for sure, by all their
// bytes. Longer ones, whose bytes others may choose so that they meet, have a
// seeded hash and must be compared.
type key struct {
	head, tail uint64
	size       int32 // of the token in bytes; -1: absent
}

const wholeKey = 16 // bytes of the longest token that a key holds

func keyOf(data []byte, s table.Span, seed maphash.Seed) key {
	if s.From < 0 {
		return key{size: -1}
	}
	n := s.To - s.From
	switch {
	case n > wholeKey:
		return key{maphash.Bytes(seed, data[s.From:s.To]), 0, n}
	case len(data)-int(s.From) >= wholeKey:
		return shortKey(data[s.From:s.From+wholeKey], n)
	default:
		var b [wholeKey]byte
		copy(b[:], data[s.From:s.To])
		return shortKey(b[:], n)
	}
}

// shortKey is the key of the first n of 16 bytes.
func shortKey(b []byte, n int32) key {
	head, tail := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return key{head & (1<<(8*uint(n)) - 1), tail & (1<<(8*uint(max(n-8, 0))) - 1), n}
}

func (k key) hash() uint32 {
	h := (k.head^uint64(k.size))*0x9e3779b97f4a7c15 ^ (k.tail+uint64(k.size))*0xc2b2ae3d27d4eb4f
	return uint32(h>>32) ^ uint32(h>>15)
}

// is tells whether a token with this key, at a span of the block, is the slot's.
func (s *slot) is(k key, b *table.Block, at table.Span) bool {
	return s.key == k && (k.size <= wholeKey || string(b.Token(s.span)) == string(b.Token(at)))
}

// holds tells the same without a key, quickly where it is a longer token that
// is repeated; it may say no where it is.
func (s *slot) holds(b *table.Block, at table.Span) bool {
	size := at.To - at.From
	return size > wholeKey && size == s.key.size && string(b.Token(s.span)) == string(b.Token(at))
}
