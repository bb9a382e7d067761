// Package reply turns the text of a model's reply into labelled rows. It leaves
// to others what is asked (package prompt) and what to do about rows without a
// valid answer. Read takes these steps:
//
//  1. Find the JSON in the text (parse.go): a reply is prose in which JSON values
//     may stand.
//  2. Parse it leniently (parse.go, token.go) into one object a row, with the
//     values of the columns to code as they stand in the reply.
//  3. Match the objects to the rows by RowID (align.go).
//  4. Validate the values against the columns (validate.go).
//
// # What is read
//
// Code fences, words before and after, JSON lines and several values need no
// special case. Thoughts (<think>…</think>, or all before a lone </think>) are
// skipped. In a value, every object with a RowID is a row's, up to 64 levels deep
// in arrays and in objects without a RowID; objects inside a row's object do not
// count. An object that holds rows in two arrays is not read, for which of them
// is meant is unknown. An object whose keys are RowIDs is read only if its
// members have a RowID themselves: the keys could also count the mentions.
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
// A row gets its values from an object with its RowID, and from no
// other. Where a second one says anything else, or may say so because the reply is cut or broken
// before its end, the row has none: one of them may repeat a customer's words. Only if one row was asked for, and the reply has just one object, may
// that lack the RowID. An object with two RowIDs belongs to no row, and a column
// that an object has twice with different values is invalid.
//
// # Compact replies
//
// In the compact style (prompt.Compact) a row is an array that begins with its number in the batch,
// and all of the above is true of arrays and numbers (array.go). In addition the number of
// values must be that of the columns, for which is whose is known by their order alone; and
// the numbers must ascend, so that a row is known by its number and by its place. Nothing stands for a missing number.
// Where arrays stand in a list, one outside of it is no row's: it may be a sentence with numbers.
package reply

import "prism/internal/prompt"

// Row is a row with valid values.
type Row struct {
	RowID   int64
	Values  []string // cells, one a column of the schema; they may share the reply's memory
	Gate    bool     // the gate says NOT_APPLICABLE: all other values are defaults
	Organic []Label  // labels of listed columns that are not listed
	Places  []Place  // of the values in the reply, one a column of the schema

	// Confidence is the probability that the model gave each value, from 0 to 1, and Agreement
	// the share of the votes for it, one a column of the schema; NaN where there is none.
	// nil: nobody asked.
	Confidence, Agreement []float64
}

// Place is where something stands in a reply, in bytes; zero: nowhere.
type Place struct{ Start, End int }

// Label is a label of a column.
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
func Read(text string, ids []int64, s *prompt.Prompt, strict bool) Result {
	p := parser{text: text, ids: ids, columns: s.Columns, compact: s.Style == prompt.Compact}
	p.objects = make([]rowObject, 0, len(ids))
	p.values = make([]value, 0, (len(ids)+1)*len(s.Columns))
	p.parseReply()
	matched, dropped := p.alignByRowID()

	r := Result{Dropped: dropped}
	v := validator{schema: s, columns: s.Columns, strict: strict, reasons: p.reasons()}
	v.texts = make([]string, 0, len(ids)*len(s.Columns))
	v.places = make([]Place, 0, len(ids)*len(s.Columns))
	r.Rows = make([]Row, 0, len(ids))
	for i, id := range ids {
		if matched[i] < 0 {
			r.Faults = append(r.Faults, Fault{id, p.missingReason(i)})
			continue
		}
		row, reason := v.validateRow(id, p.values[matched[i]:matched[i]+len(s.Columns)])
		if reason != "" {
			r.Faults = append(r.Faults, Fault{id, reason})
			continue
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}
