package ollamatest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// In the compact style a row has no RowID in messages and replies, but its number in the batch. The
// fake needs the RowID for the row's labels, and takes it from the ticket that MakeRow writes.

// isCompactRow reports whether a JSON Schema is that of an array that answers one row.
func isCompactRow(schema []byte) bool {
	return bytes.HasPrefix(schema, []byte(`{"type":"array","prefixItems":[{"const":`))
}

// readCompactFormat is readFormat for the compact style, where items answer a row each.
func (s *Server) readCompactFormat(items []json.RawMessage) (numbers []int64, sh *shape, err error) {
	for _, item := range items {
		var row struct {
			PrefixItems []struct {
				Const int64 `json:"const"`
			} `json:"prefixItems"`
		}
		if json.Unmarshal(item, &row) != nil || len(row.PrefixItems) == 0 {
			return nil, nil, errSchema
		}
		numbers = append(numbers, row.PrefixItems[0].Const)
	}
	sh, err = s.compactShapeOf(items[0])
	return numbers, sh, err
}

// compactShapeOf is shapeOf for the schema of an array. It names no columns.
func (s *Server) compactShapeOf(array []byte) (*shape, error) {
	key := string(array[bytes.IndexByte(array, '}'):])
	if known, ok := s.shapes.Load(key); ok {
		return known.(*shape), nil
	}
	var row struct {
		PrefixItems []property `json:"prefixItems"`
	}
	if json.Unmarshal(array, &row) != nil {
		return nil, errSchema
	}
	sh := &shape{compact: true}
	for _, p := range row.PrefixItems[1:] {
		sh.columns = append(sh.columns, p.column(""))
	}
	s.shapes.Store(key, sh)
	return sh, nil
}

// nameColumns returns the columns of a compact schema with their names: the server's own, if
// there are as many, else those in the message.
func (s *Server) nameColumns(columns []Column, user string) []Column {
	head, _, _ := strings.Cut(user, "]\n\n")
	_, list, _ := strings.Cut(head, ": [number,")
	names := strings.Split(list, ",")
	named := slices.Clone(columns)
	for i := range named {
		switch {
		case len(s.columns) == len(named):
			named[i].Name = s.columns[i].Name
		case len(names) == len(named):
			named[i].Name = names[i]
		}
	}
	return named
}

var (
	compactStart = regexp.MustCompile(`(?m)^\[([0-9]+)(?: ([^\]]*))?\] ?`)
	ticket       = regexp.MustCompile(`\(ticket ([0-9]+)\)`)
)

// readCompactMentions finds the rows with these numbers in a compact message. A row that the
// message lacks has only its number.
func readCompactMentions(user string, numbers []int64) []Row {
	rows := make([]Row, len(numbers))
	for i, n := range numbers {
		rows[i].Number = n
	}
	starts := compactStart.FindAllStringSubmatchIndex(user, -1)
	for i, at := range starts {
		end := len(user)
		if i+1 < len(starts) {
			end = starts[i+1][0] - len("\n")
		}
		n, err := strconv.ParseInt(user[at[2]:at[3]], 10, 64)
		place := slices.Index(numbers, n)
		if err != nil || place < 0 {
			continue
		}
		r := &rows[place]
		if at[4] >= 0 {
			r.Sentiment = user[at[4]:at[5]]
		}
		text := strings.ReplaceAll(user[at[1]:max(end, at[1])], `[\`, "[")
		var several bool
		if r.Title, r.Message, several = strings.Cut(text, "\n"); !several {
			r.Title, r.Message = "", text
		}
		if found := ticket.FindStringSubmatch(r.Message); found != nil {
			number, _ := strconv.ParseInt(found[1], 10, 64) // digits; too many are no ticket of MakeRow
			r.ID = firstID + number
		}
	}
	return rows
}
