package override

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

// addTo applies overrides to a result, and adds the rows of an input that the result lacks.
func addTo(t *testing.T, s *prompt.Schema, input, result string, tables ...string) (out string, added int64, err error) {
	t.Helper()
	ctx := context.Background()
	name := "r.csv"
	if strings.HasPrefix(result, "{") {
		name = "r.jsonl"
	}
	options, err := table.NewOptions(name, "", "")
	if err != nil {
		t.Fatal(err)
	}
	h, err := table.ReadHeader(strings.NewReader(result), int64(len(result)), options)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Overrides
	for _, text := range tables {
		o, err := Read(ctx, openText(t, "o.csv", text), Options{Schema: s, IDColumn: "RowID", Columns: h.Names, Result: name})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if err := Apply(ctx, all, strings.NewReader(result), int64(len(result)), options, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	inputOptions, err := table.NewOptions("in.csv", "", "")
	if err != nil {
		t.Fatal(err)
	}
	added, err = AddRows(ctx, all, strings.NewReader(input), int64(len(input)), inputOptions, append(h.Names, Reviewed), h.Format, &b)
	for _, o := range all {
		if err == nil {
			err = o.Err()
		}
	}
	return b.String(), added, err
}

func TestAddRows(t *testing.T) {
	const (
		input  = "RowID,Comment\n1,one\n2,\"two, too\"\n3,three\n"
		head   = "RowID,Comment,Model_Name,Topic,Areas,Severity,Score,Refund,Order"
		result = head + "\n1,one,qwen3,Billing,App,3,1.5,true,A\n"
		typed  = "RowID,Topic,Areas,Severity,Score,Refund,Order\n"
		all    = "2,product,web|App,4,2.50,FAUX,"
	)
	for _, c := range []struct {
		name   string
		tables []string
		want   string // rows behind the header
		err    string
	}{
		{"no new row", []string{typed + "1,Product,,,,,\n"}, "", ""},
		{"all values but those that may lack", []string{typed + all + "\n"}, `2,"two, too",,Product,App|Web,4,2.5,false,,Topic|Areas|Severity|Score|Refund` + "\n", ""},
		{"of two files the later", []string{typed + all + "x\n", typed + "2,Billing,,5,,,\n"}, `2,"two, too",,Billing,App|Web,5,2.5,false,x,Topic|Areas|Severity|Score|Refund|Order` + "\n", ""},
		{"of two files together", []string{typed + "2,Product,Web,,,,\n", typed + "2,,,1,1,vrai,\n"}, `2,"two, too",,Product,Web,1,1,true,,Topic|Areas|Severity|Score|Refund` + "\n", ""},
		{"the default is enough where nothing applies", []string{typed + "2,not_applicable,,,,,\n"}, `2,"two, too",,NOT_APPLICABLE,,,,,-,Topic` + "\n", ""},
		{"values lack", []string{typed + "3,Billing,,2,,true,\n"}, "", "o.csv:2: no result has the row, so it requires values of Areas, Score too"},
		{"a value that the codebook lacks", []string{typed + "\n3,Billng,Web,2,1,true,\n"}, "", `o.csv:3: Topic`},
		{"a row that the input lacks, too", []string{typed + all + "\n9,Billing,Web,2,1,true,\n"}, `2,"two, too",,Product,App|Web,4,2.5,false,,Topic|Areas|Severity|Score|Refund` + "\n", "o.csv:3: unknown RowID 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, added, err := addTo(t, parseCodebook(t), input, result, c.tables...)
			if got = strings.TrimPrefix(got, head+",Reviewed\n"); got != c.want || added != int64(strings.Count(c.want, "\n")) {
				t.Errorf("got %d rows %q, want %q", added, got, c.want)
			}
			switch {
			case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)):
				t.Errorf("got error %v, want %q", err, c.err)
			}
		})
	}
}

func TestAddRowsToJSONL(t *testing.T) {
	const result = `{"RowID":1,"Comment":"one","Model_Name":"qwen3","Topic":"Billing","Areas":["App"],"Severity":3,"Score":1.5,"Refund":true,"Order":"A"}` + "\n"
	got, added, err := addTo(t, parseCodebook(t), "RowID,Comment\n2,\"a \"\"b\"\"\"\n", result, "RowID,Topic,Areas,Severity,Score,Refund\n2,Product,Web|App,4,2.50,true\n")
	want := `{"RowID":2,"Comment":"a \"b\"","Model_Name":null,"Topic":"Product","Areas":["App","Web"],"Severity":4,"Score":2.5,"Refund":true,"Order":null,"Reviewed":"Topic|Areas|Severity|Score|Refund"}` + "\n"
	if err != nil || added != 1 || got != want {
		t.Errorf("got %d rows %s, %v, want %s", added, got, err, want)
	}
}

func TestAddRowsOfAnInputWithoutIDs(t *testing.T) {
	_, _, err := addTo(t, parseCodebook(t), "Comment\none\n", "RowID,Comment,Topic\n1,one,Billing\n", "RowID,Topic\n2,Billing\n")
	if err == nil || !strings.Contains(err.Error(), "RowID") || !strings.Contains(err.Error(), "in.csv") {
		t.Errorf("got error %v, want one that names the file and the column", err)
	}
}
