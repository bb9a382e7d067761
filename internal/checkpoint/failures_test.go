package checkpoint

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestFailureLines: a line of a failed row is read as it was written, or not at all.
func TestFailureLines(t *testing.T) {
	f := Failure{Position: 7, RowID: -3, Line: 8, Reason: `no "label"`, Calls: 3, Reply: `{"a":1,"crc32c":"0"}` + "\x00\n"}
	line, err := appendFailure([]byte("before"), f)
	if err != nil {
		t.Fatal(err)
	}
	line = line[len("before"):]
	if got, err := parseFailure(line); err != nil || got != f {
		t.Errorf("got %+v, %v, want %+v", got, err, f)
	}
	for i := range line[:len(line)-1] {
		damaged := bytes.Clone(line)
		damaged[i] ^= 1
		if got, err := parseFailure(damaged); err == nil && got != f {
			t.Errorf("byte %d of %s: got %+v", i, damaged, got)
		}
	}
	old := `{"position":7,"row_id":-3,"reason":"no","attempts":3}` + "\n"
	if got, err := parseFailure([]byte(old)); err != nil || got.Position != 7 {
		t.Errorf("a line of an earlier version: got %+v, %v", got, err)
	}
}

// TestEditedFailure: a list of failed rows that was edited is named with the line.
func TestEditedFailure(t *testing.T) {
	for _, change := range [][2]string{{`"position":4`, `"position":2`}, {`"row_id":44`, `"row_id":45`}, {`no label`, `no lable`}} {
		dir := t.TempDir()
		s := mustOpen(t, dir)
		for _, pos := range []int64{3, 4, 5} {
			if err := s.Fail(Failure{Position: pos, RowID: pos * 11, Reason: "no label"}); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, s)
		edit(t, dir, ".failed.jsonl", func(b []byte) []byte { return bytes.Replace(b, []byte(change[0]), []byte(change[1]), 1) })
		var damage *DamageError
		if _, err := open(t, dir, nil); !errors.As(err, &damage) || !strings.Contains(err.Error(), "damaged: checksum mismatch in a line of a failed row") {
			t.Errorf("%s: got %v", change[1], err)
		}
	}
}

func FuzzParseFailure(f *testing.F) {
	line, err := appendFailure(nil, Failure{Position: 1, Reason: "x"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Fuzz(func(t *testing.T, line []byte) {
		if v, err := parseFailure(line); err == nil && v.Position < 1 {
			t.Errorf("%q: %+v", line, v)
		}
	})
}
