package student

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// A student's file, numbers being little-endian:
//
//	magic            13 bytes, then the version of the file as a digit and a newline
//	length           uint32: bytes of the header
//	header           JSON: Header
//	buckets          uint32 each, ascending
//	idf              float32 each, of the buckets
//	weights          float32 each: buckets × functions, then the offsets of the functions
//	checksum         SHA-256 of all before it
const (
	magic       = "prism-student"
	fileVersion = "1"
	wordBytes   = 4
)

// Encode returns the student's file.
func (st *Student) Encode() ([]byte, error) {
	head, err := json.Marshal(&st.Header)
	if err != nil {
		return nil, fmt.Errorf("encode the student: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(magic + fileVersion + "\n")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	b.Write(head)
	for _, bucket := range st.buckets {
		b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), bucket))
	}
	for _, numbers := range [][]float32{st.idf, st.weights} {
		for _, x := range numbers {
			b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), math.Float32bits(x)))
		}
	}
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	return b.Bytes(), nil
}
