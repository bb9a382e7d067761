package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prism/internal/testutil/ollamatest"
)

// fault is something that goes wrong while a table is labelled.
type fault struct {
	name   string
	server []ollamatest.Option
	onDisk bool // the tool works on a small disk of its own
	// prepare changes the table before the start; nil: nothing.
	prepare func(table []ollamatest.Row)
	// strike is called when half of the rows are answered; nil: nothing happens then.
	strike func(t *trial) error
	// mend ends what strike did when the first command has ended; nil: nothing.
	mend func(t *trial) error
}

// contextTokens is the context of the fake's model; overlongBytes is a text that does not fit.
const (
	contextTokens = 4096
	overlongBytes = 24_000
)

func (c *config) faults() []fault {
	return []fault{
		{name: "40% of the calls go wrong", server: []ollamatest.Option{mixedFaults(0.4)}},
		{name: "`kill -9` half-way", strike: func(t *trial) error { return killGroup(t.cmd) }},
		{name: fmt.Sprintf("the server is away for %v", c.outage), strike: func(t *trial) error {
			t.srv.Stop()
			time.Sleep(c.outage)
			return t.srv.Restart()
		}},
		{name: "one row is longer than the context", prepare: func(table []ollamatest.Row) {
			long := &table[len(table)/2]
			long.Message = strings.Repeat("And then it broke again. ", overlongBytes/25)
		}},
		{name: "30% of the replies in another order, 10% lack a row", server: []ollamatest.Option{ollamatest.Faults{
			{Kind: ollamatest.SwapRows, P: 0.3}, {Kind: ollamatest.MissingRow, P: 0.1},
		}}},
		{name: "the disk is full half-way", onDisk: true, strike: fillDisk, mend: func(t *trial) error { return os.Remove(t.filler()) }},
		{name: "the input is rewritten half-way", strike: editInput},
	}
}

// mixedFaults is the ways in which calls of a real server go wrong for a while, together so
// probable. Calls that hang are left out: they measure time limits.
func mixedFaults(p float64) ollamatest.Faults {
	kinds := []ollamatest.Kind{
		ollamatest.Close, ollamatest.Reset, ollamatest.Cut, ollamatest.Busy, ollamatest.Kill, ollamatest.ErrorIn200, ollamatest.NotJSON,
		ollamatest.CutReply, ollamatest.Empty, ollamatest.Prose, ollamatest.Fence, ollamatest.TrailingComma,
		ollamatest.MissingRow, ollamatest.TwiceRow, ollamatest.SwapRows, ollamatest.OtherRow,
	}
	var faults ollamatest.Faults
	for _, k := range kinds {
		faults = append(faults, ollamatest.Fault{Kind: k, P: p / float64(len(kinds))})
	}
	return faults
}

// fillDisk fills the tool's disk, as another program may.
func fillDisk(t *trial) error {
	f, err := os.Create(t.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); err != nil {
			return nil // it is full
		}
	}
}

func (t *trial) filler() string { return filepath.Join(t.work, "filler") }

// editInput writes the table anew in place, without two of its first rows and with two more at
// its end: an export that runs again. Rows keep their RowIDs and texts.
func editInput(t *trial) error {
	rows := t.versions[0]
	last := int(rows[len(rows)-1].ID - ollamatest.MakeRow(0).ID)
	edited := slices.Concat(rows[:1], rows[3:], []ollamatest.Row{ollamatest.MakeRow(last + 1), ollamatest.MakeRow(last + 2)})
	t.versions = append(t.versions, edited)
	f, err := os.OpenFile(t.input, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	data := encodeTable(edited)
	_, err = f.Write(data)
	return errors.Join(err, f.Truncate(int64(len(data))), f.Close())
}

// encodeTable is a table as JSONL, which all tools read.
func encodeTable(rows []ollamatest.Row) []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	for _, r := range rows {
		w.Encode(struct { // texts always have a JSON form
			RowID          int64
			Title, Message string
		}{r.ID, r.Title, r.Message})
	}
	return b.Bytes()
}
