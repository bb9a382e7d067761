package fsutil

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum is the CRC-32C of bytes. Those of consecutive pieces can be joined, so
// that pieces may be read in parallel, and cut later. The zero value is that of
// no bytes.
type Checksum struct {
	crc    uint32
	length int64
}

// Update appends bytes to those that were summed.
func (c *Checksum) Update(b []byte) {
	c.crc = crc32.Update(c.crc, castagnoli, b)
	c.length += int64(len(b))
}

// Join is the checksum of the bytes of c followed by those of next.
func (c Checksum) Join(next Checksum) Checksum {
	return Checksum{appendZeros(c.crc, next.length) ^ next.crc, c.length + next.length}
}

// Without is the checksum of the bytes of c after those of prefix, with which they begin.
func (c Checksum) Without(prefix Checksum) Checksum {
	n := c.length - prefix.length
	return Checksum{c.crc ^ appendZeros(prefix.crc, n), n}
}

// String is the checksum as files and flags have it: crc32c: and 8 hexadecimal digits.
func (c Checksum) String() string { return fmt.Sprintf("crc32c:%08x", c.crc) }

// Len is how many bytes were summed.
func (c Checksum) Len() int64 { return c.length }

// SumRange is the checksum of bytes from up to to of f.
func SumRange(ctx context.Context, f io.ReaderAt, from, to int64) (Checksum, error) {
	var sum Checksum
	buf := make([]byte, min(256<<10, max(to-from, 0)))
	for from < to {
		if ctx.Err() != nil {
			return Checksum{}, context.Cause(ctx)
		}
		n, err := f.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		sum.Update(buf[:n])
		from += int64(n)
		if err == io.EOF && from < to {
			return Checksum{}, io.ErrUnexpectedEOF
		} else if err != nil && err != io.EOF {
			return Checksum{}, err
		}
	}
	return sum, nil
}

// bitMatrix is a linear map of the 32 bits of a CRC: column i is what bit i maps to.
type bitMatrix [32]uint32

func (m *bitMatrix) apply(v uint32) uint32 {
	var sum uint32
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

func (m *bitMatrix) square() (out bitMatrix) {
	for i := range m {
		out[i] = m.apply(m[i])
	}
	return out
}

// zeroBytes are the maps that append 2^k zero bytes to a CRC. To append a zero bit is a
// linear map of its bits (Ross Williams, A painless guide to CRC error detection
// algorithms, 1993); twice as many are that map squared.
var zeroBytes = func() (maps [63]bitMatrix) {
	m := &maps[0]
	m[0] = crc32.Castagnoli // of one zero bit
	for i := 1; i < len(m); i++ {
		m[i] = 1 << (i - 1)
	}
	for range 3 { // to a byte
		*m = m.square()
	}
	for k := 1; k < len(maps); k++ {
		maps[k] = maps[k-1].square()
	}
	return maps
}()

// appendZeros is what n zero bytes make of a CRC, but for the inversions that
// begin and end each CRC: they cancel out in Join.
func appendZeros(crc uint32, n int64) uint32 {
	for k := 0; n > 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			crc = zeroBytes[k].apply(crc)
		}
	}
	return crc
}
