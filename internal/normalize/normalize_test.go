package normalize

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"prism/internal/table"
)

// openText opens a file called in that has this content.
func openText(t testing.TB, data string) *table.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	f.Name = "in"
	return f
}

// convert normalizes data and returns the output and the notes.
func convert(t testing.TB, data string, o Options) (out, notes string, err error) {
	t.Helper()
	f := openText(t, data)
	o.Note = func(format string, args ...any) { notes += fmt.Sprintf(format, args...) + "\n" }
	var b bytes.Buffer
	err = Convert(t.Context(), f, &b, o)
	return b.String(), notes, err
}

func encodeAs(t testing.TB, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pack(t testing.TB, k table.Kind, text string) string {
	t.Helper()
	var b bytes.Buffer
	if k == table.Gzip {
		w := gzip.NewWriter(&b)
		fmt.Fprint(w, text)
		w.Close()
		return b.String()
	}
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, text)
	w.Close()
	return b.String()
}

func TestFormsOfOneTableAreOneNormalForm(t *testing.T) {
	const want = "RowID,Message,Code\n7,\"late, \"\"again\"\"\",007\n8,\"two\nlines; a|b\",\n-9,caf\u00e9,12345678901234567890\n"
	semicolons := "RowID;Message;Code\r\n7;\"late, \"\"again\"\"\";007\r\n8;\"two\nlines; a|b\";\r\n-9;caf\u00e9;12345678901234567890\r\n"
	quoted := "\"RowID\";\"Message\";\"Code\"\n\"7\";\"late, \"\"again\"\"\";\"007\"\n\"8\";\"two\nlines; a|b\";\"\"\n\"-9\";\"caf\u00e9\";\"12345678901234567890\"\n"
	delimitedBy := func(d string) string {
		return strings.NewReplacer("lines; a", "lines; a", ";", d).Replace(semicolons)
	}
	tabs, pipes := delimitedBy("\t"), delimitedBy("|")
	const objects = `{"RowID":7,"Message":"late, \"again\"","Code":"007"}
{"RowID":8,"Message":"two\nlines; a|b","Code":null}
{"RowID":-9,"Code":12345678901234567890,"Message":"caf\u00e9"}
`
	utf16 := func(e unicode.Endianness, p unicode.BOMPolicy, text string) string {
		return encodeAs(t, unicode.UTF16(e, p), text)
	}
	for _, tt := range []struct {
		name, data string
		o          Options
	}{
		{"normal form", want, Options{}},
		{"comma with CRLF", strings.ReplaceAll(strings.ReplaceAll(want, "\n", "\r\n"), "two\r\n", "two\n"), Options{}},
		{"semicolons in Windows-1252", encodeAs(t, charmap.Windows1252, semicolons), Options{}},
		{"semicolons, mark and quotes", "\uFEFF" + quoted, Options{}},
		{"sep line", "sep=;\r\n" + semicolons, Options{}},
		{"UTF-16 with mark", utf16(unicode.LittleEndian, unicode.UseBOM, semicolons), Options{}},
		{"UTF-16 of the other order", utf16(unicode.BigEndian, unicode.UseBOM, semicolons), Options{}},
		{"UTF-16 without mark, tabs", utf16(unicode.LittleEndian, unicode.IgnoreBOM, tabs), Options{}},
		{"big-endian without mark", utf16(unicode.BigEndian, unicode.IgnoreBOM, tabs), Options{}},
		{"tabs", tabs, Options{}},
		{"pipes", pipes, Options{}},
		{"gzip", pack(t, table.Gzip, semicolons), Options{}},
		{"zstd", pack(t, table.Zstd, "\uFEFF"+quoted), Options{}},
		{"JSON lines", objects, Options{}},
		{"JSON array", "\uFEFF [\n" + strings.ReplaceAll(strings.TrimSpace(objects), "}\n", "},\n") + "]\n", Options{}},
		{"lines end in CR", strings.ReplaceAll(semicolons, "\r\n", "\r"), Options{}},
		{"named encoding and delimiter", encodeAs(t, charmap.CodePage850, semicolons), Options{Encoding: "ibm850", Delimiter: ';'}},
		{"named UTF-8", semicolons, Options{Encoding: "utf-8"}},
		{"named UTF-16", utf16(unicode.BigEndian, unicode.UseBOM, semicolons), Options{Encoding: "UTF-16"}},
		{"header line", "Export of 2026\n\n" + semicolons, Options{HeaderLine: 3}},
		{"skipped records", strings.Replace(semicolons, "\r\n7", "\r\nWhat?;Q1;\"{ImportId}\"\r\n7", 1), Options{SkipRows: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, notes, err := convert(t, tt.data, tt.o)
			if err != nil || got != want {
				t.Errorf("got %q, %v, want %q\n%s", got, err, want, notes)
			}
		})
	}
}

func TestColumns(t *testing.T) {
	for _, tt := range []struct{ name, in, id, want, notes string }{
		{"positions", "A,B\nx,y\nz,\n", "", "RowID,A,B\n1,x,y\n2,z,\n", "RowID added: positions"},
		{"named ID", "Key,B\n5,y\n6,\n", "Key", "RowID,Key,B\n5,5,y\n6,6,\n", `the values of "Key"`},
		{"ID that is no integer", "RowID,B\nT-1,y\n", "", "RowID,RowID_2,B\n1,T-1,y\n", `renamed from "RowID" to "RowID_2"`},
		{"RowID_2 is taken", "RowID_2,RowID\na,b\n", "", "RowID,RowID_2,RowID_3\n1,a,b\n", "RowID_3"},
		{"named ID beside RowID", "RowID,K\n1,9\n", "K", "RowID,RowID_2,K\n9,1,9\n", "RowID_2"},
		{"ID moves to the front", "A,RowID\nx,4\n", "", "RowID,A\n4,x\n", "moved"},
		{"duplicate names", "RowID,A,A_2,A\n1,x,y,z\n", "", "RowID,A,A_2,A_3\n1,x,y,z\n", "A_3"},
		{"nameless with content", ",RowID, \n0,1,\n", "", "RowID,column_1\n1,0\n", "column 3 left out"},
		{"nameless, name taken", "RowID,,column_2\n1,x,y\n", "", "RowID,column_2_2,column_2\n1,x,y\n", "column_2_2"},
		{"no rows", "A;B\n", "", "RowID,A,B\n", "delimiter ';'"},
		{"one column", "Message\nhello\n", "", "RowID,Message\n1,hello\n", "positions"},
		{"one column, blank lines", "\nMessage\n\nhello\n\n", "", "RowID,Message\n1,\n2,hello\n3,\n", "positions"},
		{"ties go to the comma", "A,B;C\nx,y\n", "", "RowID,A,B;C\n1,x,y\n", "positions"},
		{"late keys", `{"A":1}{"A":2,"B":[1]}`, "", "RowID,A,B\n1,1,\n2,2,[1]\n", "JSON"},
		{"late RowID is none", `[{"A":1},{"A":2,"RowID":1}]`, "", "RowID,A,RowID_2\n1,1,\n2,2,1\n", "JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, notes, err := convert(t, tt.in, Options{IDColumn: tt.id})
			if err != nil || got != tt.want || !strings.Contains(notes, tt.notes) {
				t.Errorf("got %q, %v, notes %q; want %q, notes with %q", got, err, notes, tt.want, tt.notes)
			}
		})
	}
}

func TestFaultsGiveNoOutput(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		o              Options
	}{
		{"both encodings", "A\ncaf\u00e9\nit\x92s\n", "line 3 byte 0x92", Options{}},
		{"not the named UTF-8", "A\nit\x92s\n", "line 2 byte 0x92", Options{Encoding: "utf8"}},
		{"not the named encoding", "A\n\xff\xff\n", "in:2: bytes that are not valid shift_jis", Options{Encoding: "shift_jis"}},
		{"unknown encoding", "A\n", `unknown encoding "klingon"`, Options{Encoding: "klingon"}},
		{"ragged", "A,B\n1\n1,2\n1,2,3\n", "in:2: the record has 1 fields, the header 2\nin:4: the record has 3 fields", Options{}},
		{"many ragged", "A,B\n" + strings.Repeat("1\n", 15), "5 more records like these", Options{}},
		{"open quote", "A,B\n1,\"2\n", "never closes", Options{}},
		{"empty", "", "the file is empty", Options{}},
		{"sep line alone", "sep=;", "the file has only its sep= line", Options{}},
		{"header line after the end", "A\n", "--header-line 5", Options{HeaderLine: 5}},
		{"missing ID column", "A\n1\n", `missing column "K"`, Options{IDColumn: "K"}},
		{"numbered twice", "A,RowID\n1,x\n", "in: the table has a column RowID: leave --number-rows out", Options{NumberRows: true}},
		{"keys of a job", "A\n1\n", `missing column "K" (id_column)`, Options{IDColumn: "K", Keys: true}},
		{"encoding of a job", "A\ncaf\u00e9\nit\x92s\n", "the encoding of the whole file by encoding", Options{Keys: true}},
		{"ID column of text", "K\nx\n", "does not have an integer in every row", Options{IDColumn: "K"}},
		{"cut workbook", "PK\x03\x04...", "begins like a workbook (.xlsx) but is truncated or damaged", Options{}},
		{"cut Parquet file", "PAR1", "damaged Parquet file", Options{}},
		{"old workbook", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old workbook of Excel (.xls)", Options{}},
		{"sheet of a text", "A\n1\n", "this is text: leave out --sheet", Options{Sheet: "S"}},
		{"damaged gzip", "\x1f\x8b\x08", "damaged gzip", Options{}},
		{"cut gzip", pack(t, table.Gzip, "A\n1\n")[:20], "damaged gzip", Options{}},
		{"damaged zstd", "\x28\xB5\x2F\xFDxx", "damaged zstd", Options{}},
		{"packed twice", pack(t, table.Gzip, pack(t, table.Zstd, "A\n")), "compressed twice", Options{}},
		{"cut JSON", `[{"A":1},{"A":`, "object 2", Options{}},
		{"text after the array", `[{"A":1}] x`, "bad JSON", Options{}},
		{"not an object", `[{"A":1}, 2]`, "want an object", Options{}},
		{"key twice", `{"A":1,"A":2}`, "object 1", Options{}},
		{"empty array", "[]", "no columns", Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := convert(t, tt.in, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != "" {
				t.Errorf("got %q, %v, want %q and no output", got, err, tt.want)
			}
		})
	}
}

// FuzzConvert checks that the normal form is its own normal form, whatever came in.
func FuzzConvert(f *testing.F) {
	for _, s := range []string{"A;B\n1;2\n", "sep=|\nA|B\n", "\xff\xfeA\x00", "[{\"A\":1}]", ",RowID\n\"a\"\"\",1\n", "A\rb\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		compareBlocks(t, in, Options{})
		once, _, err := convert(t, in, Options{})
		if err != nil {
			if once != "" {
				t.Fatalf("%v after output", err)
			}
			return
		}
		r, err := table.NewReader(strings.NewReader(once), table.Options{Name: "out"})
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		for {
			if _, err := r.Next(); err != nil {
				if err.Error() != "EOF" {
					t.Fatalf("%q: %v", once, err)
				}
				return
			}
		}
	})
}
