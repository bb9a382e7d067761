package report

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"prism/internal/stats"
)

func undefined() stats.Figure { return stats.Figure(math.NaN()) }

// formCase is a text that a form of a result has.
type formCase struct{ name, form, want string }

// checkForms writes a result in the forms of the cases, and looks for their texts: lines of text
// and Markdown, whole records of CSV without quotes, any part of a page.
func checkForms(t *testing.T, r *stats.Result, d *PageData, cases []formCase) {
	t.Helper()
	forms := map[string]string{"text": string(Text(r)), "Markdown": string(Markdown(r)), "CSV": recordsOf(t, r)}
	page, err := HTML(r, d)
	if err != nil {
		t.Fatal(err)
	}
	forms["page"] = string(page)
	for _, c := range cases {
		got, want := forms[c.form], c.want
		if c.form != "page" {
			got, want = "\n"+got, "\n"+want+"\n"
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing in the %s\n%s", c.name, c.want, c.form, got[max(0, strings.Index(got, "<main>")):])
		}
	}
}

// recordsOf is the records of the CSV, a line each, with | between the fields.
func recordsOf(t *testing.T, r *stats.Result) string {
	t.Helper()
	text, err := CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, record := range records {
		b.WriteString(strings.Join(record, "|") + "\n")
	}
	return b.String()
}
