package stats

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"prism/internal/prompt"
	"prism/internal/table"
)

// Example is a row with a value.
type Example struct {
	RowID int64  // its position, if the file has no column of IDs
	Text  string // at most maxExampleText characters of it
}

// Examples are rows that show what values of columns stand for, and texts of rows.
type Examples struct {
	Texts map[int64]string // of the wanted rows, by RowID
	byKey map[exampleKey]*reservoir
}

// ExampleFile is a result and the column with the texts of its rows.
type ExampleFile struct {
	*RatedFile
	TextColumn string
}

// ExampleOptions says which rows are wanted.
type ExampleOptions struct {
	IDColumn string   // RowID if empty
	Columns  []Column // whose values get examples
	Values   int      // of a column at most, the first ones
	Rows     []int64  // rows whose texts are wanted, by RowID
	Seed     uint64
}

const (
	examplesOfValue = 3
	maxExampleText  = 300 // characters
)

type exampleKey struct{ column, value string }

// Of returns the examples of a value, those drawn first in front.
func (e *Examples) Of(column, value string) []Example {
	if e == nil || e.byKey[exampleKey{column, value}] == nil {
		return nil
	}
	return e.byKey[exampleKey{column, value}].rows
}

// reservoir keeps the rows with the least ranks among those that come. As ranks are random
// numbers of the rows' places, they are a random choice, and the same whenever it is made.
type reservoir struct {
	rows  []Example
	ranks []uint64
}

// place returns where a rank belongs; false if it is not among the least.
func (r *reservoir) place(rank uint64) (int, bool) {
	if len(r.ranks) == examplesOfValue && rank >= r.ranks[examplesOfValue-1] {
		return 0, false
	}
	at, _ := slices.BinarySearch(r.ranks, rank)
	return at, true
}

func (r *reservoir) keep(at int, rank uint64, row Example) {
	r.ranks, r.rows = slices.Insert(r.ranks, at, rank), slices.Insert(r.rows, at, row)
	if len(r.ranks) > examplesOfValue {
		r.ranks, r.rows = r.ranks[:examplesOfValue], r.rows[:examplesOfValue]
	}
}

// rankOfRow is a random number of a row's place and a column (the finalizer of SplitMix64:
// G. Steele, D. Lea, C. Flood, OOPSLA 2014).
func rankOfRow(seed, row, column uint64) uint64 {
	z := (seed+1)*0xD1342543DE82EF95 + row*0x9E3779B97F4A7C15 + column*0xA0761D6478BD642F
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// ReadExamples reads files once more for a few rows of each value. Files without a column of
// texts are passed over; nil if none has one. The memory is that of the examples.
func ReadExamples(ctx context.Context, files []ExampleFile, o ExampleOptions) (*Examples, error) {
	e := &Examples{Texts: map[int64]string{}, byKey: map[exampleKey]*reservoir{}}
	for _, id := range o.Rows {
		e.Texts[id] = ""
	}
	for i := range o.Columns {
		c := &o.Columns[i]
		for _, v := range c.Values[:min(len(c.Values), o.Values)] {
			e.byKey[exampleKey{c.Name, v.Value}] = &reservoir{}
		}
	}
	found, row := false, uint64(0)
	for _, f := range files {
		s, err := newExampleScan(f, e, &o)
		if err != nil {
			return nil, err
		}
		if s == nil {
			continue
		}
		found = true
		s.row = row
		if err := s.readFile(ctx); err != nil {
			return nil, err
		}
		row = s.row
	}
	if !found {
		return nil, nil
	}
	return e, nil
}

// exampleScan reads one file.
type exampleScan struct {
	file     ExampleFile
	examples *Examples
	options  *ExampleOptions
	header   *table.Header
	cut      []int // places in the file
	text, id int   // in cut; id is -1 if there is none
	columns  []exampleColumn
	row      uint64 // over all files
}

// exampleColumn is a column with examples and where it is in a file.
type exampleColumn struct {
	name    string
	several bool
	place   int                     // in cut
	byToken map[string][]*reservoir // of a raw token, those of its values
	scratch []byte
}

// maxTokens is how many raw tokens of a column are remembered.
const maxTokens = 1 << 14

// newExampleScan returns nil if the file has no texts.
func newExampleScan(f ExampleFile, e *Examples, o *ExampleOptions) (*exampleScan, error) {
	h, err := table.ReadHeader(f.Content, f.Size, f.Options)
	if err != nil {
		return nil, err
	}
	text, id := h.Index(f.TextColumn), h.Index(orRowID(o.IDColumn))
	if text < 0 {
		return nil, nil
	}
	s := &exampleScan{file: f, examples: e, options: o, header: h, cut: []int{text}}
	if id >= 0 {
		s.cut = append(s.cut, id)
	}
	for i := range o.Columns {
		c := &o.Columns[i]
		at := h.Index(c.Name)
		if at < 0 {
			at = outputPlace(h, strings.TrimPrefix(c.Name, prompt.Validated))
		}
		if at < 0 || c.Kind == Text {
			continue
		}
		s.cut = append(s.cut, at)
		s.columns = append(s.columns, exampleColumn{name: c.Name, several: c.Kind == Labels, place: at, byToken: map[string][]*reservoir{}})
	}
	slices.Sort(s.cut)
	s.cut = slices.Compact(s.cut)
	s.text, s.id = slices.Index(s.cut, text), slices.Index(s.cut, id)
	for i := range s.columns {
		s.columns[i].place = slices.Index(s.cut, s.columns[i].place)
	}
	return s, nil
}

func orRowID(column string) string {
	if column == "" {
		return table.RowID
	}
	return column
}

func (s *exampleScan) readFile(ctx context.Context) error {
	var ids []int64
	position := int64(0)
	o := table.ScanOptions{Options: s.file.Options, Columns: s.cut}
	return table.Scan(ctx, s.file.Content, s.file.Size, s.header, o, func(b *table.Block) error {
		if ids = ids[:0]; s.id >= 0 {
			ids = b.IDs(ids, s.header.Format, s.id, len(s.cut), orRowID(s.options.IDColumn))
		}
		for k := range b.Recs {
			position++
			id := position
			if k < len(ids) {
				id = ids[k]
			}
			s.addRow(b, k, id)
		}
		return nil
	})
}

// addRow offers the k'th row of a block to the values that it has.
func (s *exampleScan) addRow(b *table.Block, k int, id int64) {
	s.row++
	spans := b.Spans[k*len(s.cut) : (k+1)*len(s.cut)]
	if len(s.examples.Texts) > 0 {
		if _, wanted := s.examples.Texts[id]; wanted {
			s.examples.Texts[id] = s.textOf(b.Token(spans[s.text]))
		}
	}
	for i := range s.columns {
		c := &s.columns[i]
		rank := rankOfRow(s.options.Seed, s.row, uint64(i))
		for _, r := range c.reservoirsOf(s.examples, b.Token(spans[c.place]), s.header.Format) {
			if at, ok := r.place(rank); ok {
				r.keep(at, rank, Example{id, s.textOf(b.Token(spans[s.text]))})
			}
		}
	}
}

// reservoirsOf returns those of the values of a raw token.
func (c *exampleColumn) reservoirsOf(e *Examples, token []byte, form table.Format) []*reservoir {
	found, known := c.byToken[string(token)]
	if known {
		return found
	}
	c.scratch = table.AppendText(c.scratch[:0], form, token)
	values := []string{string(c.scratch)}
	if c.several {
		values = splitLabels(values[0])
	}
	for i, v := range values {
		if r := e.byKey[exampleKey{c.name, v}]; r != nil && !slices.Contains(values[:i], v) {
			found = append(found, r)
		}
	}
	if len(c.byToken) < maxTokens {
		c.byToken[string(token)] = found
	}
	return found
}

// textOf is the start of the text of a raw token, on one line.
func (s *exampleScan) textOf(token []byte) string {
	const enough = 8 * maxExampleText // bytes: characters with escapes
	if s.header.Format != table.JSONL && len(token) > 2*enough {
		token = token[:2*enough] // quotes within are doubled
	}
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(table.AppendText(nil, s.header.Format, token)), "")), " ")
	if utf8.RuneCountInString(text) > maxExampleText {
		text = string([]rune(text)[:maxExampleText-1]) + "…"
	}
	return text
}
