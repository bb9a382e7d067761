package stats

import (
	"encoding/binary"
	"hash/maphash"

	"prism/internal/table"
)

// blockCounts is the counts of a block.
type blockCounts struct {
	columns     []blockColumn      // one per source; the last is the tail, if there is one
	pairs       []map[uint64]int64 // for each cross table: by the indexes of two values, the first in the upper half
	certainties []certaintySums    // for each column of certainties
}

// blockColumn is the values of a column in a block, in order of appearance, or the
// lengths of its texts. Values are found in a hash table of raw tokens.
type blockColumn struct {
	tokens      []tokenCount
	index       []int32 // open addressing: 1 + index in tokens; its length is a power of two
	rowTokens   []int32 // for each row: index in tokens
	lengthsOnly bool
	missingRows int64
	lengths     lengthSums
	scratch     []byte
}

// tokenCount is a token, its first span in the block and its rows.
type tokenCount struct {
	key  tokenKey
	span table.Span
	rows int64
}

func (c *blockColumn) reset() {
	clear(c.index)
	c.tokens, c.rowTokens, c.missingRows, c.lengths = c.tokens[:0], c.rowTokens[:0], 0, lengthSums{}
}

// countTokens counts every stride-th span.
func (c *blockColumn) countTokens(b *table.Block, spans []table.Span, stride int, seed maphash.Seed, ids bool) {
	if c.index == nil {
		c.index = make([]int32, 256)
	}
	place := int32(-1)
	for i := 0; i < len(spans); i += stride {
		s := spans[i]
		switch n := s.To - s.From; {
		case s.From >= 0 && n <= maxExactKey && int(s.From)+maxExactKey <= len(b.Data): // nearly all tokens: no calls
			k := newShortKey(b.Data[s.From:s.From+maxExactKey], n)
			at := c.index[k.hash()&uint32(len(c.index)-1)] - 1
			if at < 0 || c.tokens[at].key != k {
				at = c.findOrAddToken(b, s, k)
			}
			place = at
		case place < 0 || !c.tokens[place].repeats(b, s):
			place = c.findOrAddToken(b, s, newTokenKey(b.Data, s, seed))
		}
		c.tokens[place].rows++
		if ids {
			c.rowTokens = append(c.rowTokens, place)
		}
	}
}

// findOrAddToken returns the index of a token in tokens.
func (c *blockColumn) findOrAddToken(b *table.Block, s table.Span, k tokenKey) int32 {
	mask := uint32(len(c.index) - 1)
	at := k.hash() & mask
	for ; c.index[at] != 0; at = (at + 1) & mask {
		if place := c.index[at] - 1; c.tokens[place].matches(k, b, s) {
			return place
		}
	}
	c.tokens = append(c.tokens, tokenCount{key: k, span: s})
	c.index[at] = int32(len(c.tokens))
	if len(c.tokens)*2 > len(c.index) {
		c.growIndex()
	}
	return int32(len(c.tokens) - 1)
}

func (c *blockColumn) growIndex() {
	c.index = make([]int32, 2*len(c.index))
	mask := uint32(len(c.index) - 1)
	for i := range c.tokens {
		at := c.tokens[i].key.hash() & mask
		for c.index[at] != 0 {
			at = (at + 1) & mask
		}
		c.index[at] = int32(i + 1)
	}
}

// countLengths adds up the lengths of every stride-th span.
func (c *blockColumn) countLengths(b *table.Block, spans []table.Span, stride int, form table.Format) {
	for i := 0; i < len(spans); i += stride {
		var chars int64
		if chars, c.scratch = countCharacters(b.Token(spans[i]), form, c.scratch); chars == 0 {
			c.missingRows++
			continue
		}
		c.lengths.addLength(chars, 1)
	}
}

// matches reports whether the token at a span, with this key, is the counted one.
func (s *tokenCount) matches(k tokenKey, b *table.Block, at table.Span) bool {
	return s.key == k && (k.size <= maxExactKey || string(b.Token(s.span)) == string(b.Token(at)))
}

// repeats is a quick check for long tokens, without a key: true if the token at a
// span is the counted one; false says nothing.
func (s *tokenCount) repeats(b *table.Block, at table.Span) bool {
	size := at.To - at.From
	return size > maxExactKey && size == s.key.size && string(b.Token(s.span)) == string(b.Token(at))
}

// tokenKey identifies a token: one of at most 16 bytes exactly, by all its bytes.
// A longer one has a hash, seeded because the data may be made to collide, and must
// be compared as well.
type tokenKey struct {
	head, tail uint64
	size       int32 // of the token in bytes; -1: no such column in the record
}

const maxExactKey = 16 // bytes of the longest token that a key identifies exactly

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

// newShortKey is the key of the first n of 16 bytes.
func newShortKey(b []byte, n int32) tokenKey {
	head, tail := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return tokenKey{head & (1<<(8*uint(n)) - 1), tail & (1<<(8*uint(max(n-8, 0))) - 1), n}
}

func (k tokenKey) hash() uint32 {
	h := (k.head^uint64(k.size))*0x9e3779b97f4a7c15 ^ (k.tail+uint64(k.size))*0xc2b2ae3d27d4eb4f
	return uint32(h>>32) ^ uint32(h>>15)
}
