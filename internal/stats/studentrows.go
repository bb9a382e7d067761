package stats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/student"
	"prism/internal/table"
)

// goldWeight is how much a row that people labelled weighs in training, against one that a
// model labelled.
const goldWeight = 3

// StudentOptions says how to train a student.
type StudentOptions struct {
	Schema  *prompt.Schema
	Columns job.InputColumns
	Seed    uint64
	Target  float64 // share of rows above the threshold that are to be right
}

// StudentRows are rows of results to train a student on. All are in memory.
type StudentRows struct {
	options StudentOptions
	inputs  student.Inputs
	sample  student.Sample // Values as people said, else as the model did
	model   [][]string     // columns × rows: as the model said
	gold    [][]string     // columns × rows: as people said, "" with known false; nil: there is no gold
	known   [][]bool       // columns × rows: people said it
	weights []float64      // by row, of gold: rows that it stands for; 0: it is not gold
	sums    []string       // of the files, SHA-256 in hex

	rowOf      map[int64]int
	PassedOver int64 // rows of a student, blank ones and those without labels
	GoldRows   int64 // rows of gold
	Missing    int64 // of these, those that no result has
	MissingIDs []int64
	IsPicked   bool // gold says of its rows why they were chosen
}

// ReadStudentRows reads the rows of results and, where gold is not nil, what people say of them. Bad
// input is an *table.Error or a *MissingColumnError.
func ReadStudentRows(ctx context.Context, gold *RatedFile, results []*RatedFile, o StudentOptions) (*StudentRows, error) {
	n := len(o.Schema.Columns)
	t := &StudentRows{options: o, model: make([][]string, n), rowOf: map[int64]int{}}
	t.sample.Values = make([][]string, n)
	ids := table.UniqueIDs{Column: o.Columns.ID()}
	for i, f := range results {
		if err := f.readHeader(o.Columns.ID()); err != nil {
			return nil, err
		}
		if err := t.checkInputs(f, i == 0); err != nil {
			return nil, err
		}
		if err := t.readResult(ctx, f, &ids); err != nil {
			return nil, err
		}
	}
	t.weights = make([]float64, len(t.sample.Rows))
	for range t.sample.Rows {
		t.sample.Weight = append(t.sample.Weight, 1)
	}
	if gold == nil {
		return t, nil
	}
	if err := gold.readHeader(o.Columns.ID()); err != nil {
		return nil, err
	}
	return t, t.readGold(ctx, gold)
}

// checkInputs finds the columns to read in the first file, and makes sure that the others have the same.
func (t *StudentRows) checkInputs(f *RatedFile, isFirst bool) error {
	h := ratedHeader{f.Options.Name, f.header}
	lacks := &MissingColumnError{}
	in, missing := student.FindInputs(h.Names, t.options.Schema, t.options.Columns)
	for _, name := range missing {
		lacks.add(h, name)
	}
	for i := range t.options.Schema.Columns {
		if name := t.options.Schema.Columns[i].Name; student.Knows(t.options.Schema, i) && outputPlace(h.Header, name) < 0 {
			lacks.add(h, name)
		}
	}
	switch {
	case len(lacks.errs) > 0:
		return lacks
	case isFirst:
		t.inputs = in
	case !in.Equal(&t.inputs):
		return &table.Error{File: h.name, Line: 1, Msg: "the columns to read (text, title, sentiment, context) are not those of the first file"}
	}
	return nil
}

// readRecords calls take with each record of a file, and keeps the checksum of the file.
func (t *StudentRows) readRecords(ctx context.Context, f *RatedFile, take func(*table.Record) error) error {
	sum := sha256.New()
	r, err := table.NewReader(io.TeeReader(io.NewSectionReader(f.Content, 0, f.Size), sum), f.Options)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			t.sums = append(t.sums, hex.EncodeToString(sum.Sum(nil)))
			return nil
		}
		if err == nil {
			err = rec.CheckUTF8(f.Options.Name)
		}
		if err == nil {
			err = take(rec)
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// readResult adds the rows of a result.
func (t *StudentRows) readResult(ctx context.Context, f *RatedFile, ids *table.UniqueIDs) error {
	names := f.header.Names
	places := t.inputs.Find(names, t.options.Columns.ID())
	labelled := t.placesOf(f)
	by := []int{f.header.Index(override.LabelledBy), f.header.Index(modelColumn)}
	text := func(rec *table.Record, at int) string {
		if at < 0 {
			return ""
		}
		return string(rec.Text(nil, at))
	}
	return t.readRecords(ctx, f, func(rec *table.Record) error {
		id, err := ids.Add(f.Options.Name, rec.Line, rec.Text(nil, places.ID))
		if err != nil {
			return err
		}
		cells, any := make([]string, len(labelled)), false
		for i, at := range labelled {
			if cells[i] = text(rec, at); t.options.Schema.Columns[i].Type == prompt.TypeLabels {
				cells[i] = joinJSONLabels(cells[i])
			}
			any = any || cells[i] != ""
		}
		m := prompt.Mention{RowID: id, Message: text(rec, places.Text), Title: text(rec, places.Title), Sentiment: text(rec, places.Sentiment)}
		if student.IsBy(text(rec, by[0]), text(rec, by[1])) || !any || columns.IsBlank(m.Message) && columns.IsBlank(m.Title) {
			t.PassedOver++
			return nil
		}
		for _, at := range places.Context {
			m.Context = append(m.Context, prompt.ContextLine{Text: text(rec, at)})
		}
		t.rowOf[id] = len(t.sample.Rows)
		t.sample.Rows = append(t.sample.Rows, m)
		for i, cell := range cells {
			cell = student.Cell(t.options.Schema, i, cell)
			t.model[i] = append(t.model[i], cell)
			t.sample.Values[i] = append(t.sample.Values[i], cell)
		}
		return nil
	})
}

// placesOf are the places of the columns to code in a file, -1 for one that it lacks.
func (t *StudentRows) placesOf(f *RatedFile) (places []int) {
	for i := range t.options.Schema.Columns {
		places = append(places, outputPlace(f.header, t.options.Schema.Columns[i].Name))
	}
	return places
}

// readGold takes what people said of the rows. An empty cell says nothing.
func (t *StudentRows) readGold(ctx context.Context, gold *RatedFile) error {
	s, h := t.options.Schema, gold.header
	t.IsPicked = h.Index(Why) >= 0
	for range s.Columns {
		t.gold = append(t.gold, make([]string, len(t.sample.Rows)))
		t.known = append(t.known, make([]bool, len(t.sample.Rows)))
	}
	places, id, probability := t.placesOf(gold), h.Index(t.options.Columns.ID()), h.Index(InclusionProbability)
	ids := table.UniqueIDs{Column: t.options.Columns.ID()}
	return t.readRecords(ctx, gold, func(rec *table.Record) error {
		rowID, err := ids.Add(gold.Options.Name, rec.Line, rec.Text(nil, id))
		if err != nil {
			return err
		}
		weight := 1.0
		if probability >= 0 {
			fault := ""
			if weight, fault = parseWeight(string(rec.Text(nil, probability))); fault != "" {
				return &table.Error{File: gold.Options.Name, Line: rec.Line, Msg: fault}
			}
		}
		t.GoldRows++
		row, has := t.rowOf[rowID]
		if !has {
			if t.Missing++; len(t.MissingIDs) < maxMissingIDs {
				t.MissingIDs = append(t.MissingIDs, rowID)
			}
			return nil
		}
		for i, at := range places {
			if at < 0 {
				continue
			}
			if typed := strings.TrimSpace(string(rec.Text(nil, at))); typed != "" {
				t.setGold(i, row, typed, weight)
			}
		}
		return nil
	})
}

// setGold takes what people said of a column of a row: a value of the codebook as results have it.
func (t *StudentRows) setGold(column, row int, typed string, weight float64) {
	s := t.options.Schema
	cell, err := s.ParseTyped(&s.Columns[column], typed, false)
	if err != nil {
		cell = typed // no student gives it
	}
	cell = student.Cell(s, column, cell)
	t.gold[column][row], t.known[column][row] = cell, true
	t.sample.Values[column][row] = cell
	t.sample.Weight[row] = goldWeight
	t.weights[row] = weight
}
