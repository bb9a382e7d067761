package stats

import (
	"context"
	"io"
	"slices"
	"strconv"

	"prism/internal/table"
)

// shownColumns are those of the input that say what a row is about.
var shownColumns = []string{"Title", "Message"}

// differenceList writes rows in which raters differ: one record a row and column, with
// the value of each rater. It reads the files again, in order, for the texts that say
// what a row is about.
type differenceList struct {
	ratings *Ratings
	heads   []string // of the columns with the raters' values
	raters  []int
	shown   []string                           // of shownColumns, those that the first file has
	differs func(c *ratedColumn, row int) bool // whether to list a row
	encoder *table.Encoder
	out     io.Writer
	written []bool // by row
	record  []byte
}

// WriteMisses writes the rows and columns in which results differ from gold. Free text of
// more than maxDistinct values, which ratings do not keep, is left out.
func (r *Ratings) WriteMisses(ctx context.Context, format table.Format, out io.Writer) error {
	d := &differenceList{ratings: r, heads: []string{"Gold", "Label"}, raters: []int{goldRater, resultRater}, out: out}
	d.differs = r.isMiss
	return d.writeFiles(ctx, format)
}

// WriteChanged writes the rows and columns in which results differ from each other, with
// the value of gold if there is gold. Free text is left out: it differs nearly always.
func (r *Ratings) WriteChanged(ctx context.Context, format table.Format, out io.Writer) error {
	d := &differenceList{ratings: r, out: out}
	from := r.firstResult()
	for rater, name := range r.names {
		if rater < from {
			name = "Gold"
		}
		d.heads, d.raters = append(d.heads, name), append(d.raters, rater)
	}
	d.differs = func(c *ratedColumn, row int) bool {
		first := -1
		for rater := from; rater < len(r.names); rater++ {
			switch {
			case c.kind == Text || c.isEmpty(rater, row):
			case first < 0:
				first = rater
			case !c.areEqual(first, rater, row):
				return true
			}
		}
		return false
	}
	return d.writeFiles(ctx, format)
}

// writeFiles writes the list, in the order of the files.
func (d *differenceList) writeFiles(ctx context.Context, format table.Format) error {
	files := d.ratings.results
	for _, name := range shownColumns {
		if files[0].header.Index(name) >= 0 {
			d.shown = append(d.shown, name)
		}
	}
	names := slices.Concat([]string{table.RowID, "Column"}, d.heads, d.shown)
	d.encoder = table.NewEncoder(format, names)
	d.written = make([]bool, len(d.ratings.rows.ids))
	if _, err := d.out.Write(d.encoder.Header(nil)); err != nil {
		return err
	}
	for _, f := range files {
		if err := d.writeFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes the rows of a result.
func (d *differenceList) writeFile(ctx context.Context, f *RatedFile) error {
	r := d.ratings
	id := f.header.Index(r.options.idColumn())
	cut := []int{id}
	for _, name := range d.shown {
		if at := f.header.Index(name); at >= 0 {
			cut = append(cut, at)
		}
	}
	slices.Sort(cut)
	cut = slices.Compact(cut)
	r.rows.next = 0
	var ids []int64
	return table.Scan(ctx, f.Content, f.Size, f.header, table.ScanOptions{Options: f.Options, Columns: cut}, func(b *table.Block) error {
		ids = b.IDs(ids[:0], f.header.Format, slices.Index(cut, id), len(cut), r.options.idColumn())
		for k, id := range ids {
			row := r.rows.find(id)
			if row < 0 || d.written[row] {
				continue
			}
			d.written[row] = true
			tokenOf := func(place int) table.Cell {
				at := slices.Index(cut, place)
				if at < 0 {
					return table.Cell{}
				}
				return table.Cell{Bytes: b.Token(b.Spans[k*len(cut)+at]), Form: f.header.Format}
			}
			if err := d.writeRow(f, row, tokenOf); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeRow writes the records of a row; tokenOf is a column of the file that has it.
func (d *differenceList) writeRow(f *RatedFile, row int, tokenOf func(place int) table.Cell) error {
	r := d.ratings
	for _, c := range r.columns {
		if !d.differs(c, row) {
			continue
		}
		cells := []table.Cell{{Bytes: strconv.AppendInt(nil, r.rows.ids[row], 10)}, {Bytes: []byte(c.name)}}
		for _, rater := range d.raters {
			cells = append(cells, table.Cell{Bytes: []byte(c.text(rater, row))})
		}
		for _, name := range d.shown {
			cells = append(cells, tokenOf(f.header.Index(name)))
		}
		d.record = d.encoder.Record(d.record[:0], cells)
		if _, err := d.out.Write(d.record); err != nil {
			return err
		}
	}
	return nil
}
