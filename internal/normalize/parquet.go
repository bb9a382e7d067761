package normalize

import (
	"context"

	"prism/internal/parquet"
	"prism/internal/table"
)

// readParquet reads the rows of a Parquet file into a temporary file. The names of its
// columns are row 1.
func (s *source) readParquet(ctx context.Context) (err error) {
	if s.rows, err = newRowFile(); err != nil {
		return err
	}
	number := int64(0)
	err = parquet.ReadRows(ctx, s.name, s.at, s.size, func(cells [][]byte) error {
		number++
		return s.rows.appendRow(number, cells)
	})
	if err != nil {
		return err
	}
	s.kind = table.Parquet
	s.notes = append(s.notes, "from Parquet")
	return s.rows.flush()
}
