package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"prism/internal/bench/csvfile"
	"prism/internal/prompt"
)

// repeatedShare is the share of rows, in the table for the cache, that repeat another row.
const repeatedShare = 0.3

// repeatRows returns a table and its gold of as many rows, of which repeatedShare have the content of
// another row and a RowID of their own, in random order. Rows without gold stay without.
func repeatRows(table, gold [][]string, seed uint64) (manyTable, manyGold [][]string, err error) {
	id := slices.Index(table[0], prompt.RowID)
	goldID := slices.Index(gold[0], prompt.RowID)
	if id < 0 || goldID < 0 {
		return nil, nil, fmt.Errorf("the table and its gold need a column %s", prompt.RowID)
	}
	goldOf := map[string][]string{}
	for _, row := range gold[1:] {
		goldOf[row[goldID]] = row
	}
	rows := slices.Clone(table[1:])
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	first := len(rows) - int(repeatedShare*float64(len(rows))+0.5)
	manyTable, manyGold = [][]string{table[0]}, [][]string{gold[0]}
	order := random.Perm(len(rows))
	for _, i := range order {
		row := rows[i]
		name := row[id]
		if i >= first { // repeats another row under its own RowID
			row = slices.Clone(rows[random.IntN(first)])
			row[id], name = name, row[id]
		}
		manyTable = append(manyTable, row)
		if labels := goldOf[name]; labels != nil {
			labels = slices.Clone(labels)
			labels[goldID] = row[id]
			manyGold = append(manyGold, labels)
		}
	}
	return manyTable, manyGold, nil
}

// readRecords reads a CSV table with a header and a row at least.
func readRecords(path string) ([][]string, error) {
	records, err := csvfile.Read(path)
	if err == nil && len(records) < 2 {
		err = fmt.Errorf("%s: no rows", path)
	}
	return records, err
}

// writeRecords writes a CSV table.
func writeRecords(path string, records [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	err = w.WriteAll(records)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
