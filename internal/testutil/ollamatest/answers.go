package ollamatest

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Answers reads what the server says of rows: a CSV table with a RowID and columns to code of texts or single
// labels. Of other rows and columns it says what it says without.
func Answers(r io.Reader) (Option, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("read answers: %d rows, %v", len(rows), err)
	}
	said := make([]map[int64]string, len(rows[0]))
	for i := range said {
		said[i] = map[int64]string{}
	}
	for _, cells := range rows[1:] {
		id, err := strconv.ParseInt(cells[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read answers: RowID %q: %w", cells[0], err)
		}
		for i, cell := range cells {
			said[i][id] = cell
		}
	}
	return option(func(s *Server) {
		for i, name := range rows[0] {
			s.columns = append(s.columns, Column{Name: name, Said: said[i]})
		}
	}), nil
}
