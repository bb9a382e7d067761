// Benchdata writes the tables that `make bench-table` measures with: feedback
// rows as a survey tool exports them, and result rows as prism-classify writes
// them, the latter whole, as shuffled parts and as sorted parts. The same seed
// gives the same bytes.
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
	parts := flags.Int("parts", 16, "parts that the result rows are cut into")
	dir := flags.String("dir", "", "folder for the tables")
	if err := flags.Parse(args); err != nil || *dir == "" {
		fmt.Fprintln(errOut, "error: -dir is needed")
		return 2
	}
	if err := write(*dir, *rows, *parts); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func write(dir string, rows, parts int) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "feedback.csv"), feedbackHeader, rows, appendFeedback); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "results.csv"), resultHeader, rows, appendResult); err != nil {
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

// appendRow appends the row of an ID.
type appendRow func(dst []byte, id int) []byte

func writeTable(path, header string, rows int, row appendRow) error {
	t, err := newTable(path, header)
	if err != nil {
		return err
	}
	var line []byte
	for id := 1; id <= rows && err == nil; id++ {
		line = row(line[:0], id)
		_, err = t.Write(line)
	}
	return errors.Join(err, t.close())
}

// writeParts writes result rows to {dir}/{kind}_part0001.csv and so on; place
// says the part and the ID of the i-th row written.
func writeParts(dir, kind string, parts, rows int, place func(i int) (part, id int)) error {
	var tables []*table
	for p := range parts {
		t, err := newTable(filepath.Join(dir, fmt.Sprintf("%s_part%04d.csv", kind, p+1)), resultHeader)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	var line []byte
	var err error
	for i := 0; i < rows && err == nil; i++ {
		part, id := place(i)
		line = appendResult(line[:0], id)
		_, err = tables[part].Write(line)
	}
	for _, t := range tables {
		err = errors.Join(err, t.close())
	}
	return err
}

type table struct {
	*bufio.Writer
	f *os.File
}

func newTable(path, header string) (*table, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	t := &table{Writer: bufio.NewWriterSize(f, 1<<20), f: f}
	_, err = t.WriteString(header)
	return t, err
}

func (t *table) close() error { return errors.Join(t.Flush(), t.f.Close()) }
