package stats

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// SampleOptions says what to draw.
type SampleOptions struct {
	Rows     int64
	By       string         // column whose values are the strata; "confidence", or a confidence column; empty: no strata
	Schema   *prompt.Schema // its columns are those to label; nil: see Columns
	Columns  []string       // columns to label; empty without a schema: all but RowID, Title and Message
	IDColumn string         // RowID if empty
	Seed     uint64
	Format   table.Format // of what is written; CSV if zero
}

// NoInputColumnsError reports that nothing tells which columns are of the input.
type NoInputColumnsError struct{ File string }

func (e *NoInputColumnsError) Error() string {
	return e.File + " has no column Message, so it is unknown which columns people need and which they label"
}

// Sample is what WriteSample wrote.
type Sample struct {
	Rows         int64
	Strata       []SampledStratum
	ByConfidence bool     // strata are of how sure the model was
	Notes        []string // what people should know, a line each
}

// SampledStratum is a stratum, its rows and how many of them were drawn.
type SampledStratum struct {
	Name        string
	Rows, Drawn int64
}

// WriteSample draws rows of results, which are parts of one, and writes them as CSV: the
// columns of the input, those to label without their values, so that people judge for
// themselves, the stratum and the probability with which a row was drawn.
func WriteSample(ctx context.Context, results []*RatedFile, o SampleOptions, out io.Writer) (Sample, error) {
	w := &sampleWriter{options: o, out: out, keys: map[string]int32{}}
	for _, f := range results {
		if err := f.readHeader(w.idColumn()); err != nil {
			return Sample{}, err
		}
		if _, err := table.Check(ctx, f.Content, f.Size, table.CheckOptions{Options: f.Options, IDColumn: o.IDColumn, NoSum: true}); err != nil {
			return Sample{}, err
		}
	}
	if err := w.planColumns(results[0]); err != nil {
		return Sample{}, err
	}
	drawn, err := w.allocateRows(ctx, results)
	if err != nil {
		return Sample{}, err
	}
	w.sample = newSample(w.sizes, drawn, o.Seed)
	if _, err := out.Write(w.encoder.Header(nil)); err != nil {
		return Sample{}, err
	}
	for _, f := range results {
		if err := w.writeDrawn(ctx, f); err != nil {
			return Sample{}, err
		}
	}
	s := Sample{Rows: w.written, ByConfidence: w.confidences != nil, Notes: w.notes}
	for i, name := range w.names {
		s.Strata = append(s.Strata, SampledStratum{name, w.sizes[i], drawn[i]})
	}
	return s, nil
}

// allocateRows counts the strata, and tells how many rows of each to draw.
func (w *sampleWriter) allocateRows(ctx context.Context, results []*RatedFile) ([]int64, error) {
	count := w.countStrata
	if w.confidences != nil {
		count = w.readConfidences
	}
	for _, f := range results {
		if err := count(ctx, f); err != nil {
			return nil, err
		}
	}
	if w.confidences != nil {
		w.stratifyByConfidence()
	}
	if len(w.sizes) == 0 {
		w.names, w.sizes = []string{""}, []int64{0}
	}
	if w.needs != nil {
		return allocateByNeed(w.sizes, w.needs, w.options.Rows, min(leastOfStratum, w.options.Rows)), nil
	}
	var all int64
	for _, size := range w.sizes {
		all += size
	}
	if n := int64(len(w.sizes)); w.options.Rows < min(n, all) {
		return nil, &TooFewForStrataError{w.options.Rows, n}
	}
	return allocateSample(w.sizes, w.options.Rows), nil
}

// sampleWriter reads results twice: it counts the strata, then writes what is drawn.
type sampleWriter struct {
	options SampleOptions
	out     io.Writer
	kept    []string // columns of the input
	labels  []string // columns to label
	encoder *table.Encoder

	names  []string // of strata
	sizes  []int64
	keys   map[string]int32 // strata by their values
	ofRow  []int32          // stratum of each row, in the order of the files; nil: one stratum
	sample *sample
	notes  []string

	confidences []string    // columns whose confidences are the strata; nil: they are values
	sureness    []certainty // of each row, in the order of the files
	needs       []float64   // of strata of confidences
	badRows     int64       // with a cell that is not a confidence

	at      int // row
	written int64
	record  []byte
}

func (w *sampleWriter) idColumn() string {
	if w.options.IDColumn == "" {
		return table.RowID
	}
	return w.options.IDColumn
}

// planColumns decides what to keep and what to leave empty.
func (w *sampleWriter) planColumns(f *RatedFile) error {
	h, o := f.header, &w.options
	lacks := &MissingColumnError{}
	reasoning := ""
	switch {
	case len(o.Columns) > 0:
		for _, name := range table.MatchNames(o.Columns, h.Names) {
			w.addLabelColumn(ratedHeader{f.Options.Name, h}, name, lacks)
		}
	case o.Schema != nil:
		for i := range o.Schema.Columns {
			if c := &o.Schema.Columns[i]; c.IsReasoning {
				reasoning = c.Name
			} else {
				w.addLabelColumn(ratedHeader{f.Options.Name, h}, c.Name, lacks)
			}
		}
	case h.Index("Message") < 0:
		return &NoInputColumnsError{f.Options.Name}
	default:
		for _, name := range h.Names {
			if !isDescribing(name, w.idColumn()) && h.Index(prompt.Validated+name) < 0 {
				w.labels = append(w.labels, name)
			}
		}
	}
	err := w.planStrata(f, lacks)
	if len(lacks.errs) > 0 {
		return lacks
	}
	if err != nil {
		return err
	}
	for _, name := range h.Names {
		isInput := name == w.idColumn() || slices.Contains(skippedColumns, name) || !isDescribing(name, w.idColumn())
		if isInput && !slices.Contains(w.labels, name) && (reasoning == "" || strings.TrimPrefix(name, prompt.Validated) != reasoning) {
			w.kept = append(w.kept, name)
		}
	}
	w.encoder = table.NewIDEncoder(max(o.Format, table.AnyCSV), slices.Concat(w.kept, w.labels, []string{Stratum, InclusionProbability}), w.idColumn())
	return nil
}

func (w *sampleWriter) addLabelColumn(h ratedHeader, name string, lacks *MissingColumnError) {
	if at := outputPlace(h.Header, name); at >= 0 {
		w.labels = append(w.labels, h.Names[at])
	} else {
		lacks.add(h, name)
	}
}

// scan calls visit with each block of a file.
func (w *sampleWriter) scan(ctx context.Context, f *RatedFile, cut []int, visit func(b *table.Block) error) error {
	return table.Scan(ctx, f.Content, f.Size, f.header, table.ScanOptions{Options: f.Options, Columns: cut}, visit)
}

// countStrata counts the rows of each stratum.
func (w *sampleWriter) countStrata(ctx context.Context, f *RatedFile) error {
	if w.options.By == "" {
		return w.scan(ctx, f, nil, func(b *table.Block) error {
			if len(w.sizes) == 0 {
				w.names, w.sizes = []string{""}, []int64{0}
			}
			w.sizes[0] += int64(len(b.Recs))
			return nil
		})
	}
	at := outputPlace(f.header, w.options.By)
	if at < 0 {
		return &table.Error{File: f.Options.Name, Line: 1, Msg: table.MissingColumn(f.header.Names, w.options.By)}
	}
	byToken := map[string]int32{}
	var text []byte
	return w.scan(ctx, f, []int{at}, func(b *table.Block) error {
		for i := range b.Recs {
			token := b.Token(b.Spans[i])
			stratum, known := byToken[string(token)]
			if !known {
				text = table.AppendText(text[:0], f.header.Format, token)
				var err error
				if stratum, err = w.stratumOf(string(text)); err != nil {
					return err
				}
				byToken[string(token)] = stratum
			}
			w.sizes[stratum]++
			w.ofRow = append(w.ofRow, stratum)
		}
		return nil
	})
}

func (w *sampleWriter) stratumOf(text string) (int32, error) {
	key := valueKey(text)
	at, known := w.keys[key]
	if !known {
		at = int32(len(w.names))
		if int64(at) >= max(w.options.Rows, maxDistinct) {
			return 0, &TooFewForStrataError{w.options.Rows, int64(at) + 1}
		}
		w.keys[key] = at
		w.names, w.sizes = append(w.names, term.WithoutTextMark(strings.TrimSpace(text))), append(w.sizes, 0)
	}
	return at, nil
}

// placesOf returns where a file has these columns.
func placesOf(f *RatedFile, names []string) ([]int, error) {
	var places []int
	for _, name := range names {
		at := f.header.Index(name)
		if at < 0 {
			return nil, missingFromPart(f, name)
		}
		places = append(places, at)
	}
	return places, nil
}

func missingFromPart(f *RatedFile, name string) error {
	return &table.Error{File: f.Options.Name, Line: 1, Msg: fmt.Sprintf("missing column %s, which the first file has", name)}
}

// writeDrawn writes the rows of a file that are drawn.
func (w *sampleWriter) writeDrawn(ctx context.Context, f *RatedFile) error {
	cut, err := placesOf(f, w.kept)
	if err != nil {
		return err
	}
	sorted := slices.Sorted(slices.Values(cut))
	cells := make([]table.Cell, len(w.kept)+len(w.labels)+2)
	return w.scan(ctx, f, sorted, func(b *table.Block) error {
		w.record = w.record[:0]
		for i := range b.Recs {
			stratum := int32(0)
			if w.ofRow != nil {
				stratum = w.ofRow[w.at]
			}
			w.at++
			if !w.sample.take(stratum) {
				continue
			}
			w.written++
			for k, at := range cut {
				place, _ := slices.BinarySearch(sorted, at)
				cells[k] = table.Cell{Bytes: b.Token(b.Spans[i*len(cut)+place]), Form: f.header.Format}
			}
			cells[len(cells)-2].Bytes = []byte(w.names[stratum])
			cells[len(cells)-1].Bytes = strconv.AppendFloat(nil, w.sample.probability(stratum), 'g', -1, 64)
			w.record = w.encoder.Record(w.record, cells)
		}
		_, err := w.out.Write(w.record)
		return err
	})
}
