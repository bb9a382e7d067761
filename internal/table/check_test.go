package table

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name, in string
		o        CheckOptions
		rows     int64
		err      string
	}{
		{name: "good", in: "x,RowID\na,-1\nb,\"2\"\n", rows: 2},
		{name: "no ids", in: "x,y\na,1\nb,1\n", o: CheckOptions{NoIDs: true}, rows: 2},
		{name: "other column", in: "x,y\na,1\nb,2\n", o: CheckOptions{IDColumn: "y"}, rows: 2},
		{name: "missing column", in: "x,y\na,1\n", err: "f:1: missing column RowID; the columns are x, y"},
		{name: "not an integer", in: "RowID\n1\n\"a\n\"\n", err: `f:3: invalid RowID "a\n" (want a 64-bit integer)`},
		{name: "empty", in: "RowID,x\n1,\n,a\n", err: `f:3: RowID is empty`},
		{name: "twice", in: "RowID\n3\n2\n1\n02\n", err: `f:5: duplicate RowID 2 (first on line 3)`},
		{name: "twice and far apart", in: "RowID\n9223372036854775807\n5\n-9223372036854775808\n7\n5\n7\n", err: `f:6: duplicate RowID 5 (first on line 3)`},
		{name: "far apart", in: "RowID\n9223372036854775807\n5\n-9223372036854775808\n", rows: 3},
		{name: "twice before ragged", in: "RowID,x\n3,\n3,\n3\n", err: `f:3: duplicate RowID 3 (first on line 2)`},
		{name: "no rows", in: "RowID,x\n"},
		{name: "semicolons", in: "RowID;Message\n1;a\n", rows: 1},
		{name: "tabs", in: "RowID\tMessage\n1\ta\n", rows: 1},
		{name: "pipes", in: "RowID|Message\n1|a\n", rows: 1},
		{name: "whole floats", in: "RowID,x\n17.0,\n\"18.00\",\n-1.0,\n19,\n", rows: 4},
		{name: "17 and 17.0", in: "RowID,x\n17,\n17.0,\n", err: "f:3: duplicate RowID 17 (first on line 2)"},
		{name: "17.5", in: "RowID,x\n17.5,\n", err: `f:2: invalid RowID "17.5" (want a 64-bit integer)`},
		{name: "another case", in: "rowid,m\n1,a\n", err: "f:1: missing column RowID; the columns are rowid, m (\"rowid\" is not \"RowID\": rename it)"},
		{name: "header after blank lines", in: "\n\nx,y\n", err: "f:3: missing column RowID; the columns are x, y"},
		{name: "ragged first", in: "RowID,x\n3,\n3\n3,\n", err: "f:3: the record has 1 field, the header 2"},
		{name: "jsonl", in: "{\"RowID\":1}\n{\"RowID\":\"2\"}\n", o: CheckOptions{Options: Options{Format: JSONL}}, rows: 2},
		{name: "jsonl empty", in: "", o: CheckOptions{Options: Options{Format: JSONL}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Name = "f"
			got, err := Check(context.Background(), strings.NewReader(tt.in), int64(len(tt.in)), tt.o)
			if got.Rows != tt.rows {
				t.Errorf("%d rows, want %d", got.Rows, tt.rows)
			}
			if msg := fmt.Sprint(err); msg != tt.err && (err != nil || tt.err != "") {
				t.Errorf("error %q, want %q", msg, tt.err)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	in := "RowID,x\n\n1,a\n\n2,\"b\n\"\n3,c\n\n"
	o := CheckOptions{Options: Options{Name: "f"}}
	f := strings.NewReader(in)
	sum, err := Check(context.Background(), f, f.Size(), o)
	if err != nil {
		t.Fatal(err)
	}
	offsets := sum.Offsets(f, o.Options)
	for pos, want := range []int64{8, 8, 14, 21, 26} {
		if got, err := offsets.At(int64(pos)); err != nil || got != want {
			t.Errorf("position %d at %d, %v, want %d", pos, got, err, want)
		}
	}
}
