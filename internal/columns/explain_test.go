package columns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/job"
	"prism/internal/table"
)

// explain examines a table as a command does: its header, then its rows. It returns the
// hints, the warnings, and what is in the way.
func explain(t *testing.T, text string, o Options) (hint string, warnings []string, obstacles error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := table.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	o.Table = table.Options{Name: "in.csv", Format: table.AnyCSV}
	o.Command = func(flags []string, file string) string {
		return strings.Join(append([]string{"go", file}, flags...), " ")
	}
	found, err := Examine(file, file.Size, o)
	if err != nil {
		t.Fatal(err)
	}
	var scanErr error
	if found.CanScan() {
		_, scanErr = table.Check(context.Background(), file, file.Size, table.CheckOptions{Options: o.Table, IDColumn: o.Columns.IDColumn, NoIDs: !found.HasIDs(), NoSum: true})
	}
	obstacles = found.Explain(context.Background(), file, scanErr)
	if hinted, ok := obstacles.(interface{ Hint() string }); ok {
		hint = hinted.Hint()
	}
	return hint, found.Warnings(file, file.Size), obstacles
}

// What is in the way of labelling a table, all at once, what removes it, and what is told
// of a table that can be labelled.
func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		name, table         string
		o                   Options
		err, hint, warnings string // whole, a line each
	}{
		{name: "nothing", table: "RowID,Message\n1,a\n"},
		{
			name: "own names", table: "Ticket,Text\nT-1,it is late\n", o: Options{NeedsText: true},
			err: "in.csv:1: missing column RowID; the columns are Ticket, Text\nin.csv:1: missing column Message",
			hint: "--number-rows numbers the rows; --id-column NAME names a column that has a different integer in every row\n" +
				"--text-column Text takes the text from that column, which has the longest texts\nto do all of it: go in.csv --text-column Text --number-rows",
		},
		{
			name: "texts as RowIDs", table: "RowID,Message\nT-1,a\nT-2,b\n", err: `in.csv:2: invalid RowID "T-1" (want a 64-bit integer)`,
			hint: "to convert it, with numbered rows: prism-split --normalize -o in_normal.csv in.csv",
		},
		{
			name: "texts as IDs of another name", table: "Nr,Message\nA-1,a\nA-2,b\n", o: Options{Columns: job.InputColumns{IDColumn: "Nr"}},
			err:  `in.csv:2: invalid Nr "A-1" (want a 64-bit integer)`,
			hint: "--number-rows numbers the rows instead, and keeps column \"Nr\"\nto do all of it: go in.csv --number-rows",
		},
		{name: "a RowID twice", table: "RowID,Message\n1,a\n1,b\n", err: "in.csv:3: duplicate RowID 1 (first on line 2)"},
		{
			name: "an ID twice", table: "Ticket,Message\n7,a\n7,b\n", o: Options{Columns: job.InputColumns{IDColumn: "Ticket"}},
			err:  "in.csv:3: duplicate Ticket 7 (first on line 2)",
			hint: "--number-rows numbers the rows instead, and keeps column \"Ticket\"\nto do all of it: go in.csv --number-rows",
		},
		{
			name: "JSON", table: `[{"Ticket":"T","Text":"long text"}]`,
			err: "in.csv:1: this is JSON, not CSV\nin.csv:1: missing column Message; the columns are RowID, Ticket, Text",
			hint: "to convert it: prism-split --normalize -o in_normal.csv in.csv\n" +
				"--text-column Text takes the text from that column, which has the longest texts\n" +
				"to do all of it: prism-split --normalize -o in_normal.csv in.csv && go in_normal.csv --text-column Text",
		},
		{name: "PDF", table: "%PDF-1.4", err: "in.csv:1: this is a PDF; export the table as CSV from where it was made"},
		{name: "empty", err: "in.csv:1: the file is empty; its first line must name the columns"},
		{
			name: "a required column", table: "RowID,Message\n1,a\n", o: Options{Required: []string{"Area", "RowID"}},
			err: "in.csv:1: missing column Area; the columns are RowID, Message", hint: "required_input_columns of settings.json names the columns that an input must have",
		},
		{
			name: "named columns", table: "RowID,Message\n1,a\n", o: Options{Columns: job.InputColumns{TitleColumn: "message", SentimentColumn: "Mood"}},
			err: "in.csv:1: missing column message; the columns are RowID, Message (\"Message\" is not \"message\": rename it)\nin.csv:1: missing column Mood",
			// one of them is unknown, so no command does all
			hint: "write \"Message\" in --title-column\n--sentiment-column NAME must name a column of the table",
		},
		{
			name: "keys of a job", table: "RowID,Message\n1,a\n", o: Options{Keys: true, Columns: job.InputColumns{TextColumn: "Text", NumberRows: true}},
			err:  "in.csv:1: the table already has a column RowID: its rows cannot be numbered\nin.csv:1: missing column Text",
			hint: "leave out number_rows: true\ntext_column: \"Message\" takes the text from that column, which has the longest texts\nto do all of it: go in.csv --text-column Message",
		},
		{
			name: "IDs and numbers", table: "Nr,Message\n1,a\n", o: Options{Columns: job.InputColumns{IDColumn: "Nr", NumberRows: true}},
			err:  `in.csv:1: --id-column Nr and --number-rows are mutually exclusive`,
			hint: "leave one of them out: a RowID is either a value of that column or the position of its row",
		},
		{
			name: "a text that is not needed yet", table: "RowID,Text\n1,a\n",
			warnings: "in.csv:1: missing column Message, which prism-classify labels: --text-column Text takes the text from that column, which has the longest texts",
		},
		{
			name: "near misses", table: "RowID,Message,title,sentiment \n1,a,b,c\n",
			warnings: "in.csv:1: the model does not see column \"title\": rename it to \"Title\", if that is what it is\n" +
				"in.csv:1: the model does not see column \"sentiment \": rename it to \"Sentiment\", if that is what it is\n" +
				"in.csv:1: or say what they are: --title-column title --sentiment-column 'sentiment '",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hint, warnings, obstacles := explain(t, tt.table, tt.o)
			got := ""
			if obstacles != nil {
				got = obstacles.Error()
			}
			if diff := cmp.Diff([]string{got, hint, strings.Join(warnings, "\n")}, []string{tt.err, tt.hint, tt.warnings}); diff != "" {
				t.Error(diff)
			}
			if is := AreTextIDs(obstacles); is != (tt.name == "texts as RowIDs") {
				t.Errorf("AreTextIDs is %t", is)
			}
			if is := obstacles != nil && NeedsNormalizing(obstacles); is != (tt.name == "JSON") {
				t.Errorf("NeedsNormalizing is %t", is)
			}
		})
	}
}

// What a caller adds is told with the rest; what is not of the table is told alone.
func TestExplainOtherErrors(t *testing.T) {
	const text = "RowID,Text\n1,a\n"
	o := Options{Table: table.Options{Name: "in.csv", Format: table.CSV}, NeedsText: true}
	found, err := Examine(strings.NewReader(text), int64(len(text)), o)
	if err != nil {
		t.Fatal(err)
	}
	found.AddError(errors.Join(errors.New("first"), errors.New("second")))
	found.AddError(errors.New("third"))
	found.AddError(nil)
	if got, want := fmt.Sprint(found.Explain(context.Background(), nil, nil)), "in.csv:1: missing column Message; the columns are RowID, Text\nfirst\nsecond\nthird"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	disk := errors.New("the disk is gone")
	if got := found.Explain(context.Background(), nil, disk); got != disk {
		t.Errorf("got %v, want %v", got, disk)
	}
}

func TestLook(t *testing.T) {
	const text = "RowID,Nr,Text,Empty\n1,7, ,\n2,x,the longest text, \n3,y,b,\n"
	p := Look(strings.NewReader(text), int64(len(text)), table.Options{Format: table.CSV})
	if diff := cmp.Diff(p.Values, []string{"1", "7", "the longest text", ""}); diff != "" {
		t.Error(diff)
	}
	if p.LikelyText != 2 || !p.HasIntegers(0) || p.HasIntegers(1) || p.HasTexts(0) || !p.HasTexts(1) {
		t.Errorf("likely text %d; integers %t, %t; texts %t, %t", p.LikelyText, p.HasIntegers(0), p.HasIntegers(1), p.HasTexts(0), p.HasTexts(1))
	}
}
