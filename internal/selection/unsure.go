package selection

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
)

// Unsure tells by a result which rows have labels that are unsure.
type Unsure struct {
	Result     Table
	Schema     *prompt.Schema
	Thresholds []Threshold
}

// Threshold is the least confidence with which the value of a column to code is sure.
type Threshold struct {
	Column string // as the codebook or as the result has it
	Least  float64
}

// ParseThreshold reads COLUMN=CONFIDENCE.
func ParseThreshold(text string) (Threshold, error) {
	at := strings.LastIndexByte(text, '=')
	if at < 1 {
		return Threshold{}, fmt.Errorf("invalid threshold %q (want COLUMN=CONFIDENCE, such as Topic=0.85)", text)
	}
	least, err := strconv.ParseFloat(text[at+1:], 64)
	if err != nil || !(least >= 0 && least <= 1) {
		return Threshold{}, fmt.Errorf("invalid threshold %q (want a confidence from 0 to 1)", text)
	}
	return Threshold{text[:at], least}, nil
}

// notSent is the Batch_Size of a row that was labelled without a model: a blank one.
const notSent = "0"

// rule tells sure rows of a result from others by some of its cells.
type rule struct {
	gate, batch int // places among the cells; -1: the result has no such column
	columns     []ruleColumn
}

// ruleColumn is a column with a threshold.
type ruleColumn struct {
	confidence int // place of its confidence among the cells
	isGate     bool
	least      float64
}

// isSure reports whether no label of a row is unsure. A label is sure if its confidence reaches the threshold
// of its column. Where the gate says that a row is not applicable, the other columns have no values to be sure of.
// A row of which nothing tells how sure it is is unsure, unless it was not sent to a model.
func (r *rule) isSure(cells [][]byte) bool {
	if r.batch >= 0 && string(cells[r.batch]) == notSent {
		return true
	}
	applies := r.gate < 0 || string(cells[r.gate]) != prompt.NotApplicable
	judged := false
	for _, c := range r.columns {
		if !c.isGate && !applies {
			continue
		}
		confidence, err := strconv.ParseFloat(string(cells[c.confidence]), 64)
		if err != nil || !(confidence >= c.least) {
			return false
		}
		judged = true
	}
	return judged
}

// sureRows remembers the RowIDs of the rows that are sure.
func (u *Unsure) sureRows(ctx context.Context, idColumn string) (*rowid.Set, error) {
	f, o := u.Result.File, u.Result.Options
	h, err := table.ReadHeader(f, f.Size, o)
	if err != nil {
		return nil, err
	}
	var sure rowid.Set
	if len(h.Names) == 0 { // JSONL without objects
		return &sure, nil
	}
	id := h.Index(idColumn)
	if id < 0 {
		return nil, h.MissingIDColumn(o.Name, idColumn)
	}
	r, places, err := u.newRule(h)
	if err != nil {
		return nil, err
	}
	cut := append(slices.Clone(places), id)
	slices.Sort(cut)
	cut = slices.Compact(cut)
	var ids []int64
	cells := make([][]byte, len(places))
	idAt, _ := slices.BinarySearch(cut, id)
	err = table.Scan(ctx, f, f.Size, h, table.ScanOptions{Options: o, Columns: cut}, func(b *table.Block) error {
		ids = b.IDs(ids[:0], h.Format, idAt, len(cut), idColumn)
		for i, id := range ids {
			for k, place := range places {
				at, _ := slices.BinarySearch(cut, place)
				cells[k] = table.AppendText(cells[k][:0], h.Format, b.Token(b.Spans[i*len(cut)+at]))
			}
			if r.isSure(cells) {
				sure.Add(id)
			}
		}
		return nil
	})
	return &sure, err
}

// newRule finds the columns of the rule in a result with header h: places says where the cells are.
func (u *Unsure) newRule(h *table.Header) (r rule, places []int, err error) {
	place := func(name string) int {
		at := h.Index(name)
		if at < 0 {
			return -1
		}
		places = append(places, at)
		return len(places) - 1
	}
	gate := ""
	if u.Schema.Gate != prompt.NoGate {
		gate = outputName(h, u.Schema.Columns[u.Schema.Gate].Name)
	}
	r.gate, r.batch = place(gate), place(batchSize)
	for _, t := range u.Thresholds {
		output := outputName(h, t.Column)
		if u.Schema.FindOutput(output, h.Names) == nil {
			return r, nil, &table.Error{File: u.Result.Options.Name, Line: h.Line(),
				Msg: fmt.Sprintf("the threshold of %s: unknown column", t.Column)}
		}
		name := output + prompt.ConfidenceSuffix
		at := place(name)
		if at < 0 {
			return r, nil, h.MissingColumn(u.Result.Options.Name, name)
		}
		r.columns = append(r.columns, ruleColumn{confidence: at, isGate: output == gate, least: t.Least})
	}
	return r, places, nil
}

// batchSize is the column that says in which batch a row was asked.
const batchSize = "Batch_Size"

// outputName is what a table calls a column to code: by its own name or, if the input has that
// too, with the prefix Validated_.
func outputName(h *table.Header, name string) string {
	if h.Index(prompt.Validated+name) >= 0 {
		return prompt.Validated + name
	}
	return name
}
