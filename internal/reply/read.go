// Package reply knows what a model's reply says: it reads the text, aligns its
// objects with the rows asked for, and validates their labels. It leaves to
// others what is asked (package prompt) and what to do about rows without a
// valid answer.
//
// # What is read
//
// A reply is prose in which JSON values may stand, so code fences, words before
// and after, JSON lines and several values need no special case. Thoughts
// (<think>…</think>, or all before a lone </think>) are passed over. In a value,
// every object with a RowID is a row's, up to 64 levels deep in arrays and in
// objects without a RowID; of objects inside a row's object none counts. An
// object that holds rows in two arrays is not read, for which of them is meant
// is unknown.
// An object whose keys are RowIDs is read only if its members have a RowID
// themselves: the keys could also count the mentions.
//
// Commas may trail, or be missing between objects; strings may have control
// characters; keys may be in another case and have outer white space; a RowID
// may be a text, and any number that is an integer of 64 bits.
//
// Where an object is cut or stops being JSON, reading ends. What follows may
// stand inside a string whose quotes are lost, such as a customer's words.
//
// # What is never guessed
//
// A row gets its values from the first object with its RowID, and from no
// other. Only if one row was asked for, and the reply has just one object, may
// that lack the RowID. An object with two RowIDs is nobody's, and a column that
// is there twice with different values is a fault.
package reply

import "prism/internal/prompt"

// Row is a row with valid values.
type Row struct {
	RowID   int64
	Values  []string // one a column to code; they may share the reply's memory
	Gate    bool     // the gate says NOT_APPLICABLE: all other values are defaults
	Organic []Label  // values of listed columns that are not listed
}

// Label is a column's value.
type Label struct{ Column, Label string }

// Fault is a row that was asked for and has no valid values.
type Fault struct {
	RowID  int64
	Reason string // a few words, one line
}

// Result is what a reply says about the rows asked for. Each is once in Rows or
// once in Faults.
type Result struct {
	Rows    []Row   // in the order of ids
	Faults  []Fault // in the order of ids
	Dropped int     // objects with an unknown or a second RowID, or without one
}

// Read reads the reply to a message about the rows ids, which s describes. If
// strict, listed columns take listed labels only.
func Read(text string, ids []int64, s *prompt.Schema, strict bool) Result {
	p := parser{s: text, ids: ids, cols: s.Columns}
	p.elems = make([]element, 0, len(ids))
	p.vals = make([]value, 0, (len(ids)+1)*len(s.Columns))
	p.read()
	first, dropped := p.align()

	r := Result{Dropped: dropped}
	v := validator{cols: s.Columns, strict: strict}
	v.buf = make([]string, 0, len(ids)*len(s.Columns))
	r.Rows = make([]Row, 0, len(ids))
	for i, id := range ids {
		if first[i] < 0 {
			r.Faults = append(r.Faults, Fault{id, p.absence(i)})
			continue
		}
		row, reason := v.row(id, p.vals[first[i]:first[i]+len(s.Columns)])
		if reason != "" {
			r.Faults = append(r.Faults, Fault{id, reason})
			continue
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// align returns, for each of ids, where its values begin in p.vals, -1 if it has
// none, and the number of elements that are nobody's.
func (p *parser) align() (first []int, dropped int) {
	first = make([]int, len(p.ids))
	for i := range first {
		first[i] = -1
	}
	for _, e := range p.elems {
		if e.row >= 0 && first[e.row] < 0 {
			first[e.row] = e.vals
		} else {
			dropped++
		}
	}
	if len(p.ids) == 1 && len(p.elems) == 1 && p.elems[0].row == nameless && !p.partial {
		first[0], dropped = p.elems[0].vals, 0
	}
	return first, dropped
}

// absence says why the reply has nothing for ids[i].
func (p *parser) absence(i int) string {
	for j, id := range p.ids {
		if j != i && id == p.ids[i] {
			return "its RowID was asked for twice in one call"
		}
	}
	switch {
	case p.partRow == i:
		return "the reply is cut or broken inside its object"
	case p.cut:
		return "no object with its RowID before the reply is cut or broken"
	case len(p.elems) == 0:
		return "no object with labels in the reply"
	}
	return "no object with its RowID in the reply"
}
