package cache

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"prism/internal/reply"
)

// An answer is stored as
//
//	gate      1 byte: 1 if the gate says NOT_APPLICABLE
//	values    their number, then each with its length
//	organic   the number of organic labels, then column and label of each with their lengths
//	shares    confidence and agreement, each a byte that is 0 if there are none, else 1 and 8 bytes a value;
//	          left out where there are neither
//
// where numbers are varints. The checksum is over the key and these bytes, so that what damage
// moved to another key does not fit.

// appendAnswer appends the stored form of a row's answer.
func appendAnswer(dst []byte, r *reply.Row) []byte {
	gate := byte(0)
	if r.Gate {
		gate = 1
	}
	dst = binary.AppendUvarint(append(dst, gate), uint64(len(r.Values)))
	for _, v := range r.Values {
		dst = appendText(dst, v)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Organic)))
	for _, o := range r.Organic {
		dst = appendText(appendText(dst, o.Column), o.Label)
	}
	if r.Confidence != nil || r.Agreement != nil {
		dst = appendShares(appendShares(dst, r.Confidence), r.Agreement)
	}
	return dst
}

func appendShares(dst []byte, shares []float64) []byte {
	if shares == nil {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	for _, v := range shares {
		dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

var errBadAnswer = errors.New("invalid answer")

// readAnswer reads the stored form of the answer of a row with so many columns. The row
// has no RowID, and shares no memory with data.
func readAnswer(data []byte, columns int) (reply.Row, error) {
	in := answerReader{rest: string(data)}
	var r reply.Row
	switch in.readByte() {
	case 0:
	case 1:
		r.Gate = true
	default:
		return reply.Row{}, errBadAnswer
	}
	if n := in.readNumber(); in.failed || n != columns {
		return reply.Row{}, errBadAnswer
	}
	r.Values = make([]string, columns)
	for i := range r.Values {
		r.Values[i] = in.readText()
	}
	for range in.readNumber() {
		r.Organic = append(r.Organic, reply.Label{Column: in.readText(), Label: in.readText()})
		if in.failed {
			break
		}
	}
	if in.rest != "" {
		r.Confidence, r.Agreement = in.readShares(columns), in.readShares(columns)
		in.failed = in.failed || r.Confidence == nil && r.Agreement == nil
	}
	if in.failed || in.rest != "" {
		return reply.Row{}, errBadAnswer
	}
	return r, nil
}

// answerReader takes an answer apart. After a fault everything is empty.
type answerReader struct {
	rest   string
	failed bool
}

func (in *answerReader) readByte() byte {
	if in.failed || in.rest == "" {
		in.failed = true
		return 0
	}
	b := in.rest[0]
	in.rest = in.rest[1:]
	return b
}

// readNumber reads a varint in its shortest form, which is at most what is left: whatever it
// counts takes a byte or more.
func (in *answerReader) readNumber() int {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := in.readByte()
		if in.failed || shift > 56 || b == 0 && shift > 0 {
			in.failed = true
			return 0
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if n > uint64(len(in.rest)) {
		in.failed = true
		return 0
	}
	return int(n)
}

func (in *answerReader) readText() string {
	n := in.readNumber()
	if in.failed {
		return ""
	}
	text := in.rest[:n]
	in.rest = in.rest[n:]
	return text
}

// readShares reads the confidence or the agreement of so many values.
func (in *answerReader) readShares(columns int) []float64 {
	switch in.readByte() {
	case 0:
		return nil
	case 1:
	default:
		in.failed = true
		return nil
	}
	shares := make([]float64, columns)
	for i := range shares {
		bits := uint64(0)
		for range 8 {
			bits = bits<<8 | uint64(in.readByte())
		}
		shares[i] = math.Float64frombits(bits)
	}
	return shares
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of an answer at its key.
func checksum(key *Key, answer []byte) int64 {
	return int64(crc32.Update(crc32.Checksum(key[:], castagnoli), castagnoli, answer))
}
