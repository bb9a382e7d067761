package stats

import (
	"encoding/binary"
	"hash/maphash"

	"prism/internal/table"
)

// key tells tokens apart: those of at most 16 bytes for sure, by all their
// bytes. Longer ones, whose bytes others may choose so that they meet, have a
// seeded hash and must be compared.
type tokenKey struct {
	head, tail uint64
	size       int32 // of the token in bytes; -1: absent
}

const maxExactKey = 16 // bytes of the longest token that a key holds

func newTokenKey(data []byte, s table.Span, seed maphash.Seed) tokenKey {
	if s.From < 0 {
		return tokenKey{size: -1}
	}
	n := s.To - s.From
	switch {
	case n > maxExactKey:
		return tokenKey{maphash.Bytes(seed, data[s.From:s.To]), 0, n}
	case len(data)-int(s.From) >= maxExactKey:
		return newShortKey(data[s.From:s.From+maxExactKey], n)
	default:
		var b [maxExactKey]byte
		copy(b[:], data[s.From:s.To])
		return newShortKey(b[:], n)
	}
}

// shortKey is the key of the first n of 16 bytes.
func newShortKey(b []byte, n int32) tokenKey {
	head, tail := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return tokenKey{head & (1<<(8*uint(n)) - 1), tail & (1<<(8*uint(max(n-8, 0))) - 1), n}
}

func (k tokenKey) hash() uint32 {
	h := (k.head^uint64(k.size))*0x9e3779b97f4a7c15 ^ (k.tail+uint64(k.size))*0xc2b2ae3d27d4eb4f
	return uint32(h>>32) ^ uint32(h>>15)
}

// is tells whether a token with this key, at a span of the block, is the slot's.
func (s *tokenCount) matches(k tokenKey, b *table.Block, at table.Span) bool {
	return s.key == k && (k.size <= maxExactKey || string(b.Token(s.span)) == string(b.Token(at)))
}

// holds tells the same without a key, quickly where it is a longer token that
// is repeated; it may say no where it is.
func (s *tokenCount) repeats(b *table.Block, at table.Span) bool {
	size := at.To - at.From
	return size > maxExactKey && size == s.key.size && string(b.Token(s.span)) == string(b.Token(at))
}
