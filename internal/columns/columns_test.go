package columns

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/job"
	"prism/internal/table"
)

func TestFind(t *testing.T) {
	names := []string{"RowID", "Title", "Message", "Sentiment", "Nr", "A, B", "Channel"}
	for _, tt := range []struct {
		name string
		c    job.InputColumns
		want Places
	}{
		{"by name", job.InputColumns{}, Places{ID: 0, Text: 2, Title: 1, Sentiment: 3}},
		{"all given", job.InputColumns{IDColumn: "Nr", TextColumn: "Channel", TitleColumn: "Message", SentimentColumn: "Title"}, Places{ID: 4, Text: 6, Title: 2, Sentiment: 1}},
		{"numbered", job.InputColumns{NumberRows: true}, Places{ID: -1, Text: 2, Title: 1, Sentiment: 3}},
		{"the title is the text", job.InputColumns{TextColumn: "Title"}, Places{ID: 0, Text: 1, Title: -1, Sentiment: 3}},
		{"the sentiment is context", job.InputColumns{ContextColumns: []string{"Sentiment"}}, Places{ID: 0, Text: 2, Title: 1, Sentiment: -1, Context: []int{3}}},
		{"the title is the ID", job.InputColumns{IDColumn: "Title"}, Places{ID: 1, Text: 2, Title: -1, Sentiment: 3}},
		{"the title is the sentiment", job.InputColumns{SentimentColumn: "Title"}, Places{ID: 0, Text: 2, Title: -1, Sentiment: 1}},
		{"a name with a comma", job.InputColumns{ContextColumns: []string{"Channel", "A", " B"}}, Places{ID: 0, Text: 2, Title: 1, Sentiment: 3, Context: []int{6, 5}}},
		{"missing", job.InputColumns{TextColumn: "x", ContextColumns: []string{"y"}}, Places{ID: 0, Text: -1, Title: 1, Sentiment: 3, Context: []int{-1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(Find(names, tt.c), tt.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIsBlank(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, " \t\r\n": true, "\u00a0\u2003\u3000": true, "\u200b\ufeff\u2060": true, "\u200d": true, "\u2800": true,
		"\u3164\u115f": true, "\x00\x1b": true, "\ufe0f": true, "\u202e\u00ad": true,
		"-": false, "a": false, " . ": false, "\u200bx": false, "😀": false, "❤\ufe0f": false, "می\u200cخواهم": false, "0": false,
	} {
		if got := IsBlank(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestLikelyColumns(t *testing.T) {
	for _, tt := range []struct {
		name, table string
		c           job.InputColumns
		flags       string // of the command; empty: there is none
	}{
		{"own names", "Ticket,Area,Text\nT-1,x,it is late\n", job.InputColumns{}, "--text-column Text --number-rows"},
		{"near names", "rowid,message\n1,a\n", job.InputColumns{}, "--id-column rowid --text-column message"},
		{"near ID of text", "rowid,Message\nT-1,a\n", job.InputColumns{}, "--number-rows"},
		{"longest texts, not of integers", "Nr,Text\n123456789012,ab\n", job.InputColumns{}, "--text-column Text --number-rows"},
		{"the title is not the text", "Title,Text\nvery long title,ab\n", job.InputColumns{}, "--text-column Text --number-rows"},
		{"given flags stay", "Ticket,Area,Text\nT-1,x,it is late\n", job.InputColumns{ContextColumns: []string{"Area"}, BlankRows: "ask"}, "--text-column Text --context-columns Area --number-rows --blank-rows ask"},
		{"near context", "RowID,Message,Area\n1,a,b\n", job.InputColumns{ContextColumns: []string{"area"}}, "--context-columns Area"},
		{"unknown context", "RowID,Message\n1,a\n", job.InputColumns{ContextColumns: []string{"zzz"}}, ""},
		{"no text at all", "Ticket\n1\n", job.InputColumns{}, ""},
		{"no rows", "Ticket,Text\n", job.InputColumns{}, ""},
		{"numbered twice", "RowID,Message\n1,a\n", job.InputColumns{NumberRows: true}, " "},
		{"quoted", "Ticket,\"The \"\"text\"\", all\"\nT-1,late\n", job.InputColumns{}, `--text-column 'The "text", all' --number-rows`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{
				Table: table.Options{Name: "in.csv", Format: table.AnyCSV}, Columns: tt.c, NeedsText: true,
				Command: func(flags []string, file string) string { return strings.Join(flags, " ") + " " },
			}
			found, err := Examine(strings.NewReader(tt.table), int64(len(tt.table)), o)
			if err != nil {
				t.Fatal(err)
			}
			s := takeSample(strings.NewReader(tt.table), o.Table)
			c, known := fixAll(tt.c, o.findFaults(s, false))
			got := ""
			if known {
				got = strings.Join(c.Args(), " ")
			}
			if got != strings.TrimSpace(tt.flags) || known != (tt.flags != "") {
				t.Errorf("%q (%t), want %q", got, known, tt.flags)
			}
			if err := found.Explain(t.Context(), nil, nil); err == nil {
				t.Error("there is no error")
			}
		})
	}
}
