package stats

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

// reviewOf writes the review of results, and returns its lines without the header.
func reviewOf(t *testing.T, o ReviewOptions, results ...string) []string {
	t.Helper()
	var files []*RatedFile
	for i, text := range results {
		files = append(files, &RatedFile{Content: strings.NewReader(text), Size: int64(len(text)), Options: table.Options{Name: fmt.Sprintf("%c.csv", 'a'+i)}})
	}
	var out strings.Builder
	r, err := WriteReview(context.Background(), files, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")[1:]
	if int64(len(lines)) != r.Rows {
		t.Fatalf("%d rows are written, %d told", len(lines), r.Rows)
	}
	return lines
}

func TestReviewReasons(t *testing.T) {
	s, err := prompt.Parse([]byte(`{"system_prompt": "p", "columns_to_code": ["Topic", "Areas", "Mood", "Score", "Note"], "columns": {
		"Topic": {"labels": ["Billing", "Product"]},
		"Areas": {"type": "labels", "labels": ["App", "Web"]},
		"Mood": {"labels": ["Good", "Bad"]},
		"Score": {"type": "integer", "minimum": 1, "maximum": 5, "optional": true},
		"Note": {"type": "text"}}}`), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	const head = "RowID,Title,Message,Mood,Topic,Areas,Validated_Mood,Score,Note,Reviewed\n"
	plain := "9,t,text %d,,Billing,App,Good,3,x,\n"
	var others strings.Builder
	for i := range 40 {
		fmt.Fprintf(&others, strings.Replace(plain, "9", fmt.Sprint(100+i), 1), i)
	}
	for _, c := range []struct{ name, row, other, why string }{
		{name: "nothing", row: "1,t,m,,Billing,App,Good,3,y,", why: "drawn at random: nothing stands out"},
		{name: "organic", row: "1,t,m,,Refund,App,Good,3,y,", why: "Topic: Refund is not in the codebook"},
		{name: "organic among several", row: "1,t,m,,Billing,App|X,Good,3,y,", why: "Areas: App|X is not in the codebook"},
		{name: "beyond its bounds", row: "1,t,m,,Billing,App,Good,9,y,", why: "Score: 9 is not in the codebook"},
		{name: "no value", row: "1,t,m,,,App,Good,3,y,", why: "Topic: there is no value"},
		{name: "no value of an optional one", row: "1,t,m,,Billing,,Good,,y,", why: "Areas: [] is rare (1 of 41 rows)"},
		{name: "rare", row: "1,t,m,,Product,App,Good,3,y,", why: "Topic: Product is rare (1 of 41 rows)"},
		{name: "not applicable", row: "1,t,m,,NOT_APPLICABLE,,-,,-,", why: "drawn at random: nothing stands out"},
		{name: "the input agrees", row: "1,t,m,good,Billing,App,Good,3,y,", why: "drawn at random: nothing stands out"},
		{name: "the input differs", row: "1,t,m,Bad,Billing,App,Good,3,y,", why: "Mood: the input says Bad"},
		{name: "the input speaks of stars", row: "1,t,m,4 stars,Billing,App,Good,3,y,", why: "drawn at random: nothing stands out"},
		{name: "looked at", row: "1,t,m,,Refund,App,Good,3,y,Topic|Note", why: "drawn at random: nothing stands out"},
		{name: "another column looked at", row: "1,t,m,,Refund,App,Good,3,y,Note", why: "Topic: Refund is not in the codebook"},
		{name: "the best first", row: "1,t,m,,Product,App|X,Good,3,y,", why: "Areas: App|X is not in the codebook; Topic: Product is rare (1 of 41 rows)"},
		{name: "the same text", row: "1,t,text 7,,Product,App,Good,3,y,", why: "Topic: Product is rare (1 of 41 rows)"},
		{name: "another result", row: "1,t,m,,Billing,App,Good,3,y,", other: "1,t,m,,Product,App,good,3,z,", why: "Topic: b.csv says Product"},
		{name: "another result without a value", row: "1,t,m,,Billing,App,Good,3,y,", other: "1,t,m,,,App,good,3,z,", why: "Topic: b.csv says nothing"},
		{name: "a result that lacks the row", row: "1,t,m,,Billing,App,Good,3,y,", other: "2,t,m,,Product,App,good,3,z,", why: "drawn at random: nothing stands out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := []string{head + c.row + "\n" + others.String()}
			if c.other != "" {
				results = append(results, head+c.other+"\n")
			}
			lines := reviewOf(t, ReviewOptions{Rows: 100, Schema: s, Separate: c.other != ""}, results...)
			at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "1,") })
			if at < 0 || !strings.HasSuffix(lines[at], ","+c.why) {
				t.Errorf("got %q, want %q", lines[max(at, 0)], c.why)
			}
		})
	}
}

// A label that many rows have does not hide other reasons: its rows are worth less and less.
func TestReviewIsDiverse(t *testing.T) {
	var b strings.Builder
	b.WriteString("RowID,Message,Topic\n")
	for i := range 2000 {
		topic := []string{"Billing", "Billing", "Refund", "Product"}[i%4]
		if i == 1999 {
			topic = "Rare"
		}
		fmt.Fprintf(&b, "%d,m%d,%s\n", i, i, topic)
	}
	s, err := prompt.Parse([]byte(`{"system_prompt": "p", "columns_to_code": ["Topic"], "columns": {"Topic": {"labels": ["Billing", "Product", "Rare"]}}}`), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	lines := reviewOf(t, ReviewOptions{Rows: 20, Schema: s}, b.String())
	if len(lines) != 20 || !strings.HasPrefix(lines[0], "2,m2,Refund,") {
		t.Errorf("got %q", lines)
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "1999,") }) {
		t.Errorf("the rare label is not there: %q", lines)
	}
	again := reviewOf(t, ReviewOptions{Rows: 20, Schema: s}, b.String())
	if !slices.Equal(lines, again) {
		t.Error("another review of the same rows")
	}
	for _, n := range []int64{1, 7, 2000, 5000} {
		if got := reviewOf(t, ReviewOptions{Rows: n, Schema: s}, b.String()); int64(len(got)) != min(n, 2000) {
			t.Errorf("%d rows of %d", len(got), n)
		}
	}
}
