package cache

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key stands for all that an answer depends on: the question, which is the same for all rows of
// a run, and the content of one row. Keys are equal if and only if these are byte-identical.
type Key [sha256.Size]byte

// KeyMaker makes the keys of the rows of one question. It is not for concurrent use.
type KeyMaker struct {
	question Key
	buf      []byte
}

// NewKeyMaker returns the maker of the keys of a question, which is the parts in their order.
func NewKeyMaker(parts ...string) *KeyMaker {
	m := &KeyMaker{}
	m.question = m.Key(parts...)
	return m
}

// Key returns the key of a row with these texts. Where one text ends counts: ("ab", "c") and
// ("a", "bc") have different keys.
func (m *KeyMaker) Key(texts ...string) Key {
	m.buf = append(m.buf[:0], m.question[:]...)
	for _, text := range texts {
		m.buf = append(binary.BigEndian.AppendUint64(m.buf, uint64(len(text))), text...)
	}
	return sha256.Sum256(m.buf)
}
