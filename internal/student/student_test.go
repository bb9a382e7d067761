package student

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const codebook = `{
  "system_prompt": "Label.",
  "columns_to_code": ["Topic", "Areas", "Urgent", "Severity", "Note"],
  "columns": {
    "Topic":    {"labels": ["Billing", "Delivery", "Quality", "Legal"]},
    "Areas":    {"type": "labels", "labels": ["App", "Web", "Store"], "max": 2},
    "Urgent":   {"type": "boolean"},
    "Severity": {"type": "integer", "minimum": 1, "maximum": 5},
    "Note":     {"type": "text"}
  }
}`

func parseCodebook(t testing.TB, text string) *prompt.Schema {
	t.Helper()
	s, err := prompt.Parse([]byte(text), "prompt.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// words that the text of a row has for each of its values.
var words = map[string][]string{
	"Billing": {"invoice", "charged", "refund"}, "Delivery": {"parcel", "courier", "shipped"}, "Quality": {"broken", "scratched", "faulty"},
	"Legal": {"lawyer", "court", "contract"}, prompt.NotApplicable: {"hello", "test", "weather"},
	"App": {"phone", "tapped"}, "Web": {"browser", "website"}, "Store": {"counter", "cashier"},
	"true": {"immediately", "now"}, "false": {"sometime", "whenever"}, "1": {"trifle"}, "5": {"disaster"},
}

// newSample makes rows whose texts hold their labels: every 40th is Legal, every 8th not applicable.
func newSample(rows int) *Sample {
	rng := rand.New(rand.NewPCG(7, 7))
	s := &Sample{Values: make([][]string, 5)}
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	for i := range rows {
		values := []string{pick("Billing", "Delivery", "Quality"), pick("", "App", "Web", "App|Web", "Web|Store"), pick("true", "false"), pick("1", "5"), "a note"}
		if i%40 == 3 {
			values[0] = "Legal"
		}
		if i%8 == 5 {
			values = []string{prompt.NotApplicable, "", "", "", "-"}
		}
		text := fmt.Sprintf("number %d filler%d", i, rng.IntN(50))
		for _, v := range values {
			for _, label := range strings.Split(v, "|") {
				if w := words[label]; w != nil {
					text += " " + pick(w...)
				}
			}
		}
		s.Rows = append(s.Rows, prompt.Mention{RowID: int64(i), Message: text})
		s.Weight = append(s.Weight, 1)
		for c, v := range values {
			s.Values[c] = append(s.Values[c], v)
		}
	}
	return s
}

func train(t testing.TB, s *prompt.Schema, sample *Sample) (*Student, *Opinions) {
	t.Helper()
	st, o, err := Train(t.Context(), s, Inputs{Text: "Message"}, sample, 1)
	if err != nil {
		t.Fatal(err)
	}
	return st, o
}

func TestLabelsWhatTheTextHolds(t *testing.T) {
	s := parseCodebook(t, codebook)
	sample := newSample(800)
	st, _ := train(t, s, sample)
	l := st.NewLabeller(s)
	unseen := newSample(1600)
	right := make([]int, 5)
	for i := 800; i < 1600; i++ {
		row := l.Label(&unseen.Rows[i])
		for c := range right {
			if row.Values[c] == unseen.Values[c][i] {
				right[c]++
			}
		}
		if row.Gate != (row.Values[0] == prompt.NotApplicable) {
			t.Errorf("row %d: gate %v with topic %q", i, row.Gate, row.Values[0])
		}
		if !row.Gate && row.Values[4] != "" {
			t.Errorf("row %d: the text column has %q, want nothing", i, row.Values[4])
		}
	}
	for c, least := range []int{760, 760, 780, 780} {
		if right[c] < least {
			t.Errorf("%s: %d of 800 rows are right, want at least %d", s.Columns[c].Name, right[c], least)
		}
	}
}

func TestRareLabels(t *testing.T) {
	s := parseCodebook(t, codebook)
	sample := newSample(320) // eight rows are Legal, less one that is not applicable
	st, o := train(t, s, sample)
	if c := st.Columns[0]; slices.Contains(c.Cells, "Legal") || !c.Other {
		t.Errorf("topics given: %q, other: %v; want Legal to be among the others", c.Cells, c.Other)
	}
	var rare, common []float64
	for i, value := range sample.Values[0] {
		if o.Columns[0].Given[i] == "Legal" {
			t.Errorf("row %d got the rare label", i)
		}
		if value == "Legal" {
			rare = append(rare, o.Columns[0].Confidence[i])
		} else {
			common = append(common, o.Columns[0].Confidence[i])
		}
	}
	slices.Sort(rare)
	slices.Sort(common)
	if got, want := rare[len(rare)/2], common[len(common)/4]; got >= want {
		t.Errorf("the median confidence of rows with the rare label is %v, want less than three quarters of the others have: %v", got, want)
	}
}

func TestNothingToLearn(t *testing.T) {
	s := parseCodebook(t, codebook)
	if _, _, err := Train(t.Context(), s, Inputs{}, newSample(12), 1); !errors.Is(err, ErrTooFew) {
		t.Errorf("12 rows: got %v, want ErrTooFew", err)
	}
}

func TestGateOfText(t *testing.T) {
	s := parseCodebook(t, `{"system_prompt": "Label.", "columns_to_code": ["Note", "Urgent"], "columns": {"Urgent": {"type": "boolean"}}}`)
	from := newSample(400)
	sample := &Sample{Rows: from.Rows, Weight: from.Weight, Values: [][]string{make([]string, 400), from.Values[2]}}
	for i, topic := range from.Values[0] {
		sample.Values[0][i] = Cell(s, 0, "what it is about")
		if topic == prompt.NotApplicable {
			sample.Values[0][i] = topic
		}
	}
	st, _ := train(t, s, sample)
	l := st.NewLabeller(s)
	refused := l.Label(&prompt.Mention{Message: "hello test weather"})
	if !refused.Gate || !slices.Equal(refused.Values, []string{prompt.NotApplicable, ""}) {
		t.Errorf("a row with nothing to classify: got %q", refused.Values)
	}
	other := l.Label(&prompt.Mention{Message: "invoice charged website immediately"})
	if other.Gate || !slices.Equal(other.Values, []string{"", "true"}) {
		t.Errorf("another row: got %q", other.Values)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	s := parseCodebook(t, codebook)
	files := map[string]bool{}
	for _, cores := range []int{1, 3, 8} {
		before := runtime.GOMAXPROCS(cores)
		st, _ := train(t, s, newSample(200))
		runtime.GOMAXPROCS(before)
		files[string(encode(t, st))] = true
	}
	if len(files) != 1 {
		t.Errorf("three trainings on 1, 3 and 8 cores made %d different files", len(files))
	}
}

func TestEqualRowsAreInOneFold(t *testing.T) {
	rows := make([][]bucketCount, 100)
	for i := range rows {
		rows[i] = []bucketCount{{uint32(i % 10), 1}}
	}
	tr := &trainer{rows: rows, folds: 5, seed: 3}
	tr.dealFolds()
	for i, fold := range tr.fold {
		if fold != tr.fold[i%10] {
			t.Fatalf("row %d is in fold %d, its equal %d in %d", i, fold, i%10, tr.fold[i%10])
		}
	}
	for fold := range int32(5) {
		if !slices.Contains(tr.fold, fold) {
			t.Errorf("fold %d has no row", fold)
		}
	}
}

func encode(t testing.TB, st *Student) []byte {
	t.Helper()
	file, err := st.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return file
}
