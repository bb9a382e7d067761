package columns

import (
	"bytes"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"prism/internal/normalize"
	"prism/internal/rowid"
	"prism/internal/table"
)

// sample is what the first rows of a table say about its columns.
type sample struct {
	names      []string
	rows       int
	characters []int // in all rows, by column
	integers   []int // rows with an integer, by column
	badLines   []int64
	values     []string // the first that is not blank, by column
}

// Bounds of a sample.
const (
	sampleRows  = 200
	sampleBytes = 1 << 20
)

// takeSample reads the first rows of a table, up to the first faulty one.
func takeSample(r io.Reader, o table.Options) *sample {
	rows, err := table.NewReader(io.LimitReader(r, sampleBytes), o)
	if err != nil {
		return new(sample)
	}
	names := rows.Header().Names
	s := &sample{
		names: names, characters: make([]int, len(names)), integers: make([]int, len(names)), badLines: make([]int64, len(names)), values: make([]string, len(names)),
	}
	var text []byte
	for s.rows < sampleRows {
		rec, err := rows.Next()
		if err != nil {
			break // the end, or what the check of all rows reports
		}
		s.rows++
		for i := range names {
			text = rec.Text(text[:0], i)
			s.characters[i] += utf8.RuneCount(text)
			if s.values[i] == "" && !IsBlank(string(text)) {
				s.values[i] = string(text)
			}
			if _, err := rowid.Parse(text); err == nil {
				s.integers[i]++
			} else if s.badLines[i] == 0 {
				s.badLines[i] = rec.Line
			}
		}
	}
	return s
}

// hasIntegers reports whether column i has an integer in every row.
func (s *sample) hasIntegers(i int) bool { return s.rows > 0 && s.integers[i] == s.rows }

// isMostlyText reports whether less than half of the rows have an integer in column i.
func (s *sample) isMostlyText(i int) bool { return s.integers[i] < (s.rows+1)/2 }

// longestColumn is the column with the longest texts that none of these is; -1: none has any.
func (s *sample) longestColumn(taken func(name string) bool) int {
	longest := -1
	for i, n := range s.characters {
		if n > 0 && !taken(s.names[i]) && !s.hasIntegers(i) && (longest < 0 || n > s.characters[longest]) {
			longest = i
		}
	}
	return longest
}

// Preview is what the first rows of a table say about its columns.
type Preview struct {
	Names      []string
	Values     []string // of each column the first that is not blank; empty: all are
	LikelyText int      // the column with the longest texts; -1: none has any
	sample     *sample
}

// Look reads the first rows of a table of size bytes.
func Look(f io.ReaderAt, size int64, o table.Options) *Preview {
	s := takeSample(io.NewSectionReader(f, 0, size), o)
	p := &Preview{Names: s.names, Values: s.values, sample: s}
	p.LikelyText = s.longestColumn(func(name string) bool { return name == table.RowID })
	return p
}

// HasIntegers reports whether column i has an integer in every row that was read.
func (p *Preview) HasIntegers(i int) bool { return p.sample.hasIntegers(i) }

// HasTexts reports whether column i has integers in less than half of these rows.
func (p *Preview) HasTexts(i int) bool { return p.sample.rows > 0 && p.sample.isMostlyText(i) }

// sampleNormalForm is the sample of what prism-split --normalize makes of a file, and what
// of this may be a mistake. The error is of a table that has no normal form.
func sampleNormalForm(ctx context.Context, f *table.File, o normalize.Options) (s *sample, doubts []normalize.Doubt, err error) {
	o.Note = func(string, ...any) {}
	o.Doubt = func(d normalize.Doubt) { doubts = append(doubts, d) }
	var head headWriter
	if err := normalize.Convert(ctx, f, &head, o); err != nil && !errors.Is(err, errEnough) {
		return nil, nil, err
	}
	return takeSample(&head.b, table.Options{Name: f.Name, Format: table.CSV}), doubts, nil
}

// headWriter keeps the beginning of what is written.
type headWriter struct{ b bytes.Buffer }

var errEnough = errors.New("enough")

func (w *headWriter) Write(b []byte) (int, error) {
	w.b.Write(b)
	if w.b.Len() < sampleBytes {
		return len(b), nil
	}
	return 0, errEnough
}
