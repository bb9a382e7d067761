package stats

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const doubtPrompt = `{"system_prompt": "p", "columns_to_code": ["Topic", "Mood", "Score", "Note"], "columns": {
	"Topic": {"labels": ["Billing", "Product"]},
	"Mood": {"labels": ["Good", "Bad"]},
	"Score": {"type": "number", "optional": true},
	"Note": {"type": "text"}}}`

// readDoubtPrompt reads the codebook of these tests.
func readDoubtPrompt(t *testing.T) *prompt.Schema {
	t.Helper()
	s, err := prompt.Parse([]byte(doubtPrompt), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReviewTellsDoubts(t *testing.T) {
	const head = "RowID,Message,Mood,Topic,Validated_Mood,Score,Note,Topic_Confidence,Validated_Mood_Confidence,Topic_Agreement,Validated_Mood_Agreement,Score_Agreement,Note_Agreement,Reviewed\n"
	var others strings.Builder
	for i := range 40 {
		fmt.Fprintf(&others, "%d,text %d,,Billing,Good,%d,n,0.999,0.999,1,1,1,1,\n", 100+i, i, i)
	}
	const nothing = "drawn at random: nothing stands out"
	for _, c := range []struct{ name, row, other, why string }{
		{name: "sure", row: "1,m,,Billing,Good,3,n,1,1,1,1,1,1,", why: nothing},
		{name: "nothing known", row: "1,m,,Billing,Good,3,n,,,,,,,", why: nothing},
		{name: "unsure", row: "1,m,,Billing,Good,3,n,0.41,1,1,1,1,1,", why: "Topic: the model was 41% sure"},
		{name: "unsure of a column that the input has too", row: "1,m,,Billing,Good,3,n,1,0.5,1,1,1,1,", why: "Mood: the model was 50% sure"},
		{name: "few votes", row: "1,m,,Billing,Good,3,n,1,1,1,0.666667,1,1,", why: "Mood: 67% of the votes"},
		{name: "few votes for a number", row: "1,m,,Billing,Good,3,n,1,1,1,1,0.4,1,", why: "Score: 40% of the votes"},
		{name: "few votes for a text", row: "1,m,,Billing,Good,3,n,1,1,1,1,1,0.2,", why: nothing},
		{name: "the best first", row: "1,m,,Billing,Good,3,n,0.6,0.9,1,0.5,1,1,", why: "Mood: 50% of the votes; Topic: the model was 60% sure; Mood: the model was 90% sure"},
		{name: "little doubts are not told", row: "1,m,,Billing,Good,3,n,0.6,0.97,1,1,1,1,", why: "Topic: the model was 60% sure"},
		{name: "but alone", row: "1,m,,Billing,Good,3,n,0.999,0.97,1,1,1,1,", why: "Mood: the model was 97% sure"},
		{name: "all but sure", row: "1,m,,Billing,Good,3,n,0.9999,1,1,1,1,1,", why: "Topic: the model was more than 99% sure"},
		{name: "all but none", row: "1,m,,Billing,Good,3,n,0.0001,1,1,1,1,1,", why: "Topic: the model was less than 1% sure"},
		{name: "not at all", row: "1,m,,Billing,Good,3,n,0,1,1,1,1,1,", why: "Topic: the model was 0% sure"},
		{name: "organic before unsure", row: "1,m,,Refund,Good,3,n,0.41,1,1,1,1,1,", why: "Topic: Refund is not in the codebook; Topic: the model was 41% sure"},
		{name: "unsure before rare", row: "1,m,,Product,Good,3,n,0.41,1,1,1,1,1,", why: "Topic: the model was 41% sure; Topic: Product is rare (1 of 41 rows)"},
		{name: "not applicable", row: "1,m,,NOT_APPLICABLE,-,,-,0.7,0.1,1,0.1,0.1,0.1,", why: "Topic: the model was 70% sure"},
		{name: "looked at", row: "1,m,,Billing,Good,3,n,0.41,0.3,1,0.2,1,1,Topic|Validated_Mood", why: nothing},
		{name: "not from 0 to 1", row: "1,m,,Billing,Good,3,n,41,high,1,1,1,1,", why: nothing},
		{name: "another result", row: "1,m,,Billing,Good,3,n,0.9,1,1,1,1,1,", other: "1,m,,Product,Good,3,n,0.1,1,1,1,1,1,", why: "Topic: b.csv says Product; Topic: the model was 90% sure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := []string{head + c.row + "\n" + others.String()}
			if c.other != "" {
				results = append(results, head+c.other+"\n")
			}
			lines := reviewOf(t, ReviewOptions{Rows: 100, Schema: readDoubtPrompt(t), Separate: c.other != ""}, results...)
			at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "1,") })
			if at < 0 || !strings.HasSuffix(lines[at], ","+c.why) {
				t.Errorf("got %q, want %q", lines[max(at, 0)], c.why)
			}
		})
	}
}

// Who was sure is told: of some rows the model, of others its student.
func TestReviewTellsWhoWasSure(t *testing.T) {
	const head = "RowID,Message,Topic,Mood,Topic_Confidence,Mood_Confidence,Model_Name"
	for _, c := range []struct{ name, text, want string }{
		{"a cascade", head + ",Labelled_By\n1,a,Billing,Good,0.4,1,student:s.bin,student\n2,b,Billing,Good,0.5,1,m,m\n", "student model"},
		{"a student alone", head + "\n1,a,Billing,Good,0.4,1,student:s.bin\n2,b,Billing,Good,0.5,1,student:s.bin\n", "student student"},
		{"models", head + ",Labelled_By\n1,a,Billing,Good,0.4,1,m,small\n2,b,Billing,Good,0.5,1,n,large\n", "model model"},
	} {
		lines := reviewOf(t, ReviewOptions{Rows: 2, Columns: []string{"Topic", "Mood"}}, c.text)
		who := strings.Fields(c.want)
		if got, want := strings.Join(lines, "\n"), "Topic: the "+who[0]+" was 40% sure"; !strings.Contains(got, want) || !strings.Contains(got, "Topic: the "+who[1]+" was 50% sure") {
			t.Errorf("%s: got %q, want %s", c.name, got, c.want)
		}
	}
}

// The rows come by the number of wrong values that a look is expected to find; of equal ones the first of the file.
func TestReviewOrdersByWorth(t *testing.T) {
	const head = "RowID,Message,Topic,Mood,Topic_Confidence,Mood_Confidence,Topic_Agreement\n"
	const text = head + `1,a,Billing,Good,0.99,0.98,1
2,b,Billing,Good,0.6,1,1
3,c,Billing,Good,0.7,0.65,1
4,d,Refund,Good,1,1,1
5,e,Billing,Good,1,1,
6,f,Billing,Good,0.6,1,1
7,g,Billing,Good,0.8,1,0.5
8,h,Billing,Good,,0.3,
9,i,Refund,Good,1,1,1
10,j,Billing,Good,0.05,0.2,0.333333
11,k,Product,Good,1,1,1
`
	s := readDoubtPrompt(t)
	want := []string{"10", "4", "8", "3", "9", "7", "2", "6", "1", "5", "11"}
	parts := []string{head + strings.Join(strings.SplitAfter(text, "\n")[1:5], ""), head + strings.Join(strings.SplitAfter(text, "\n")[5:], "")}
	s.Columns = s.Columns[:2] // the others are not in these results
	for name, results := range map[string][]string{"one file": {text}, "two parts": parts} {
		lines := reviewOf(t, ReviewOptions{Rows: 100, Schema: s}, results...)
		var ids []string
		for _, l := range lines {
			id, _, _ := strings.Cut(l, ",")
			ids = append(ids, id)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v\n%s", name, ids, want, strings.Join(lines, "\n"))
		}
		if few := reviewOf(t, ReviewOptions{Rows: 4, Schema: s}, results...); !slices.Equal(few, lines[:4]) {
			t.Errorf("%s: the first four alone are %q", name, few)
		}
	}
}

// Empty columns of confidences change nothing of a review.
func TestReviewWithoutConfidences(t *testing.T) {
	var plain, empty strings.Builder
	plain.WriteString("RowID,Message,Topic\n")
	empty.WriteString("RowID,Message,Topic,Topic_Confidence,Topic_Agreement\n")
	for i := range 300 {
		topic := []string{"Billing", "Product", "Refund", "Billing", "", "Return", "Billing"}[i*i%7]
		fmt.Fprintf(&plain, "%d,m%d,%s\n", i, i%100, topic)
		fmt.Fprintf(&empty, "%d,m%d,%s,,\n", i, i%100, topic)
	}
	s := readDoubtPrompt(t)
	s.Columns = s.Columns[:1]
	a, b := reviewOf(t, ReviewOptions{Rows: 300, Schema: s}, plain.String()), reviewOf(t, ReviewOptions{Rows: 300, Schema: s}, empty.String())
	if !slices.Equal(a, b) {
		t.Error("another review")
	}
}

// More different confidences than are kept as codes are as good; a review finds more of the
// wrong values than rows drawn at random would.
func TestReviewOfManyConfidences(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rows, looked = 15_000, 500
	var b strings.Builder
	b.WriteString("RowID,Message,Topic,Topic_Confidence\n")
	wrong := map[string]bool{}
	confidences := make([]float64, rows)
	for i := range rows {
		confidences[i] = math.Round(1e6*(1-math.Pow(rng.Float64(), 8))) / 1e6
		id := fmt.Sprint(i)
		wrong[id] = rng.Float64() > confidences[i]
		fmt.Fprintf(&b, "%s,m%d,%s,%v\n", id, i, []string{"Billing", "Product"}[i%2], confidences[i])
	}
	found, last := 0, -1.0
	for _, line := range reviewOf(t, ReviewOptions{Rows: looked}, b.String()) {
		cells := strings.Split(line, ",")
		if wrong[cells[0]] {
			found++
		}
		var row int
		if _, err := fmt.Sscan(cells[0], &row); err != nil || confidences[row] < last {
			t.Fatalf("%s comes after one of %v", line, last)
		}
		last = confidences[row]
	}
	all := 0
	for _, is := range wrong {
		if is {
			all++
		}
	}
	if share := float64(found) / looked; share < 5*float64(all)/rows {
		t.Errorf("%.2f of the reviewed rows are wrong, %.2f of all", share, float64(all)/rows)
	}
}

func TestReviewWarnsOfOddConfidences(t *testing.T) {
	const text = "RowID,Message,Topic,Topic_Confidence,Topic_Agreement\n1,m,x,41,1\n2,m,y,0.5,often\n3,m,y,90,\n"
	r, err := WriteReview(context.Background(), []*RatedFile{ratedText("r.csv", text)}, ReviewOptions{Rows: 3}, new(strings.Builder))
	want := []string{"Topic_Confidence: not a number from 0 to 1 in 2 rows, which count as rows without one", "Topic_Agreement: not a number from 0 to 1 in 1 row, which count as rows without one"}
	if err != nil || !slices.Equal(r.Notes, want) {
		t.Errorf("got %q (%v)", r.Notes, err)
	}
}
