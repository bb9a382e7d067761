package stats

import (
	"context"
	"io"
	"slices"
	"strings"

	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
)

// Why is the column of a review that says why a row was chosen.
const Why = override.Why

// ReviewOptions says which rows to choose for people to look at.
type ReviewOptions struct {
	Rows     int64
	Separate bool           // the results are of the same rows: the first is looked at, and the others may say something else
	Schema   *prompt.Schema // its columns are those to look at; nil: see Columns
	Columns  []string       // empty without a schema: all but RowID, Title and Message
	IDColumn string         // RowID if empty
	Seed     uint64         // of rows that are drawn because too few stand out
	Format   table.Format   // of what is written
}

// Review is what WriteReview wrote.
type Review struct {
	Rows  int64    // written
	Drawn int64    // of these, those in which nothing stands out
	Notes []string // what people should know, a line each
}

// WriteReview writes the rows of results that are most worth a look, the best first, at most
// as many as the options say: the columns of the input, the coded ones filled in, and why each row was
// chosen. The results are parts of one, or of the same rows.
func WriteReview(ctx context.Context, results []*RatedFile, o ReviewOptions, out io.Writer) (Review, error) {
	w := &reviewWriter{options: o, columns: sampleWriter{options: SampleOptions{Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn}}}
	for _, f := range results {
		if err := f.readHeader(w.columns.idColumn()); err != nil {
			return Review{}, err
		}
	}
	if err := w.columns.planColumns(results[0]); err != nil {
		return Review{}, err
	}
	beside := append(besideColumns(results), certaintyNames(results[0].header, w.columns.labels)...)
	ratings, err := ReadRatings(ctx, nil, results, RatingOptions{
		Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn, Separate: o.Separate, Beside: beside,
	})
	if err != nil {
		return Review{}, err
	}
	ranking := newRanking(ratings, o.Schema)
	w.chosen, w.drawn = ranking.chooseRows(o.Rows, o.Seed)
	w.records = make([][]byte, len(w.chosen))
	w.ranking = ranking
	read := results
	if o.Separate {
		read = results[:1]
	}
	names := slices.Concat(w.columns.kept, w.columns.labels, []string{Why})
	w.encoder = table.NewIDEncoder(max(o.Format, table.AnyCSV), names, w.columns.idColumn())
	for _, f := range read {
		if err := w.readChosen(ctx, f); err != nil {
			return Review{}, err
		}
	}
	if _, err := out.Write(w.encoder.Header(nil)); err != nil {
		return Review{}, err
	}
	for _, record := range w.records {
		if _, err := out.Write(record); err != nil {
			return Review{}, err
		}
	}
	return Review{Rows: int64(len(w.chosen)), Drawn: int64(len(w.chosen)) - w.drawn, Notes: slices.Concat(ratings.Notes, ranking.notes)}, nil
}

// besideColumns are columns that tell something of the labels of a row: whether people
// looked at it, who labelled it, what it says, and what the input says of it.
func besideColumns(results []*RatedFile) []string {
	names := append([]string{override.Reviewed, override.LabelledBy, modelColumn}, shownColumns...)
	for _, f := range results {
		for _, name := range f.header.Names {
			if own, ok := strings.CutPrefix(name, prompt.Validated); ok && f.header.Index(own) >= 0 && !slices.Contains(names, own) {
				names = append(names, own)
			}
		}
	}
	return names
}

// reviewWriter writes the rows of a ranking.
type reviewWriter struct {
	options ReviewOptions
	columns sampleWriter // which are kept, and which are to look at
	ranking *ranking
	chosen  []int // rows, the best first
	drawn   int64 // place in chosen from which on nothing stands out
	encoder *table.Encoder
	records [][]byte // by place in chosen
}

// cellOf is a cell as people read it: the labels of a JSON array are joined.
func (w *reviewWriter) cellOf(name string, cell table.Cell) table.Cell {
	if cell.Form != table.JSONL || w.options.Format == table.JSONL || len(cell.Bytes) == 0 || cell.Bytes[0] != '[' || !slices.Contains(w.columns.labels, name) {
		return cell
	}
	return table.Cell{Bytes: []byte(joinJSONLabels(string(cell.Bytes)))}
}

// readChosen encodes the chosen rows of a file.
func (w *reviewWriter) readChosen(ctx context.Context, f *RatedFile) error {
	places := map[int]int{} // of rows in chosen
	for place, row := range w.chosen {
		places[row] = place
	}
	names := slices.Concat(w.columns.kept, w.columns.labels)
	id := f.header.Index(w.columns.idColumn())
	cut := []int{id}
	for _, name := range names {
		at := f.header.Index(name)
		if at < 0 {
			return &table.Error{File: f.Options.Name, Line: f.header.Line(), Msg: "missing column " + name + ", which the first file has"}
		}
		cut = append(cut, at)
	}
	slices.Sort(cut)
	cut = slices.Compact(cut)
	rows := &w.ranking.ratings.rows
	rows.next = 0
	var ids []int64
	cells := make([]table.Cell, len(names)+1)
	return table.Scan(ctx, f.Content, f.Size, f.header, table.ScanOptions{Options: f.Options, Columns: cut}, func(b *table.Block) error {
		ids = b.IDs(ids[:0], f.header.Format, slices.Index(cut, id), len(cut), w.columns.idColumn())
		for k, id := range ids {
			row := rows.find(id)
			place, chosen := places[row]
			if row < 0 || !chosen {
				continue
			}
			for i, name := range names {
				at, _ := slices.BinarySearch(cut, f.header.Index(name))
				cells[i] = w.cellOf(name, table.Cell{Bytes: b.Token(b.Spans[k*len(cut)+at]), Form: f.header.Format})
			}
			cells[len(names)] = table.Cell{Bytes: []byte(w.ranking.describeRow(row))}
			w.records[place] = w.encoder.Record(nil, cells)
		}
		return nil
	})
}
