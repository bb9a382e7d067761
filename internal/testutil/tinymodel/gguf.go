package tinymodel

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// ggufAlign is the multiple of bytes at which tensors start.
const ggufAlign = 32

// Type numbers of the GGUF format, version 3.
const (
	ggufUint32  = 4
	ggufInt32   = 5
	ggufFloat32 = 6
	ggufBool    = 7
	ggufString  = 8
	ggufArray   = 9
)

// ggufFile is the content of a GGUF file: key-values, then tensors of float32.
type ggufFile struct {
	keys    []keyValue
	tensors []tensor
}

// keyValue holds a uint32, float32, bool, string, []string or []int32.
type keyValue struct {
	key   string
	value any
}

// tensor holds rows × columns numbers, row by row. rows is 0 for a vector.
type tensor struct {
	name       string
	rows, cols int
	data       []float32
}

// ggufWriter keeps the first error, so that the format reads in one piece.
type ggufWriter struct {
	out    *bufio.Writer
	offset int64
	err    error
}

func (f *ggufFile) write(w io.Writer) error {
	g := &ggufWriter{out: bufio.NewWriter(w)}
	g.raw([]byte("GGUF"))
	g.number(uint32(3))
	g.number(uint64(len(f.tensors)))
	g.number(uint64(len(f.keys)))
	for _, kv := range f.keys {
		g.text(kv.key)
		g.value(kv.value)
	}
	var start int64
	for _, t := range f.tensors {
		g.tensorInfo(t, start)
		start = aligned(start + 4*int64(len(t.data)))
	}
	for _, t := range f.tensors {
		g.pad()
		g.number(t.data)
	}
	if g.err != nil {
		return g.err
	}
	return g.out.Flush()
}

func (g *ggufWriter) raw(p []byte) {
	if g.err == nil {
		_, g.err = g.out.Write(p)
		g.offset += int64(len(p))
	}
}

// number writes a number of fixed size, or a slice of such.
func (g *ggufWriter) number(v any) {
	p, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil && g.err == nil {
		g.err = err
	}
	g.raw(p)
}

func (g *ggufWriter) text(s string) {
	g.number(uint64(len(s)))
	g.raw([]byte(s))
}

// value writes the type of v and v.
func (g *ggufWriter) value(v any) {
	switch v := v.(type) {
	case uint32:
		g.number(uint32(ggufUint32))
		g.number(v)
	case float32:
		g.number(uint32(ggufFloat32))
		g.number(v)
	case bool:
		g.number(uint32(ggufBool))
		g.number(v)
	case string:
		g.number(uint32(ggufString))
		g.text(v)
	case []int32:
		g.array(ggufInt32, len(v))
		g.number(v)
	case []string:
		g.array(ggufString, len(v))
		for _, s := range v {
			g.text(s)
		}
	default:
		if g.err == nil {
			g.err = fmt.Errorf("no GGUF type for %T", v)
		}
	}
}

func (g *ggufWriter) array(elem uint32, n int) {
	g.number([]uint32{ggufArray, elem})
	g.number(uint64(n))
}

// tensorInfo describes a tensor whose data starts start bytes after the header.
// GGUF names the dimension that varies fastest first.
func (g *ggufWriter) tensorInfo(t tensor, start int64) {
	dims := []uint64{uint64(t.cols)}
	if t.rows > 0 {
		dims = append(dims, uint64(t.rows))
	}
	g.text(t.name)
	g.number(uint32(len(dims)))
	g.number(dims)
	g.number(uint32(0)) // float32
	g.number(uint64(start))
}

func (g *ggufWriter) pad() {
	g.raw(make([]byte, aligned(g.offset)-g.offset))
}

func aligned(n int64) int64 {
	return (n + ggufAlign - 1) / ggufAlign * ggufAlign
}
