package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"prism/internal/testutil/ollamatest"
)

// labelled is a row as a result has it.
type labelled struct {
	id     int64
	labels []string // in the order of the columns to code
}

// verdict counts what became of the rows of a table.
type verdict struct {
	lost      int // neither in the result nor named as failed
	failed    int // named as failed, and not in the result
	otherRow  int // with labels of another row
	otherText int // with labels of no row's whole text, or without some
	tooMany   int // records of a row after its first, and of rows that the table does not have
}

// wrongs is how many rows are not as they should be: failed rows are, if they had to fail.
func (v verdict) wrongs() int { return v.lost + v.otherRow + v.otherText + v.tooMany }

// judge compares a result with what the fake server says of each row of the table.
func judge(table []ollamatest.Row, columns []ollamatest.Column, result []labelled, failed map[int64]bool) verdict {
	own := map[int64][]string{}
	owners := map[string]bool{} // by all their labels, a free text among them
	for _, r := range table {
		labels := make([]string, len(columns))
		for i, c := range columns {
			labels[i] = ollamatest.Cell(c, r)
		}
		own[r.ID] = labels
		owners[fmt.Sprintf("%q", labels)] = true
	}
	var v verdict
	seen, wrong := map[int64]bool{}, map[int64]bool{}
	for _, r := range result {
		if own[r.id] == nil || seen[r.id] {
			v.tooMany++
		}
		seen[r.id] = true
		if own[r.id] == nil || wrong[r.id] || slices.Equal(r.labels, own[r.id]) {
			continue
		}
		wrong[r.id] = true
		if owners[fmt.Sprintf("%q", r.labels)] {
			v.otherRow++
		} else {
			v.otherText++
		}
	}
	for _, r := range table {
		switch {
		case seen[r.ID]:
		case failed[r.ID]:
			v.failed++
		default:
			v.lost++
		}
	}
	return v
}

// judgeVersions judges the result by each version of a table that was edited, and returns the
// verdict with the fewest wrongs.
func judgeVersions(versions [][]ollamatest.Row, columns []ollamatest.Column, result []labelled, failed map[int64]bool) verdict {
	best := judge(versions[0], columns, result, failed)
	for _, table := range versions[1:] {
		if v := judge(table, columns, result, failed); v.wrongs() < best.wrongs() {
			best = v
		}
	}
	return best
}

// readResult reads a JSONL result; one that does not exist has no rows. Lines that are no row,
// such as the start of one, are passed over.
func readResult(path string, columns []ollamatest.Column) ([]labelled, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var result []labelled
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var cells map[string]any
		if json.Unmarshal(lines.Bytes(), &cells) != nil {
			continue
		}
		id, isNumber := cells["RowID"].(float64)
		if !isNumber {
			continue
		}
		r := labelled{id: int64(id)}
		for _, c := range columns {
			text, _ := cells[c.Name].(string) // what is no text is not a label of the fake's
			r.labels = append(r.labels, text)
		}
		result = append(result, r)
	}
	return result, lines.Err()
}

// readFailedList reads RowIDs, one a line; a file that does not exist has none.
func readFailedList(path string) (map[int64]bool, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	failed := map[int64]bool{}
	for line := range strings.Lines(string(data)) {
		if id, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64); err == nil {
			failed[id] = true
		}
	}
	return failed, nil
}

// readFailedRanges reads the RowIDs of prism-classify's list of failed rows.
func readFailedRanges(path string) (map[int64]bool, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list struct {
		Rows []struct {
			RowID int64 `json:"row_id"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	failed := map[int64]bool{}
	for _, r := range list.Rows {
		failed[r.RowID] = true
	}
	return failed, nil
}

// saidSo reports whether one of the commands said by its exit code that something is wrong; one that
// was killed says nothing.
func saidSo(codes []int) bool {
	return slices.ContainsFunc(codes, func(code int) bool { return code != 0 && code != killed })
}
