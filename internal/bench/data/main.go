// Benchdata writes the tables that `make bench-table` measures with: feedback
// rows as a survey tool exports them, a tenth of them as a spreadsheet program does, and result rows as prism-classify writes
// them. Results are written as one file, as shuffled parts, as sorted parts and
// as parts that are consecutive ranges; a fifth of them again as three models label
// them, with the right labels of people; and 2,000 rows of feedback as a model labels them whose labels follow from the words. The same numbers of rows and parts always
// give the same bytes.
//
//	go run ./internal/bench/data -rows 5000000 -dir /tmp/prism-bench
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchdata", flag.ContinueOnError)
	flags.SetOutput(errOut)
	rows := flags.Int("rows", 5_000_000, "rows of each table")
	parts := flags.Int("parts", 16, "number of part files for the result rows")
	dir := flags.String("dir", "", "folder for the tables")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *dir == "" {
		fmt.Fprintln(errOut, "error: -dir is required")
		return 2
	}
	if err := writeTables(*dir, *rows, *parts); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func writeTables(dir string, rows, parts int) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "feedback.csv"), feedbackHeader, rows, appendFeedback); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "results.csv"), resultHeader, rows, appendResult); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "export.csv"), exportHeader, rows/10, appendExport); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "labelled.csv"), labelledHeader, min(rows, mostLabelled), appendLabelled); err != nil {
		return err
	}
	if err := writeRatings(dir, rows/5); err != nil {
		return err
	}
	order := rand.New(rand.NewPCG(7, 1)).Perm(rows)
	err := writeParts(dir, "shuffled", parts, rows, func(i int) (part, id int) { return i * parts / rows, order[i] + 1 })
	if err != nil {
		return err
	}
	err = writeParts(dir, "sorted", parts, rows, func(i int) (part, id int) { return order[i] % parts, i + 1 })
	if err != nil {
		return err
	}
	return writeParts(dir, "ranges", parts, rows, func(i int) (part, id int) { return i * parts / rows, i + 1 })
}

// writeRatings writes gold.csv and the results of three models for the same rows, which
// are right in about nine of ten rows.
func writeRatings(dir string, rows int) error {
	if err := writeTable(filepath.Join(dir, "gold.csv"), goldHeader, rows, appendGold); err != nil {
		return err
	}
	for model := uint64(1); model <= 3; model++ {
		appendRow := func(dst []byte, id int) []byte { return appendModelResult(dst, id, model) }
		if err := writeTable(filepath.Join(dir, fmt.Sprintf("model%d.csv", model)), resultHeader, rows, appendRow); err != nil {
			return err
		}
	}
	return nil
}

// appendRow appends the row with this RowID to dst.
type appendRow func(dst []byte, id int) []byte

func writeTable(path, header string, rows int, appendRow appendRow) error {
	f, err := createCSV(path, header)
	if err != nil {
		return err
	}
	var line []byte
	for id := 1; id <= rows && err == nil; id++ {
		line = appendRow(line[:0], id)
		_, err = f.Write(line)
	}
	return errors.Join(err, f.Close())
}

// writeParts writes result rows to {dir}/{kind}_part0001.csv and so on. assign
// returns the part and the RowID of the i-th row written.
func writeParts(dir, kind string, parts, rows int, assign func(i int) (part, id int)) error {
	var files []*csvFile
	var err error
	for p := 0; p < parts && err == nil; p++ {
		var f *csvFile
		if f, err = createCSV(filepath.Join(dir, fmt.Sprintf("%s_part%04d.csv", kind, p+1)), resultHeader); err == nil {
			files = append(files, f)
		}
	}
	var line []byte
	for i := 0; i < rows && err == nil; i++ {
		part, id := assign(i)
		line = appendResult(line[:0], id)
		_, err = files[part].Write(line)
	}
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// csvFile is a buffered file.
type csvFile struct {
	*bufio.Writer
	f *os.File
}

func createCSV(path, header string) (*csvFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	c := &csvFile{Writer: bufio.NewWriterSize(f, 1<<20), f: f}
	_, _ = c.WriteString(header) // fits the buffer
	return c, nil
}

// Close writes what is buffered and closes the file.
func (c *csvFile) Close() error { return errors.Join(c.Flush(), c.f.Close()) }
