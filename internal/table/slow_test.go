package table

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"prism/internal/fsutil"
)

// slowRead reads CSV as the package comment defines it, a byte at a time: the
// text of the fields of every record from the header on, and what is wrong
// with the record after them.
func slowRead(in string, delim byte) (records [][]string, wrong string) {
	in = strings.TrimPrefix(in, ByteOrderMark)
	columns := 0
	for i := 0; i < len(in); {
		if rest := in[i:]; columns != 1 && (rest[0] == '\n' || strings.HasPrefix(rest, "\r\n") || rest == "\r") {
			i += strings.IndexByte(rest+"\n", '\n') + 1
			continue
		}
		var fields []string
		for ended := false; !ended; {
			var text []byte
			if i < len(in) && in[i] == '"' {
				for i++; ; i++ {
					if i == len(in) {
						return records, msgOpenQuote
					}
					if in[i] == '"' {
						if i+1 == len(in) || in[i+1] != '"' {
							i++
							break
						}
						i++
					}
					text = append(text, in[i])
				}
				if rest := in[i:]; rest != "" && rest != "\r" && rest[0] != delim && rest[0] != '\n' && !strings.HasPrefix(rest, "\r\n") {
					return records, msgAfterQuote
				}
			}
			for i < len(in) && in[i] != delim && in[i] != '\n' && in[i:] != "\r" && !strings.HasPrefix(in[i:], "\r\n") {
				text = append(text, in[i])
				i++
			}
			fields = append(fields, string(text))
			ended = i >= len(in) || in[i] != delim
			if !ended {
				i++
			}
		}
		if i < len(in) && in[i] == '\r' {
			i++
		}
		i++
		if columns == 0 {
			columns = len(fields)
		}
		if len(fields) != columns {
			return records, fieldCountMessage(len(fields), columns)
		}
		records = append(records, fields)
	}
	return records, ""
}

func message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return fmt.Sprint(err)
}

// scanAll reads through Scan with blocks of a few bytes. Their checksums must be right.
func scanAll(in string, o ScanOptions) (h *Header, got []string, err error) {
	f := strings.NewReader(in)
	h, err = ReadHeader(f, f.Size(), o.Options)
	if err != nil {
		return nil, nil, err
	}
	for i := range h.Names {
		o.Columns = append(o.Columns, i)
	}
	o.Sum, o.Text = true, utf8.ValidString(in)
	err = Scan(context.Background(), f, f.Size(), h, o, func(b *Block) error {
		var sum fsutil.Checksum
		if sum.Update([]byte(in[b.Start():b.End()])); sum.String() != b.Sum.String() {
			return fmt.Errorf("the checksum of bytes %d to %d is wrong", b.Start(), b.End())
		}
		for i, rec := range b.Recs {
			fields := make([]string, len(o.Columns))
			for j := range fields {
				fields[j] = string(AppendText(nil, o.Format, b.Token(b.Spans[i*len(fields)+j])))
			}
			got = append(got, fmt.Sprintf("%d:%d %s", b.Pos+int64(i), b.Offset+int64(rec.From), strings.Join(fields, "|")))
		}
		return nil
	})
	return h, got, err
}

// readerAll gives what scanAll does, through a Reader.
func readerAll(in string, o Options) (h *Header, got []string, err error) {
	r, err := newReader(strings.NewReader(in), o, 4)
	if err != nil {
		return nil, nil, err
	}
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.header, got, nil
		}
		if err != nil {
			return r.header, got, err
		}
		fields := make([]string, len(rec.fields))
		for i := range fields {
			fields[i] = string(rec.Text(nil, i))
		}
		got = append(got, fmt.Sprintf("%d:%d %s", rec.Pos, rec.Offset, strings.Join(fields, "|")))
	}
}

func compareScan(t *testing.T, in string, o Options) {
	t.Helper()
	want, wantRecords, wantErr := readerAll(in, o)
	for _, block := range []int{1, 2, 7, 16} {
		for _, workers := range []int{1, 3} {
			h, got, err := scanAll(in, ScanOptions{Options: o, Block: block, Workers: workers})
			if diff := cmp.Diff(got, wantRecords); diff != "" {
				t.Errorf("%q in blocks of %d on %d workers (-Scan +Reader):\n%s", in, block, workers, diff)
			}
			if fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%q in blocks of %d: Scan says %v, Reader %v", in, block, err, wantErr)
			}
			if (h == nil) != (want == nil) || h != nil && (h.Size != want.Size || h.Lines != want.Lines) {
				t.Errorf("%q: header %+v, want %+v", in, h, want)
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n1,2\r\n", ByteOrderMark + "a,b\n1,\"x\ny\"\n", "a\n\n\"\"\n", "a,b\n5\" screen,\"a \"\"b\"\", c\"\n",
		"a,b\n\n1,2\r\n\r\n3,4", "a,b\n1,\"x\r\n\r\ny\"\r", "a,b\n1,2\r\r\n", "a,b\n\"1\"x,2\n", "a,b\n1\n", "a,b\n\"", "a,b\n1,\"\n\"\n,\n",
		"a,b\n\"x\n1,2\n\",y\n3,4\n", "a,b\nx,\"\n1,\"\",\"\n5\",\"6\n", "\r\na,b\r", "a,b\n1,\"2\"x\n3,4\n", "a,b\n1,\"2\"\rx\n3,4\n", "a,b\nx\",y\nz,\"q\"\n",
	} {
		for i := range candidates {
			f.Add(strings.ReplaceAll(s, ",", candidates[i:i+1]), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, in string, which uint8) {
		o := Options{Name: "f", Format: Format(candidates[int(which)%len(candidates)])}
		if kind, _ := DetectKind([]byte(in)); kind != PlainText {
			return // not told from 4 bytes
		}
		want, wrong := slowRead(in, o.Format.delimiter())
		r, err := newReader(strings.NewReader(in), o, 4)
		if err != nil {
			return
		}
		got := [][]string{r.header.Names}
		for {
			var rec *Record
			if rec, err = r.Next(); err != nil {
				break
			}
			var fields []string
			for i := range len(rec.fields) {
				fields = append(fields, string(rec.Text(nil, i)))
			}
			if diff := cmp.Diff(cutWithFieldEnd(o.Format, rec.raw), fields); diff != "" {
				t.Errorf("%q (-FieldEnd +Reader):\n%s", in, diff)
			}
			got = append(got, fields)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%q (-Reader +slow):\n%s", in, diff)
		}
		if errors.Is(err, io.EOF) {
			if wrong != "" {
				t.Errorf("%q: Reader accepts, the slow one says %s", in, wrong)
			}
			compareStandard(t, in, o.Format, got)
		} else if message(err) != wrong {
			t.Errorf("%q: Reader says %v, the slow one %s", in, err, wrong)
		}
		compareScan(t, in, o)
	})
}

// cutWithFieldEnd are the texts of a record's fields, as FieldEnd finds them.
func cutWithFieldEnd(f Format, record []byte) (fields []string) {
	for {
		n := FieldEnd(f, record)
		fields = append(fields, string(appendUnquoted(nil, record[:n])))
		if n == len(record) {
			return fields
		}
		record = record[n+1:]
	}
}

// compareStandard holds the records against encoding/csv where that accepts
// the input too. It turns CRLF in quotes into LF and drops blank lines.
func compareStandard(t *testing.T, in string, format Format, got [][]string) {
	t.Helper()
	for _, lazy := range []bool{false, true} {
		c := csv.NewReader(strings.NewReader(strings.TrimPrefix(in, ByteOrderMark)))
		c.Comma, c.LazyQuotes = rune(format.delimiter()), lazy
		want, err := c.ReadAll()
		if err != nil {
			continue
		}
		var normal [][]string
		for _, rec := range got {
			if len(rec) == 1 && rec[0] == "" && !strings.Contains(in, `""`) {
				continue
			}
			var fields []string
			for _, s := range rec {
				fields = append(fields, strings.ReplaceAll(s, "\r\n", "\n"))
			}
			normal = append(normal, fields)
		}
		if len(got[0]) == 1 && strings.Contains(in, `""`) {
			continue
		}
		if diff := cmp.Diff(normal, want); diff != "" {
			t.Errorf("%q (-Reader +encoding/csv, lazy %v):\n%s", in, lazy, diff)
		}
	}
}

func FuzzJSONLScan(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1}\n{\"a\":\"x\"}", "\n{\"a\":1,\"b\":[1,\n2]}\n", ByteOrderMark + "{\"a\":1}\r\n \r\n{}\r\n", "{\"a\":1}\n{\"b\":1}\n", "{}\n{}\n", "{\"a\":\"\\u000a\"}\n{\"a\":",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		kind, _ := DetectKind([]byte(in))
		if what, _ := detectForm([]byte(in), JSONL); kind != PlainText || what != "" || strings.Contains(in, "\x00") {
			return // not told from the few bytes that the Reader of the test looks at
		}
		compareScan(t, in, Options{Name: "f", Format: JSONL})
	})
}

func TestScanOfManyBlocks(t *testing.T) {
	var in bytes.Buffer
	in.WriteString("id,text\n")
	for i := range 3000 {
		switch i % 5 {
		case 0:
			fmt.Fprintf(&in, "%d,plain text\n", i)
		case 1:
			fmt.Fprintf(&in, "%d,\"lines\nthat, look\n7,like records\n\"\r\n", i)
		case 2:
			fmt.Fprintf(&in, "%d,5\" screen\n\n", i)
		case 3:
			fmt.Fprintf(&in, "%d,\"%s\"\n", i, strings.Repeat("a,\"\"\n", i%200))
		case 4:
			fmt.Fprintf(&in, "\"%d\",\n", i)
		}
	}
	compareScan(t, in.String(), Options{Name: "f"})
	compareScan(t, in.String()+"5,\"open\n\n", Options{Name: "f"})
	compareScan(t, in.String()+"5\n6,7\n", Options{Name: "f"})
}
