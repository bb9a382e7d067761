// Package csvfile reads whole CSV tables for benchmarks.
package csvfile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
)

// Read returns the records of a table, its header first. Bare quotes are text, as for the tools.
func Read(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes = true
	records, err := r.ReadAll()
	if err == nil && len(records) == 0 {
		err = errors.New("no header")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return records, nil
}
