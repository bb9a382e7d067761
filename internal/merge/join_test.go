package merge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/extsort"
	"prism/internal/table"
)

// Rows that are put into any parts, in any order, merge to the same bytes.
func TestAnySplitMergesToTheSameBytes(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := "RowID,x\n"
		var rows []string
		for id := range 200 {
			row := fmt.Sprintf("%d,%s\n", id-100, strings.Repeat("x", r.IntN(30)))
			want += row
			rows = append(rows, row)
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		texts := make([]string, 1+r.IntN(7))
		for i := range texts {
			texts[i] = "RowID,x\n"
		}
		for _, row := range rows {
			texts[r.IntN(len(texts))] += row
		}
		if got, result := joined(t, inputs(t, table.CSV, texts...), Options{Memory: 1}); got != want || result.Rows != 200 {
			t.Errorf("seed %d, %d parts: %+v, got %.200q", seed, len(texts), result, got)
		}
	}
}

// Parts of any format and delimiter merge to what parts of one do, in the form of the first.
func TestMixedFormatsMergeToTheFirst(t *testing.T) {
	formats := []table.Format{table.CSV, ';', table.TSV, '|', table.JSONL}
	names := []string{"RowID", "x; y", "z"}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		first := formats[r.IntN(len(formats)-1)]
		texts := []string{"a", "a,b", "a;b|c", "\"q\"", "l\nm", "t\tu", ""}
		want := table.NewEncoder(first, names)
		wanted := want.Header(nil)
		in := make([]Input, 1+r.IntN(4))
		parts := make([][]byte, len(in))
		encoders := make([]*table.Encoder, len(in))
		for i := range in {
			form := first
			if i > 0 {
				form = formats[r.IntN(len(formats))]
			}
			encoders[i] = table.NewEncoder(form, names)
			parts[i] = encoders[i].Header(nil)
			in[i].Options.Format = form
			if form != table.JSONL && form != table.TSV {
				in[i].Options.Format = table.AnyCSV // its header tells
			}
		}
		for id := range 60 {
			cells := []table.Cell{{Bytes: fmt.Appendf(nil, "%d%s", id, []string{"", ".0"}[r.IntN(2)])}, {Bytes: []byte(texts[r.IntN(len(texts))])}, {Bytes: []byte(texts[r.IntN(len(texts))])}}
			wanted = want.Record(wanted, cells)
			k := r.IntN(len(in))
			parts[k] = encoders[k].Record(parts[k], cells)
		}
		for i, text := range parts {
			of := inputs(t, table.CSV, string(text))[0]
			in[i].File, in[i].Options.Name = of.File, of.Options.Name
		}
		got, _ := joined(t, in, Options{Format: table.AnyCSV, Memory: 1})
		if normal(t, got) != normal(t, string(wanted)) {
			t.Errorf("seed %d: got %q, want %q", seed, got, wanted)
		}
		if first != table.TSV && table.DetectDelimiter([]byte(got)) != byte(first) {
			t.Errorf("seed %d: got %q, want the delimiter %q", seed, got, first)
		}
	}
}

// normal is the text of all fields: a part of another format may have more quotes.
func normal(t *testing.T, text string) string {
	t.Helper()
	r, err := table.NewReader(strings.NewReader(text), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%q", r.Header().Names)
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Header().Names {
			all += fmt.Sprintf(" %q", rec.Text(nil, i))
		}
	}
}

func TestDuplicates(t *testing.T) {
	const a, b = "RowID,x\n3,a\n1,a\n", "RowID,x\n1,b\n2,b\n3,b"
	const far = "9223372036854775807"
	for _, tt := range []struct {
		name    string
		o       Options
		texts   []string
		want    string
		dropped int64
	}{
		{"last by RowID", Options{OnDuplicate: extsort.KeepLast}, []string{a, b}, "RowID,x\n1,b\n2,b\n3,b\n", 2},
		{"first by RowID", Options{OnDuplicate: extsort.KeepFirst}, []string{a, b}, "RowID,x\n1,a\n2,b\n3,a\n", 2},
		{"last by column", Options{SortBy: "x", OnDuplicate: extsort.KeepLast}, []string{b, a}, "RowID,x\n3,a\n1,a\n2,b\n", 2},
		{"first by column", Options{SortBy: "x", OnDuplicate: extsort.KeepFirst}, []string{b, a}, "RowID,x\n1,b\n2,b\n3,b\n", 2},
		{"last concatenated", Options{Concat: true, OnDuplicate: extsort.KeepLast}, []string{a, b}, "RowID,x\n1,b\n2,b\n3,b\n", 2},
		{"first concatenated", Options{Concat: true, OnDuplicate: extsort.KeepFirst}, []string{a, b}, "RowID,x\n3,a\n1,a\n2,b\n", 2},
		{"far apart", Options{Concat: true, OnDuplicate: extsort.KeepLast}, []string{"RowID,x\n" + far + ",a\n-7,a\n", "RowID,x\n" + far + ",b\n"}, "RowID,x\n-7,a\n" + far + ",b\n", 1},
		{"whole floats", Options{OnDuplicate: extsort.KeepLast}, []string{a, "RowID,x\n1.0,b\n3.00,b\n"}, "RowID,x\n1.0,b\n3.00,b\n", 2},
		{"whole floats by column", Options{SortBy: "x", OnDuplicate: extsort.KeepFirst}, []string{a, "RowID,x\n1.0,b\n2.0,b\n"}, "RowID,x\n3,a\n1,a\n2.0,b\n", 1},
		{"by another ID column", Options{IDColumn: "k", OnDuplicate: extsort.KeepLast}, []string{"RowID,k\nx,2\ny,1\n", "RowID,k\nz,01\n"}, "RowID,k\nz,01\nx,2\n", 1},
		{"another ID column, by RowID", Options{IDColumn: "k", SortBy: "RowID", OnDuplicate: extsort.KeepLast}, []string{"RowID,k\ny,2\nx,1\n", "RowID,k\nz,2.0\n"}, "RowID,k\nx,1\nz,2.0\n", 1},
		{"unordered without any", Options{Concat: true}, []string{a, "RowID,x\n2,b\n"}, a + "2,b\n", 0},
		{"other columns' order", Options{Concat: true, OnDuplicate: extsort.KeepLast}, []string{"x,RowID\na,1\n", b}, "x,RowID\nb,1\nb,2\nb,3\n", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, r := joined(t, inputs(t, table.CSV, tt.texts...), tt.o)
			if got != tt.want || r.Dropped != tt.dropped {
				t.Errorf("got %q, %+v, want %q, %d dropped", got, r, tt.want, tt.dropped)
			}
		})
	}
}

func TestDuplicatesAreRefused(t *testing.T) {
	in := inputs(t, table.CSV, "RowID,x\n3,a\n1,a\n", "RowID,x\n2,b\n1,b\n")
	want := fmt.Sprintf("%s:3: duplicate RowID 1 (first in %s:3)", in[1].Options.Name, in[0].Options.Name)
	for _, o := range []Options{{}, {SortBy: "x"}, {Concat: true}} {
		o.OnDuplicate = extsort.Refuse
		for _, do := range []func() error{
			func() error {
				_, err := Write(context.Background(), in, o, Output{Writer: io.Discard})
				return err
			},
			func() error { _, err := Check(context.Background(), in, o); return err },
		} {
			err := do()
			if bad, ok := errors.AsType[*table.Error](err); !ok || bad.Error() != want {
				t.Errorf("%+v: got %v, want %s", o, err, want)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name  string
		texts []string
		o     Options
		want  Result
		err   string
	}{
		{"with RowIDs", []string{"RowID,x\n2,a\n", "RowID,x\n1,a\n2,b\n"}, Options{OnDuplicate: extsort.KeepLast}, Result{Parts: 2, Rows: 2, Dropped: 1}, ""},
		{"without RowIDs", []string{"x\na\n", "x\nb\n"}, Options{Concat: true}, Result{Parts: 2, Rows: 2}, ""},
		{"no column to sort by", []string{"RowID,x\n2,a\n"}, Options{SortBy: "y"}, Result{}, "--sort-by takes another one"},
		{"no RowID", []string{"x\na\n"}, Options{}, Result{}, "RowID"},
		{"other columns", []string{"RowID,x\n2,a\n", "RowID,y\n1,b\n"}, Options{}, Result{}, `missing: "x"`},
		{"ragged", []string{"RowID,x\n2\n"}, Options{}, Result{Parts: 1}, "field"},
		{"ragged without RowIDs", []string{"x,y\n2\n"}, Options{Concat: true}, Result{Parts: 1}, "field"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := int64(0)
			tt.o.Progress = func(n int64) { read += n }
			got, err := Check(context.Background(), inputs(t, table.CSV, tt.texts...), tt.o)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %+v, %v, want %+v, %q", got, err, tt.want, tt.err)
			}
			if err == nil && read == 0 {
				t.Error("no progress was told")
			}
		})
	}
}

// A file whose parts stay as they are is made of copies, another record by record.
func TestConcatToFile(t *testing.T) {
	for _, tt := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"as they stand", []string{"RowID,x\n2,a\n1,b", "RowID,x\n", "RowID,x\n3,c\n"}, "RowID,x\n2,a\n1,b\n3,c\n"},
		{"other order of columns", []string{"RowID,x\n2,a\n1,b", "x,RowID\nc,3\n"}, "RowID,x\n2,a\n1,b\n3,c\n"},
		{"crlf", []string{"RowID,x\r\n2,a\r\n1,b", "RowID,x\r\n3,c"}, "RowID,x\r\n2,a\r\n1,b\r\n3,c\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			out := Output{Writer: f, Rewind: func() error { return errors.New("not needed") }}
			if _, err := Write(context.Background(), inputs(t, table.CSV, tt.texts...), Options{Concat: true}, out); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(f.Name()); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestExpect(t *testing.T) {
	type row struct{ pos, id int64 }
	many := make([]int, 600_000) // too far apart for a set
	for i := range many {
		many[i] = i * 1_000_003
	}
	slices.Reverse(many)
	list := func(ids []int) string {
		var b strings.Builder
		b.WriteString("RowID\n")
		for _, id := range ids {
			fmt.Fprintln(&b, id)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name  string
		input string
		parts []string
		want  Expectation
		rows  []row
		err   string
	}{
		{"complete", "RowID\n2\n1\n", []string{"RowID\n1\n", "RowID\n2\n"}, Expectation{Rows: 2}, nil, ""},
		{"some missing", "RowID\n5\n2\n9\n1\n", []string{"RowID\n2\n2\n7\n7\n"}, Expectation{Rows: 4, Missing: 3, Unexpected: 2}, []row{{1, 5}, {3, 9}, {4, 1}}, ""},
		{"no part", "RowID\n5\n", nil, Expectation{Rows: 1, Missing: 1}, []row{{1, 5}}, ""},
		{"far apart", list(many), []string{list(append(many[1:len(many)-1:len(many)-1], 3, 3, 8))}, Expectation{Rows: 600_000, Missing: 2, Unexpected: 3},
			[]row{{1, int64(many[0])}, {600_000, 0}}, ""},
		{"duplicate in the input", "RowID\n5\n5\n", []string{"RowID\n5\n"}, Expectation{}, nil, "duplicate RowID 5"},
		{"no RowID", "RowID\n5\n", []string{"x\n5\n"}, Expectation{}, nil, "RowID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			var got []row
			e, err := Expect(context.Background(), inputs(t, table.CSV, tt.parts...), inputs(t, table.CSV, tt.input)[0], Options{}, func(pos, id int64) error {
				got = append(got, row{pos, id})
				return nil
			})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if e != tt.want || !slices.Equal(got, tt.rows) {
				t.Errorf("got %+v %v, want %+v %v", e, got, tt.want, tt.rows)
			}
		})
	}
}

func TestMissingList(t *testing.T) {
	for _, tt := range []struct {
		positions []int64
		want      string
		text      string
	}{
		{[]int64{3}, `"start": 3, "end": 3`, "3"},
		{[]int64{1, 2, 3, 7}, `"start": 1, "end": 3`, "1-3, 7"},
		{[]int64{1, 3, 5, 7, 9, 11, 12}, `"start": 11, "end": 12`, "1, 3, 5, 7, 9, …"},
	} {
		var b bytes.Buffer
		l, err := NewMissingList(&b, "in.csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, pos := range tt.positions {
			if err := l.Add(pos, pos+10); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		rows := strings.Count(b.String(), `"reason": "missing"`)
		if !strings.Contains(b.String(), tt.want) || rows != len(tt.positions) || l.String() != tt.text {
			t.Errorf("%v: got %q, %s", tt.positions, l, b.String())
		}
		if mine, err := IsMissingList(&b, "in.csv"); !mine || err != nil {
			t.Errorf("its own list: %v, %v", mine, err)
		}
	}
	for _, text := range []string{"", "{}", strings.Repeat("x", 100)} {
		if mine, err := IsMissingList(strings.NewReader(text), "in.csv"); mine || err != nil {
			t.Errorf("%q: %v, %v", text, mine, err)
		}
	}
}

func TestOutputErrors(t *testing.T) {
	disk := errors.New("disk")
	in := inputs(t, table.CSV, "RowID,x\n3,a\n1,a\n", "RowID,x\n2,b\n")
	for _, o := range []Options{{}, {SortBy: "x"}, {Concat: true}} {
		if _, err := Write(context.Background(), in, o, Output{Writer: failingWriter{disk}}); !errors.Is(err, disk) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
