package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const fuzzHeader = "Position,RowID,Message,Topic\n"

var partSeeds = []string{
	"", "Posi", fuzzHeader, fuzzHeader + "1,101,plain,Topic 1\n",
	fuzzHeader + "1,101,\"two\nlines\",T\n2,102,a 5\" screen,T\n3,10", fuzzHeader + "1,101,a,b\n1,101,a,b\n",
	fuzzHeader + "1,101,a,b\r\n", fuzzHeader + "1,101,a,b\n\n2,102,a,b\n", fuzzHeader + "0,1,a,b\n",
	fuzzHeader + "1,101,\"open\n2,102,a,b\n", fuzzHeader + "1,101,a\n2,102,a,b\n", fuzzHeader + "-1,1,a,b\n",
	"\xef\xbb\xbf" + fuzzHeader + "1,1,a,b\n", fuzzHeader + "1,101,a,b\n" + strings.Repeat("\x00", 600) + "2,102,a,b\n",
	fuzzHeader + "1,101,a,b\n\x00\x00", fuzzHeader + "1,1,a,b\n2,2,a,b\r", fuzzHeader + "\"1\",1,a,b\n", fuzzHeader + "01,1,a,b\n",
	fuzzHeader + "9223372036854775807,1,a,b\n", fuzzHeader + "1,1,a,\"b\"x\n", fuzzHeader + "3,1,a,\"b\"\"\n\"\n2,1,,\n1,x,y,z\n4,,,\n",
}

// parsePart reads bytes as a part without checksum.
func parsePart(data []byte) (s *Store, end int64, err error) {
	want := NewSidecar("run_w1", []string{"RowID", "Message", "Topic"}, nil)
	s = newStore(Options{Dir: "cp"}, want)
	p := &part{number: 1}
	file := bytes.NewReader(data)
	written, err := p.measure(file)
	if err != nil {
		return nil, 0, err
	}
	end, err = s.readUnsealed(p, file, written)
	s.sortResumed()
	return s, end, err
}

// FuzzPart reads any bytes as a part that was never sealed. Either they are
// named as damage, or they are rows that stand whole in them, one after the
// other, and a tail that holds no whole row; without the tail they read the same.
func FuzzPart(f *testing.F) {
	for _, seed := range partSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, end, err := parsePart(data)
		if err != nil {
			var damage *DamageError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), "checkpoint_run_w1_part0001.csv") {
				t.Fatalf("the error does not name the part: %v", err)
			}
			return
		}
		if end == 0 {
			if s.finished.Len() != 0 || !strings.HasPrefix(fuzzHeader, string(bytes.TrimRight(data[:min(len(data), len(fuzzHeader))], "\x00"))) {
				t.Fatalf("%d rows of a part without a header: %q", s.finished.Len(), data)
			}
			return
		}
		checkBelieved(t, s, data[:end])
		if n := slowRecordEnd(data[end:]); n >= 0 && bytes.IndexByte(data, 0) < 0 {
			t.Fatalf("a whole row was dropped: %q", data[end:int(end)+n])
		}
		again, sameEnd, err := parsePart(data[:end])
		if err != nil || sameEnd != end || again.finished.Len() != s.finished.Len() {
			t.Fatalf("without the tail: %d rows, end %d, %v", again.finished.Len(), sameEnd, err)
		}
	})
}

// checkBelieved cuts what is believed with another reader than the one under test.
func checkBelieved(t *testing.T, s *Store, kept []byte) {
	t.Helper()
	rest, ok := bytes.CutPrefix(kept, []byte(fuzzHeader))
	if !ok {
		t.Fatalf("what is believed has another header: %q", kept)
	}
	rows := int64(0)
	for off := int64(len(fuzzHeader)); len(rest) > 0; rows++ {
		n := slowRecordEnd(rest)
		if n < 0 {
			t.Fatalf("half a row is believed: %q", rest)
		}
		record := rest[:n]
		comma := bytes.IndexByte(record, ',')
		pos, err := strconv.ParseInt(strings.Trim(string(record[:max(comma, 0)]), `"`), 10, 64)
		if err != nil || pos < 1 {
			t.Fatalf("believed a row without a position: %q", record)
		}
		e, ok := s.findResumed(pos)
		if !ok || e.off > off || off >= e.off+int64(e.bytes) {
			t.Fatalf("row %d is at byte %d, but %+v was noted", pos, off, e)
		}
		cut, err := splitRecords(nil, kept[e.off:e.off+int64(e.bytes)], int(e.rows))
		if err != nil || string(cut[pos-e.pos]) != string(record[comma+1:]) {
			t.Fatalf("row %d reads as %q, is %q, %v", pos, cut, record, err)
		}
		rest, off = rest[n:], off+int64(n)
	}
	if rows != s.finished.Len() {
		t.Fatalf("%d rows stand there, %d are believed", rows, s.finished.Len())
	}
}

// TestPartsOfAnyBytes opens the seeds of FuzzPart as files: what is believed of
// one stays, and what is dropped does not come back.
func TestPartsOfAnyBytes(t *testing.T) {
	for _, seed := range partSeeds {
		dir := t.TempDir()
		mustClose(t, mustOpen(t, dir))
		path := filepath.Join(dir, "checkpoint_run_w1_part0001.csv")
		if err := os.WriteFile(path, []byte(seed), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := open(t, dir, nil)
		if err != nil {
			var damage *DamageError
			if !errors.As(err, &damage) {
				t.Errorf("%q: %v", seed, err)
			}
			continue
		}
		rows := s.finished.Len()
		mustClose(t, s)
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(kept) != fuzzHeader && !strings.HasPrefix(seed, string(kept)) {
			t.Errorf("%q became %q", seed, kept)
		}
		s = mustOpen(t, dir)
		if s.finished.Len() != rows {
			t.Errorf("%q: %d rows, then %d", seed, rows, s.finished.Len())
		}
		mustClose(t, s)
	}
}

// slowRecordEnd is table.RecordEnd written a byte at a time; -1 if data ends before
// the record does.
func slowRecordEnd(data []byte) int {
	switch n := bytes.IndexByte(data, '\n'); {
	case n < 0:
		return -1
	case bytes.IndexByte(data[:n], '"') < 0: // the usual case
		return n + 1
	}
	start, quoted := true, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted:
			if c == '"' {
				if i+1 < len(data) && data[i+1] == '"' {
					i++
				} else {
					quoted = false
				}
			}
		case c == '\n':
			return i + 1
		case c == '"' && start:
			quoted, start = true, false
		default:
			start = c == ','
		}
	}
	return -1
}
