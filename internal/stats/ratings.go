package stats

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"

	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
	"prism/internal/term"

	"golang.org/x/sync/errgroup"
)

// RatedFile is a regular file whose values are compared with those of others.
type RatedFile struct {
	Content io.ReaderAt
	Size    int64
	Options table.Options // Name is the file as given
	header  *table.Header
}

// RatingOptions says what to compare.
type RatingOptions struct {
	Schema   *prompt.Schema // nil: kinds are told from the values
	Columns  []string       // empty: all that are in every file, but those that describe a row
	IDColumn string         // RowID if empty
	Seed     uint64         // of bootstraps
	Target   float64        // accuracy that the threshold of confidences is for; 0: none
	AllRows  bool           // keep rows that gold lacks
	Separate bool           // every result is a rater of its own; else they are parts of one
	Beside   []string       // columns that are read beside those to compare, where a result has them; only without gold
	Counts   *Distributions // count the labels of the results, in the pass that reads them; nil: do not
}

// Ratings are the values that raters give to the same rows: gold, if there is gold,
// then results. They take 4 bytes a row, rater and column; columns of free text 8. Confidences
// take 8 bytes a row and column; they are read where results are compared with gold as one.
type Ratings struct {
	options RatingOptions
	results []*RatedFile
	rows    rowIndex
	hasGold bool
	names   []string // of raters
	has     [][]bool // raters × rows: which rows a rater has
	columns []*ratedColumn
	plans   []ratedPlan
	drawn   *rowClasses // of gold with inclusion probabilities
	Notes   []string    // what people should know, a line each

	isPicked bool // gold says of its rows why they were chosen
}

// ReadRatings reads gold, which may be nil, and results. With gold and without Separate
// only the rows of gold are kept. Bad input is an *table.Error, a *MissingColumnError or a
// *ColumnMismatchError.
func ReadRatings(ctx context.Context, gold *RatedFile, results []*RatedFile, o RatingOptions) (*Ratings, error) {
	r := &Ratings{options: o, results: results, hasGold: gold != nil}
	var headers []ratedHeader
	var names []string
	nothing := &NothingToCompareError{}
	for _, f := range slices.Concat([]*RatedFile{gold}, results) {
		if f == nil {
			continue
		}
		if err := f.readHeader(o.idColumn()); err != nil {
			return nil, err
		}
		headers = append(headers, ratedHeader{f.Options.Name, f.header})
		names = append(names, f.header.Names...)
		nothing.Files, nothing.Columns = append(nothing.Files, f.Options.Name), append(nothing.Columns, f.header.Names)
	}
	r.isPicked = gold != nil && gold.header.Index(Why) >= 0
	r.options.Columns = table.MatchNames(o.Columns, names)
	var err error
	switch {
	case !o.Separate && gold == nil:
		r.names = []string{""}
		r.plans, r.Notes, err = planComparison(&r.options, nil, headers)
	case !o.Separate:
		r.names = []string{headers[0].name, ""}
		r.plans, r.Notes, err = planGold(&r.options, headers[0], headers[1:])
	case gold != nil:
		r.names = nothing.Files
		r.plans, r.Notes, err = planComparison(&r.options, &headers[0], headers[1:])
	default:
		r.names = nothing.Files
		r.plans, r.Notes, err = planComparison(&r.options, nil, headers)
	}
	if err != nil {
		return nil, err
	}
	if len(r.plans) == 0 {
		return nil, nothing
	}
	r.plans = append(r.plans, planBeside(o.Beside, headers)...)
	for _, p := range r.plans {
		r.columns = append(r.columns, newRatedColumn(p.name, p.schema, len(r.names)))
	}
	return r, r.readFiles(ctx, gold, results)
}

func (f *RatedFile) readHeader(id string) error {
	h, err := table.ReadHeader(f.Content, f.Size, f.Options)
	if err == nil {
		err = h.CheckDelimiter(f.Options.Name)
	}
	if err == nil && h.Index(id) < 0 {
		lacks := &MissingColumnError{}
		lacks.add(ratedHeader{f.Options.Name, h}, id)
		err = lacks
	}
	f.header = h
	return err
}

// readFiles reads the values of all files.
func (r *Ratings) readFiles(ctx context.Context, gold *RatedFile, results []*RatedFile) error {
	r.has = make([][]bool, len(r.names))
	rater, file := 0, 0
	if gold != nil {
		if err := r.readFile(ctx, gold, 0, 0, true); err != nil {
			return err
		}
		rater, file = 1, 1
	}
	for _, f := range results {
		if err := r.readFile(ctx, f, rater, file, gold == nil || r.options.Separate || r.options.AllRows); err != nil {
			return err
		}
		file++
		if r.options.Separate {
			rater++
		}
	}
	for i := range r.names {
		r.growTo(i, 0)
	}
	for _, c := range r.columns {
		r.Notes = append(r.Notes, r.unlistedInGold(c)...)
		c.findKind(r.hasGold)
		for rater := r.firstResult(); r.options.Separate && rater < len(r.names); rater++ {
			c.forgetEmpty(rater)
		}
	}
	return nil
}

// growTo gives a rater all rows that are known. The memory is for as many as are expected.
func (r *Ratings) growTo(rater, expected int) {
	rows := len(r.rows.ids)
	r.has[rater] = extend(r.has[rater], rows, expected, false)
	for i, c := range r.columns {
		c.growTo(rater, rows, expected)
		if rater == resultRater && r.plans[i].confidences != nil {
			c.confidence = extend(c.confidence, rows, expected, noConfidence)
		}
	}
}

// unlistedInGold says which labels gold alone has although the schema does not list them:
// they may be typos.
func (r *Ratings) unlistedInGold(c *ratedColumn) (notes []string) {
	if !r.hasGold || c.isWide || c.schema == nil || c.schema.Labels == nil || c.schema.Type != prompt.TypeLabel {
		return nil
	}
	for code, text := range c.texts {
		if c.inGold[code] && !saysNothing(text) && text != c.schema.Default && len(notes) < maxMissingIDs {
			notes = append(notes, fmt.Sprintf("%s: %s %q is not a listed label%s", r.names[goldRater], c.name, text, term.DidYouMean(text, c.schema.Labels)))
		}
	}
	return notes
}

// eachColumn is what figuresOf tells of each column, by its index. Columns have nothing in
// common, so it is called on all cores.
func eachColumn[T any](r *Ratings, figuresOf func(i int) T) []T {
	all := make([]T, len(r.columns))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range all {
		g.Go(func() error {
			all[i] = figuresOf(i)
			return nil
		})
	}
	_ = g.Wait() // figures have no errors
	return all
}

// duplicateError says that a rater has a row twice: with both lines where they are in one file.
func (r *Ratings) duplicateError(ctx context.Context, f *RatedFile, b *table.Block, i int, id int64) error {
	if _, err := table.Check(ctx, f.Content, f.Size, table.CheckOptions{Options: f.Options, IDColumn: r.options.IDColumn, NoSum: true}); err != nil {
		return err
	}
	line, err := table.LineAt(f.Content, b.Offset+int64(b.Recs[i].From))
	if err != nil {
		return err
	}
	twice := &table.Error{File: f.Options.Name, Line: line, Msg: rowid.DuplicateMessage(r.options.idColumn(), id, "in another file")}
	if !r.hasGold {
		return twice.WithHint("--compare takes the files for results of the same rows")
	}
	return twice
}
