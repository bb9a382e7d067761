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

func (f *ggufFile) encode(w io.Writer) error {
	g := &ggufWriter{out: bufio.NewWriter(w)}
	g.writeBytes([]byte("GGUF"))
	g.writeNumber(uint32(3))
	g.writeNumber(uint64(len(f.tensors)))
	g.writeNumber(uint64(len(f.keys)))
	for _, kv := range f.keys {
		g.writeString(kv.key)
		g.writeValue(kv.value)
	}
	var start int64
	for _, t := range f.tensors {
		g.writeTensorInfo(t, start)
		start = alignUp(start + 4*int64(len(t.data)))
	}
	for _, t := range f.tensors {
		g.writePadding()
		g.writeNumber(t.data)
	}
	if g.err != nil {
		return g.err
	}
	return g.out.Flush()
}

func (g *ggufWriter) writeBytes(p []byte) {
	if g.err == nil {
		_, g.err = g.out.Write(p)
		g.offset += int64(len(p))
	}
}

// writeNumber writes a number of fixed size, or a slice of such.
func (g *ggufWriter) writeNumber(v any) {
	p, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil && g.err == nil {
		g.err = err
	}
	g.writeBytes(p)
}

func (g *ggufWriter) writeString(s string) {
	g.writeNumber(uint64(len(s)))
	g.writeBytes([]byte(s))
}

// writeValue writes the type of v and v.
func (g *ggufWriter) writeValue(v any) {
	switch v := v.(type) {
	case uint32:
		g.writeNumber(uint32(ggufUint32))
		g.writeNumber(v)
	case float32:
		g.writeNumber(uint32(ggufFloat32))
		g.writeNumber(v)
	case bool:
		g.writeNumber(uint32(ggufBool))
		g.writeNumber(v)
	case string:
		g.writeNumber(uint32(ggufString))
		g.writeString(v)
	case []int32:
		g.writeArrayHead(ggufInt32, len(v))
		g.writeNumber(v)
	case []string:
		g.writeArrayHead(ggufString, len(v))
		for _, s := range v {
			g.writeString(s)
		}
	default:
		if g.err == nil {
			g.err = fmt.Errorf("unsupported GGUF type %T", v)
		}
	}
}

func (g *ggufWriter) writeArrayHead(elem uint32, n int) {
	g.writeNumber([]uint32{ggufArray, elem})
	g.writeNumber(uint64(n))
}

// writeTensorInfo describes a tensor whose data starts start bytes after the header.
// GGUF names the dimension that varies fastest first.
func (g *ggufWriter) writeTensorInfo(t tensor, start int64) {
	dims := []uint64{uint64(t.cols)}
	if t.rows > 0 {
		dims = append(dims, uint64(t.rows))
	}
	g.writeString(t.name)
	g.writeNumber(uint32(len(dims)))
	g.writeNumber(dims)
	g.writeNumber(uint32(0)) // float32
	g.writeNumber(uint64(start))
}

func (g *ggufWriter) writePadding() {
	g.writeBytes(make([]byte, alignUp(g.offset)-g.offset))
}

func alignUp(n int64) int64 {
	return (n + ggufAlign - 1) / ggufAlign * ggufAlign
}
