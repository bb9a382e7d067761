package job

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInputColumnsArgs(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    InputColumns
		want string
	}{
		{"none", InputColumns{BlankRows: BlankNotApplicable}, ""},
		{"all", InputColumns{
			IDColumn: "Nr", TextColumn: "Der Text", TitleColumn: "T", SentimentColumn: "S", ContextColumns: []string{"A, B", "C"},
			NumberRows: true, Delimiter: ";", BlankRows: BlankFailed,
		}, `--id-column Nr --text-column 'Der Text' --title-column T --sentiment-column S --context-columns 'A\, B,C' --number-rows --delimiter ';' --blank-rows fail`},
		{"like a flag", InputColumns{TextColumn: "-x"}, "--text-column=-x"},
		{"a quote", InputColumns{TextColumn: "it's"}, `--text-column 'it'"'"'s'`},
		{"keys that are no flags", InputColumns{InputForm: InputForm{Encoding: "utf-16"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tt.c.Args(), " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestInputColumnsConditions(t *testing.T) {
	usual := new(InputColumns).Conditions()
	same := InputColumns{IDColumn: "RowID", TextColumn: "Message", TitleColumn: "Title", SentimentColumn: "Sentiment", BlankRows: "na"}
	if diff := cmp.Diff(same.Conditions(), usual); diff != "" {
		t.Errorf("names that are the default are another condition: %s", diff)
	}
	for name, c := range map[string]InputColumns{
		"ID": {IDColumn: "x"}, "text": {TextColumn: "x"}, "title": {TitleColumn: "x"}, "sentiment": {SentimentColumn: "x"},
		"context": {ContextColumns: []string{"x"}}, "numbers": {NumberRows: true}, "blank": {BlankRows: "ask"},
	} {
		if cmp.Equal(c.Conditions(), usual) {
			t.Errorf("%s: the conditions are those of none", name)
		}
	}
}
