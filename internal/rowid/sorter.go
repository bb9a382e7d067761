// Package rowid answers questions about many integer IDs in bounded memory:
// which came twice, which are missing. It knows IDs and the places they were
// seen at, nothing of files or records.
package rowid

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

// Pair is an ID and where it was seen.
type Pair struct{ ID, Place int64 }

func comparePairs(a, b Pair) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Place, b.Place))
}

const (
	pairSize = 16
	maxPairs = 512 << 10 // held in memory by a Sorter: 8 MiB
)

// Sorter sorts pairs by ID, then place. What does not fit into its memory waits
// in a temporary file, in sorted runs. The zero value is ready.
type Sorter struct {
	pairs []Pair
	limit int // pairs in memory; 0: maxPairs
	runs  []int64
	tmp   *os.File
}

// Add takes a pair.
func (s *Sorter) Add(p Pair) error {
	s.pairs = append(s.pairs, p)
	limit := s.limit
	if limit == 0 {
		limit = maxPairs
	}
	if len(s.pairs) < limit {
		return nil
	}
	return s.spill()
}

func (s *Sorter) spill() error {
	if s.tmp == nil {
		f, err := os.CreateTemp("", "prism-ids-*.tmp")
		if err != nil {
			return err
		}
		s.tmp = f
		if runtime.GOOS != "windows" {
			os.Remove(f.Name()) // the open file stays until it is closed, however the process ends
		}
	}
	slices.SortFunc(s.pairs, comparePairs)
	w := bufio.NewWriterSize(s.tmp, 256<<10)
	var b [pairSize]byte
	for _, p := range s.pairs {
		binary.LittleEndian.PutUint64(b[:], uint64(p.ID))
		binary.LittleEndian.PutUint64(b[8:], uint64(p.Place))
		if _, err := w.Write(b[:]); err != nil {
			return fmt.Errorf("write a temporary file: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	s.runs = append(s.runs, int64(len(s.pairs)))
	s.pairs = s.pairs[:0]
	return nil
}

// Each calls yield with every pair in order. It may be called once, after the last Add.
func (s *Sorter) Each(yield func(Pair) error) error {
	slices.SortFunc(s.pairs, comparePairs)
	sources := []*run{{pairs: s.pairs}}
	at := int64(0)
	for _, n := range s.runs {
		sources = append(sources, &run{src: io.NewSectionReader(s.tmp, at, n*pairSize)})
		at += n * pairSize
	}
	for i := len(sources) - 1; i >= 0; i-- {
		if err := sources[i].fill(); err != nil {
			return err
		}
		if len(sources[i].pairs) == 0 {
			sources = slices.Delete(sources, i, i+1)
		}
	}
	for i := len(sources)/2 - 1; i >= 0; i-- {
		sift(sources, i)
	}
	for len(sources) > 0 {
		top := sources[0]
		if err := yield(top.pairs[0]); err != nil {
			return err
		}
		top.pairs = top.pairs[1:]
		if err := top.fill(); err != nil {
			return err
		}
		if len(top.pairs) == 0 {
			last := len(sources) - 1
			sources[0] = sources[last]
			sources = sources[:last]
		}
		sift(sources, 0)
	}
	return nil
}

// Close gives up the temporary file.
func (s *Sorter) Close() error {
	if s.tmp == nil {
		return nil
	}
	err := s.tmp.Close()
	if runtime.GOOS == "windows" {
		err = errors.Join(err, os.Remove(s.tmp.Name()))
	}
	s.tmp = nil
	return err
}

// run is a sorted run: pairs in memory, then those of src.
type run struct {
	pairs []Pair
	src   *io.SectionReader
	buf   []Pair
	raw   []byte
}

const runBuffer = 2048 // pairs read at once

func (r *run) fill() error {
	if len(r.pairs) > 0 || r.src == nil {
		return nil
	}
	if r.raw == nil {
		r.raw, r.buf = make([]byte, runBuffer*pairSize), make([]Pair, runBuffer)
	}
	n, err := io.ReadFull(r.src, r.raw)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	r.pairs = r.buf[:n/pairSize]
	for i := range r.pairs {
		b := r.raw[i*pairSize:]
		r.pairs[i] = Pair{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))}
	}
	return nil
}

// sift moves heap[i] down to where its first pair belongs.
func sift(heap []*run, i int) {
	for {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(heap) && comparePairs(heap[c].pairs[0], heap[least].pairs[0]) < 0 {
				least = c
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}
