// Package extsort sorts raw records by a key and merges sorted sequences of
// them, in bounded memory. It knows bytes and keys; where records come from,
// what a key means and what equal keys mean to the caller is left to others.
package extsort

import (
	"bytes"
	"context"
	"encoding/binary"
)

// Batch is consecutive items of a sequence. An item is the bytes of a record
// as they are to be written, line ending included; none is empty.
//
// Where the keys of a sequence are whole, an item's key says all about its
// order. Else it is the first bytes of a longer key, which stands before the
// record within the item: see AppendKeyed.
type Batch struct {
	Data  []byte
	Keys  []uint64
	Items []Span

	distinct bool // no two keys are equal, by Order.Ascends
}

// Span is where an item is in its batch: Data[From:To].
type Span struct{ From, To uint32 }

// Reset empties the batch; its memory is used again.
func (b *Batch) Reset() { b.Data, b.Keys, b.Items = b.Data[:0], b.Keys[:0], b.Items[:0] }

// dense reports whether nothing lies between the first n items.
func (b *Batch) dense(n int) bool {
	for i := 1; i < n; i++ {
		if b.Items[i].From != b.Items[i-1].To {
			return false
		}
	}
	return true
}

func (b *Batch) item(i int) []byte { return b.Data[b.Items[i].From:b.Items[i].To] }

// Sorted reports whether the batch's keys never get less.
func (b *Batch) Sorted(long bool) bool {
	var order Order
	return order.Ascends(b, long)
}

// Run is a sorted sequence: a call gives its items, in batches of about so many
// bytes, to yield. A batch belongs to yield until it returns; yield may keep
// b.Data, b.Keys and b.Items if it puts others in their place.
type Run func(ctx context.Context, bytes int, yield func(*Batch) error) error

const keySize = 4 // bytes of the length of a long key

// AppendKeyed appends an item with a long key to the batch. The key's bytes
// compare as the records are to be ordered.
func (b *Batch) AppendKeyed(key, record []byte) {
	from := len(b.Data)
	b.Data = binary.LittleEndian.AppendUint32(b.Data, uint32(len(key)))
	b.Data = append(append(b.Data, key...), record...)
	b.Keys = append(b.Keys, prefix(key))
	b.Items = append(b.Items, Span{uint32(from), uint32(len(b.Data))})
}

// Append appends an item whose key is whole.
func (b *Batch) Append(key uint64, record []byte) {
	from := len(b.Data)
	b.Data = append(b.Data, record...)
	b.Keys = append(b.Keys, key)
	b.Items = append(b.Items, Span{uint32(from), uint32(len(b.Data))})
}

// prefix is the first eight bytes of a key, in an order that agrees with that
// of the keys.
func prefix(key []byte) uint64 {
	var first [8]byte
	copy(first[:], key)
	return binary.BigEndian.Uint64(first[:])
}

// longKey is the key that stands before the record of an item.
func longKey(item []byte) []byte {
	n := binary.LittleEndian.Uint32(item)
	return item[keySize : keySize+n]
}

// content is the record of an item with a long key.
func content(item []byte) []byte {
	return item[keySize+binary.LittleEndian.Uint32(item):]
}

func compareLong(a, b []byte) int { return bytes.Compare(longKey(a), longKey(b)) }
