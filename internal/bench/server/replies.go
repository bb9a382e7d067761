package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"prism/internal/prompt"
	"prism/internal/reply"
)

// convertReplies writes the replies of a peer as the table that prism-stats compares with gold: RowID and
// the columns to code. A reply is a line of JSON, an object or an array of them. Objects count for the row
// that they name, the first one does; their values are checked and defaults put in as prism-classify does. What
// is not JSON, or not valid, gives no row. It returns the number of rows.
func convertReplies(replies io.Reader, p *prompt.Prompt, table io.Writer) (int, error) {
	w := csv.NewWriter(table)
	header := []string{prompt.RowID}
	for i := range p.Columns {
		header = append(header, p.Columns[i].Name)
	}
	if err := w.Write(header); err != nil {
		return 0, err
	}
	seen := map[int64]bool{}
	lines := bufio.NewReader(replies)
	for {
		line, err := lines.ReadBytes('\n')
		for _, row := range readReply(line, p) {
			if seen[row.RowID] {
				continue
			}
			seen[row.RowID] = true
			if err := w.Write(append([]string{strconv.FormatInt(row.RowID, 10)}, row.Values...)); err != nil {
				return 0, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("read replies: %w", err)
		}
	}
	w.Flush()
	return len(seen), w.Error()
}

// readReply returns the valid rows of one reply.
func readReply(line []byte, p *prompt.Prompt) []reply.Row {
	var objects []json.RawMessage
	if json.Unmarshal(line, &objects) != nil {
		objects = []json.RawMessage{line}
	}
	var rows []reply.Row
	for _, object := range objects {
		var named struct {
			RowID *int64
		}
		if json.Unmarshal(object, &named) == nil && named.RowID != nil {
			rows = append(rows, reply.Read(string(object), []int64{*named.RowID}, p, true).Rows...)
		}
	}
	return rows
}
