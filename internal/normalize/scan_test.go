package normalize

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"prism/internal/table"
)

// convertRecords is convert that reads record after record.
func convertRecords(t testing.TB, data string, o Options) (string, error) {
	t.Helper()
	src, err := openSource(t.Context(), openText(t, data), o)
	if err != nil {
		return "", err
	}
	defer src.removeTemporary()
	found, err := inspect(t.Context(), src, o)
	if err != nil {
		return "", err
	}
	p, err := planColumns(found, o)
	if err != nil {
		return "", &table.Error{File: "in", Msg: err.Error()}
	}
	var out bytes.Buffer
	err = writeTable(t.Context(), src, &out, p, o)
	return out.String(), err
}

// compareBlocks checks that blocks and records give the same.
func compareBlocks(t *testing.T, data string, o Options) {
	t.Helper()
	got, _, err := convert(t, data, o)
	want, wantErr := convertRecords(t, data, o)
	if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("got %.500q, %v, want %.500q, %v", got, err, want, wantErr)
	}
}

// TestBlocksAndRecordsAgree on tables of many blocks.
func TestBlocksAndRecordsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct{ name, header, delimiter, end string }{
		{"RowID, semicolons", "RowID;A;B", ";", "\r\n"},
		{"positions, commas", "Key,A,B", ",", "\n"},
		{"nameless and double columns", "A;;A", ";", "\n"},
		{"RowID at the end", "A|B|RowID", "|", "\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("sep=" + tt.delimiter + tt.end + tt.header + tt.end)
			for i := 0; b.Len() < 3<<20; i++ {
				cells := []string{fmt.Sprint(i), "", strings.Repeat("late\u00e9 ", random.IntN(40))}
				switch random.IntN(5) {
				case 0:
					cells[1] = "\"two\nlines" + tt.delimiter + " \"\"quoted\"\"\""
				case 1:
					cells[1] = "a,b;c|d"
					cells[1] = strings.ReplaceAll(cells[1], tt.delimiter, "")
				case 2:
					cells[2] = "\"needless\""
				}
				if strings.HasSuffix(tt.header, "RowID") {
					cells[0], cells[2] = cells[2], cells[0]
				}
				b.WriteString(strings.Join(cells, tt.delimiter) + tt.end)
			}
			compareBlocks(t, b.String(), Options{})
			compareBlocks(t, b.String(), Options{SkipRows: 3, HeaderLine: 2})
			compareBlocks(t, encodeAs(t, charmap.Windows1252, b.String()), Options{})
			compareBlocks(t, b.String()+"ragged"+tt.end, Options{})
		})
	}
}

func TestByteReaders(t *testing.T) {
	for _, m := range []*charmap.Charmap{charmap.Windows1252, charmap.ISO8859_15, charmap.CodePage850, charmap.KOI8R} {
		var all []byte
		for i := range 256 {
			all = append(all, byte(i), 'x', byte(255-i), 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
		}
		want, err := m.NewDecoder().Bytes(all)
		if got := newByteReader(nil, m).appendDecoded(nil, all); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", m, got, want)
		}
	}
	if newByteReader(nil, charmap.CodePage037) != nil {
		t.Error("EBCDIC is taken for ASCII")
	}
}

// TestUTF8AfterWindows1252: both are in a file, and what looks so, far behind the first byte that
// is not UTF-8 and at the edge of what is read at once.
func TestUTF8AfterWindows1252(t *testing.T) {
	for cut := range 5 {
		head := "A\n\xfc\n" + strings.Repeat("x", 256<<10) + strings.Repeat("x", 64<<10-7+cut)
		for text, want := range map[string]string{"\xe9 \x80": "\u00e9 \u20ac", "\xe4\x80!": "\u00e4\u20ac!", "\x80\xe4": "\u20ac\u00e4"} {
			if got, notes, err := convert(t, head+text+"\n", Options{}); err != nil || !strings.HasSuffix(got, "x"+want+"\n") || !strings.Contains(notes, "from Windows-1252") {
				t.Errorf("%d %q: %v, notes %q", cut, text, err, notes)
			}
		}
		for _, text := range []string{"\u00e9", "\u20ac", "\U0001F600", "\xe4\u00e9"} {
			_, _, err := convert(t, head+text+"\n", Options{})
			if _, ok := errors.AsType[*table.Error](err); !ok || !strings.Contains(err.Error(), "line 2 byte 0xFC") {
				t.Errorf("%d %q: got %v", cut, text, err)
			}
			if _, notes, err := convert(t, head+text+"\n", Options{Encoding: "windows-1252"}); err != nil || !strings.Contains(notes, "from windows-1252") {
				t.Errorf("%d %q: %v, notes %q", cut, text, err, notes)
			}
		}
	}
}

// TestUTF8IsFoundAcrossBlocks: characters and faults at the edges of blocks.
func TestUTF8IsFoundAcrossBlocks(t *testing.T) {
	for cut := range 5 {
		head := "A\n" + strings.Repeat("x", 256<<10-4+cut) + "\n"
		if got, notes, err := convert(t, head+"\u20ac\U0001F600\n", Options{}); err != nil || !strings.HasSuffix(got, "\u20ac\U0001F600\n") || strings.Contains(notes, "Windows") {
			t.Errorf("%d: %v, notes %q", cut, err, notes)
		}
		edge := "A\n" + strings.Repeat("x", 256<<10-4+cut)
		if got, _, err := convert(t, edge+"\u20ac\n", Options{}); err != nil || !strings.HasSuffix(got, "\u20ac\n") {
			t.Errorf("%d: %v", cut, err)
		}
		if got, _, err := convert(t, edge+"\x80\n", Options{}); err != nil || !strings.HasSuffix(got, "\u20ac\n") {
			t.Errorf("%d: %v", cut, err)
		}
		_, _, err := convert(t, edge+"\u20ac\n\x92\n", Options{})
		if _, ok := errors.AsType[*table.Error](err); !ok || !strings.Contains(err.Error(), "line 3 byte 0x92") {
			t.Errorf("%d: got %v", cut, err)
		}
	}
}
