package override

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

const codebook = `{"system_prompt": "p", "columns_to_code": ["Topic", "Areas", "Severity", "Score", "Refund", "Order"],
 "columns": {
  "Topic": {"labels": ["Billing", "Product", "Köln"]},
  "Areas": {"type": "labels", "labels": ["App", "Web", "Store"], "max": 2},
  "Severity": {"type": "integer", "minimum": 1, "maximum": 5},
  "Score": {"type": "number"},
  "Refund": {"type": "boolean"},
  "Order": {"type": "text", "max_length": 10, "optional": true}}}`

func parseCodebook(t testing.TB) *prompt.Schema {
	t.Helper()
	s, err := prompt.Parse([]byte(codebook), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openText opens text as a file of this name.
func openText(t testing.TB, name, text string) *table.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &table.File{File: f, Name: name, Size: int64(len(text))}
}

// applyTo rewrites a result with overrides.
func applyTo(t testing.TB, resultName, result, overridesName, overrides string) (out string, o *Overrides, err error) {
	t.Helper()
	options, err := table.NewOptions(resultName, "", "")
	if err != nil {
		t.Fatal(err)
	}
	h, err := table.ReadHeader(strings.NewReader(result), int64(len(result)), options)
	if err != nil {
		return "", nil, err
	}
	ctx := context.Background()
	o, err = Read(ctx, openText(t, overridesName, overrides), Options{Schema: parseCodebook(t), IDColumn: "RowID", Columns: h.Names, Result: resultName})
	if err != nil {
		return "", nil, err
	}
	var b bytes.Buffer
	if err := Apply(ctx, []*Overrides{o}, strings.NewReader(result), int64(len(result)), options, &b); err != nil {
		return "", o, err
	}
	return b.String(), o, o.Err()
}

func TestApplyReplacesWhatDiffers(t *testing.T) {
	const head = "RowID,Topic,Areas,Severity,Score,Refund,Order\n"
	for _, c := range []struct{ name, row, typed, want string }{
		{"equal", "1,Billing,App,3,1.5,true,A", "1,billing,app,3.0,1.50,TRUE,A", "1,Billing,App,3,1.5,true,A,"},
		{"other order", "1,Billing,App|Web,3,1,true,", "1,,Web | App,,,,", "1,Billing,App|Web,3,1,true,,"},
		{"labels", "1,Billing,App,3,1,true,", `1,,"[""Store"",""Web""]",,,,`, "1,Billing,Web|Store,3,1,true,,Areas"},
		{"no labels", "1,Billing,App,3,1,true,", "1,,[],,,,", "1,Billing,,3,1,true,,Areas"},
		{"null", "1,Billing,App,3,1,true,A", "1,,,,,,NULL", "1,Billing,App,3,1,true,,Order"},
		{"number", "1,Billing,App,3,1,true,A", "1,,,,2.50,,", "1,Billing,App,3,2.5,true,A,Score"},
		{"French", "1,Billing,App,3,1,true,A", "1,,,,,FAUX,", "1,Billing,App,3,1,false,A,Refund"},
		{"decomposed", "1,Köln,App,3,1,true,A", "1,Ko\u0308ln,,,,,", "1,Köln,App,3,1,true,A,"},
		{"organic stays", "1,Other,App|X,3,1,true,A", "1,other,App|X,,,,", "1,Other,App|X,3,1,true,A,"},
		{"beyond its bounds stays", "1,Billing,App,9,1,true,A", "1,,,9,,,", "1,Billing,App,9,1,true,A,"},
		{"not applicable", "1,Billing,App,3,1,true,A", "1,Not_Applicable,,,,,", "1,NOT_APPLICABLE,App,3,1,true,A,Topic"},
		{"quotes are kept", `1,"Billing",App,3,1,true,"a,b"`, "1,,,4,,,", `1,"Billing",App,4,1,true,"a,b",Severity`},
		{"a number of a text", "1,Billing,App,3,1,true,007", "1,,,,,,7", "1,Billing,App,3,1,true,007,"},
		{"a shortened number", "1,Billing,App,3,1,true,1234567890", "1,,,,,,\"1,23457E+9\"", "1,Billing,App,3,1,true,1234567890,"},
		{"another number", "1,Billing,App,3,1,true,007", "1,,,,,,8", "1,Billing,App,3,1,true,8,Order"},
		{"blank", "1,Billing,App,3,1,true,A", "1, , ,,,,", "1,Billing,App,3,1,true,A,"},
		{"no row", "1,Billing,App,3,1,true,A", ",,,,,,", "1,Billing,App,3,1,true,A,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := applyTo(t, "r.csv", head+c.row+"\n", "o.csv", head+c.typed+"\n")
			want := strings.TrimSuffix(head, "\n") + ",Reviewed\n" + c.want + "\n"
			if err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestReviewedOfTheInput(t *testing.T) {
	const head = "RowID,Reviewed,Topic\n"
	got, _, err := applyTo(t, "r.csv", head+"1,2024-05-01,Billing\n2,,Product\n", "o.csv", "RowID,Topic\n1,Product\n2,Product\n")
	if err == nil || err.Error() != `o.csv: r.csv has a column Reviewed of its own ("2024-05-01"): rename it` {
		t.Errorf("a date: got %q, %v", got, err)
	}
	got, o, err := applyTo(t, "r.csv", head+"1,Topic,Billing\n2,,Product\n", "o.csv", "RowID,Topic,Reviewed\n1,Product,\n2,Billing,Topic\n")
	if want := head + "1,Topic,Product\n2,Topic,Billing\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if s := o.Summary(); s.Values != 2 || s.Replaced != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestApplyToJSONL(t *testing.T) {
	result := `{"RowID":1,"Topic":"Billing","Areas":["App"],"Severity":3}` + "\n" + `{ "RowID": 2, "Topic": "Product" }` + "\n" + `{}` + "\n"
	_, _, err := applyTo(t, "r.jsonl", result, "o.csv", "RowID,Topic\n2,Billing\n")
	if err == nil || !strings.Contains(err.Error(), "RowID is empty") {
		t.Errorf("a row without RowID: %v", err)
	}
	result = strings.TrimSuffix(result, "{}\n")
	got, _, err := applyTo(t, "r.jsonl", result, "o.csv", "RowID,Areas,Severity\n1,Web|App,4\n")
	want := `{"RowID":1,"Topic":"Billing","Areas":["App","Web"],"Severity":4,"Reviewed":"Areas|Severity"}` + "\n" +
		`{ "RowID": 2, "Topic": "Product" ,"Reviewed":""}` + "\n"
	if err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// What people changed in columns that are no labels is not taken, and they are told; what a
// spreadsheet program makes of a cell is no change.
func TestEditsOfOtherColumnsAreNoted(t *testing.T) {
	const long = "a text that is longer than any number or date is "
	for _, c := range []struct {
		name, present, given string
		want                 bool
	}{
		{"the same", "one", "one", false},
		{"blanks around", "one", " one ", false},
		{"another", "one", "two", true},
		{"nothing typed", "one", "", false},
		{"a number", "1.50", "1,5", false},
		{"another number", "1.50", "1.6", true},
		{"a boolean", "true", "TRUE", false},
		{"characters that are lost", "退款", "??", false},
		{"a long text", long, long, false},
		{"the case of a long text", long, strings.ToUpper(long), true},
		{"line ends", long + "\r\n" + long, long + "\n" + long, false},
		{"lost in a long text", long + "退", long + "?", false},
		{"another line", long + "\n" + long, long + "\nx", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, o, err := applyTo(t, "r.csv", "RowID,Comment,Topic\n1,\""+c.present+"\",Billing\n", "o.csv", "RowID,Comment,Topic\n1,\""+c.given+"\",Billing\n")
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(o.Summary().Notes, "\n")
			if got := strings.Contains(notes, `"Comment"`); got != c.want || got != (notes != "") {
				t.Errorf("got notes %q, want one: %v", notes, c.want)
			}
		})
	}
}

// TestFaultsAreBounded shows that a million mistakes take neither a million lines nor the
// memory of them.
func TestFaultsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("RowID,Topic\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "%d,Billng %d\n", i, i)
	}
	_, o, err := applyTo(t, "r.csv", "RowID,Topic\n1,Billing\n", "o.csv", b.String())
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxFaults+1 || lines[0] != `o.csv:2: unknown RowID 0: those of r.csv go from 1 to 1; a row that failed is in no result` || lines[maxFaults] != "o.csv: 981 more faults like these" {
		t.Errorf("got %d lines: %s", len(lines), err)
	}
	if len(o.faults.list) > 8*maxFaults {
		t.Errorf("%d faults are kept", len(o.faults.list))
	}
}

func TestTexts(t *testing.T) {
	var all texts
	long := strings.Repeat("x", 3*pageSize)
	want := []string{"", "a", long, "b", strings.Repeat("y", 1000)}
	for i, text := range want {
		if n := all.addText(validValue, text); n != uint32(i+1) {
			t.Fatalf("number %d of text %d", n, i)
		}
	}
	for i, text := range want {
		if kind, got := all.text(uint32(i + 1)); kind != validValue || string(got) != text {
			t.Errorf("text %d: got %.20q", i, got)
		}
	}
}

func TestLossyCopies(t *testing.T) {
	for _, c := range []struct {
		value, present string
		want           bool
	}{
		{"??", "退款", true}, {"??", "😀", true}, {"a ? b", "a 退 b", true}, {"Köln ?", "Köln ω", true},
		{"?", "?", false}, {"why?", "why not", false}, {"??", "退", false}, {"K?ln", "Köln", false},
	} {
		if got := isLossyCopy(c.value, c.present); got != c.want {
			t.Errorf("%q of %q: got %v", c.value, c.present, got)
		}
	}
}

// FuzzApply reads anything as overrides of a result: no row is lost, doubled or moved, and
// a value that is replaced is one of the codebook.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{
		"RowID,Topic\n1,Billing\n", "RowID;Topic;Score\r\n2;Product;1,5\r\n", `[{"RowID":1,"Areas":["Web"]}]`, "Topic\tRowID\nBilling\t3\n",
		"\xff\xfeR\x00o\x00", "RowID,Topic\n1,\"Bil\nling\"\n", "RowID,Topic,Topic\n1,a,b\n", "RowID,,Refund\n1,x,WAHR\n",
	} {
		f.Add(seed)
	}
	const result = "RowID,Topic,Areas,Severity,Score,Refund,Order\n1,Billing,App,3,1.5,true,A\n2,\"Product\",,1,2,false,\n3,Other,Web,5,3,true,\"x,y\"\n"
	s := parseCodebook(f)
	f.Fuzz(func(t *testing.T, text string) {
		out, o, err := applyTo(t, "r.csv", result, "o.csv", text)
		if err != nil {
			return
		}
		r, err := table.NewReader(strings.NewReader(out), table.Options{Name: "out", Format: table.CSV})
		if err != nil {
			t.Fatal(err)
		}
		before, _ := table.NewReader(strings.NewReader(result), table.Options{Name: "r", Format: table.CSV})
		values := int64(0)
		for range 3 {
			was, _ := before.Next()
			is, err := r.Next()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			reviewed := strings.Split(string(is.Text(nil, 7)), "|")
			for i, name := range r.Header().Names[:7] {
				a, b := string(was.Text(nil, i)), string(is.Text(nil, i))
				if a == b {
					continue
				}
				values++
				if cell, err := s.ParseTyped(&s.Columns[i-1], b, false); err != nil && b != "" || cell != b && b != "" {
					t.Errorf("%s: %q was replaced by %q: %v", name, a, b, err)
				}
				if !strings.Contains("|"+strings.Join(reviewed, "|")+"|", "|"+name+"|") {
					t.Errorf("%s was replaced, and Reviewed is %q", name, reviewed)
				}
			}
		}
		if o.Summary().Values < values {
			t.Errorf("%d values differ, %d are told", values, o.Summary().Values)
		}
	})
}
