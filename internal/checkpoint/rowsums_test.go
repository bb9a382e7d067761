package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRowsWithoutTheirChecksums: no byte of a row in an unsealed part can change
// unseen. Damaged rows at the end are unfinished, others are an error.
func TestRowsWithoutTheirChecksums(t *testing.T) {
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	zeros := strings.Repeat("\x00", 40)
	tests := []struct {
		name    string
		file    string
		edit    func([]byte) []byte
		rows    int64 // that stay
		dropped int64
		damage  string
	}{
		{"nothing", "_part0001.csv", func(b []byte) []byte { return b }, 5, 0, ""},
		{"label of the last row", "_part0001.csv", replace("5,105,five,good", "5,105,five,bade"), 4, 1, ""},
		{"position of the last row", "_part0001.csv", replace("\n5,105", "\n7,105"), 4, 1, ""},
		{"last two rows swapped", "_part0001.csv", replace("4,104,four,good\n5,105,five,good\n", "5,105,five,good\n4,104,four,good\n"), 3, 2, ""},
		{"label of an earlier row", "_part0001.csv", replace("2,102,two,good", "2,102,two,goof"), 0, 0, "part0001.csv:3: damaged: checksum mismatch in a row"},
		{"position of an earlier row", "_part0001.csv", replace("\n2,102", "\n9,102"), 0, 0, "part0001.csv:3: damaged"},
		{"earlier rows swapped", "_part0001.csv", replace("1,101,one,good\n2,102,two,good\n", "2,102,two,good\n1,101,one,good\n"), 0, 0, "part0001.csv:2: damaged"},
		{"a row twice", "_part0001.csv", replace("4,104,four,good\n", "4,104,four,good\n4,104,four,good\n"), 0, 0, "part0001.csv:6: damaged: duplicate position 4"},
		{"zeros for an earlier row", "_part0001.csv", replace("three,good", zeros[:10]), 0, 0, "part0001.csv:4: damaged"},
		{"zeros for the last row", "_part0001.csv", replace("five,good", zeros[:9]), 4, 1, ""},
		{"an earlier row gone", "_part0001.csv", replace("2,102,two,good\n", ""), 1, 3, ""},
		{"a row that was never saved", "_part0001.csv", func(b []byte) []byte { return append(b, "6,106,six,good\n"...) }, 5, 1, ""},
		{"checksum of the last row torn", ".rowsums", func(b []byte) []byte { return b[:len(b)-3] }, 4, 1, ""},
		{"checksum of the last row zeros", ".rowsums", func(b []byte) []byte { return append(b[:len(b)-12], zeros[:12]...) }, 4, 1, ""},
		{"checksum of the last row of another length", ".rowsums", func(b []byte) []byte { b[len(b)-8] = 0xff; return b }, 4, 1, ""},
		{"checksums all zeros", ".rowsums", func(b []byte) []byte { return make([]byte, len(b)) }, 0, 5, ""},
		{"checksums of another part alone", ".rowsums", func(b []byte) []byte { return append([]byte{0, 0, 0, 9}, b[4:12]...) }, 0, 5, ""},
		{"the first checksum torn", ".rowsums", func(b []byte) []byte { return b[:5] }, 0, 5, ""},
		{"no checksums: an earlier version", ".rowsums", func(b []byte) []byte { return nil }, 5, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := unsealedRows(t, "one", "two", "three", "four", "five")
			edit(t, dir, tt.file, tt.edit)
			s, err := open(t, dir, func(o *Options, _ *Sidecar) { o.Interval = 10 })
			if tt.damage != "" {
				var damage *DamageError
				if !errors.As(err, &damage) || !strings.Contains(err.Error(), tt.damage) {
					t.Errorf("got %v, want %q", err, tt.damage)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.finished.Len() != tt.rows || s.DroppedRows() != tt.dropped {
				t.Errorf("%d rows stayed, %d were dropped, want %d and %d", s.finished.Len(), s.DroppedRows(), tt.rows, tt.dropped)
			}
			mustClose(t, s)
			s = mustOpen(t, dir)
			defer mustClose(t, s)
			if s.finished.Len() != tt.rows || s.DroppedRows() != 0 {
				t.Errorf("opened again: %d rows, %d dropped", s.finished.Len(), s.DroppedRows())
			}
		})
	}
}

// TestZerosInAMessage are no bytes that a power cut left.
func TestZerosInAMessage(t *testing.T) {
	zeros := strings.Repeat("\x00", 3*minZeroRun)
	dir := unsealedRows(t, "one", zeros, `"`+zeros+"\n"+zeros+`"`, "four", zeros)
	if rows := strings.Count(rowsOf(t, dir, "run_w1"), ",good\n"); rows != 5 {
		t.Errorf("EachRow: %d rows, want 5", rows)
	}
	s := mustOpen(t, dir)
	defer mustClose(t, s)
	if s.finished.Len() != 5 || s.DroppedRows() != 0 {
		t.Errorf("%d rows stayed, %d were dropped", s.finished.Len(), s.DroppedRows())
	}
}

// TestEachRowLeavesOutDamagedRows at the end of an unsealed part.
func TestEachRowLeavesOutDamagedRows(t *testing.T) {
	dir := unsealedRows(t, "one", "two", "three")
	edit(t, dir, "_part0001.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("three,good"), []byte("three,goof"), 1) })
	if got, want := rowsOf(t, dir, "run_w1"), "1: 101,one,good\n2: 102,two,good\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unsealedRows is a checkpoint as a killed process leaves it, with one part that is
// not sealed and has rows of these messages.
func unsealedRows(t *testing.T, messages ...string) string {
	t.Helper()
	dir := t.TempDir()
	s, err := open(t, dir, func(o *Options, _ *Sidecar) { o.Interval = 10 })
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range messages {
		if err := s.Append([]Row{{int64(i + 1), fmt.Appendf(nil, "%d,%s,good", 101+i, m)}}); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	if err := os.Truncate(filepath.Join(dir, "checkpoint_run_w1.sums"), 0); err != nil {
		t.Fatal(err)
	}
	return dir
}
