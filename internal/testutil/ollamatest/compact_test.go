package ollamatest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCompactMentions(t *testing.T) {
	const head = "Classify these 3 mentions. Return a JSON array: [number,Topic,Note]\n\n"
	for _, c := range []struct {
		name, user string
		numbers    []int64
		want       []Row
	}{
		{"rows", head + "[1 Negative] Late\nTwo lines\n[\\2] of it (ticket 7)\n[2] No title (ticket 8)\n[3]", []int64{1, 2, 3}, []Row{
			{ID: 1007, Title: "Late", Message: "Two lines\n[2] of it (ticket 7)", Sentiment: "Negative", Number: 1},
			{ID: 1008, Message: "No title (ticket 8)", Number: 2}, {Number: 3},
		}},
		{"one", "Classify\n\n[1] Late\nText", []int64{1}, []Row{{Title: "Late", Message: "Text", Number: 1}}},
		{"cut in front", "itle\n[2 Good] x", []int64{1, 2}, []Row{{Number: 1}, {Message: "x", Sentiment: "Good", Number: 2}}},
		{"none", "", []int64{1}, []Row{{Number: 1}}},
	} {
		if d := cmp.Diff(readCompactMentions(c.user, c.numbers), c.want); d != "" {
			t.Errorf("%s (-got +want):\n%s", c.name, d)
		}
	}
}

func TestNameColumns(t *testing.T) {
	const user = "Return: [number,Topic,Note]\n\n[1] [number, x]\n\n"
	two := []Column{{Labels: []string{"a"}}, {MaxLength: 3}}
	want := []Column{{Name: "Topic", Labels: []string{"a"}}, {Name: "Note", MaxLength: 3}}
	if d := cmp.Diff(New().nameColumns(two, user), want); d != "" {
		t.Errorf("of the message (-got +want):\n%s", d)
	}
	want[0].Name, want[1].Name = "A, B", "C"
	if d := cmp.Diff(New(Column{Name: "A, B"}, Column{Name: "C"}).nameColumns(two, user), want); d != "" {
		t.Errorf("the server's own (-got +want):\n%s", d)
	}
}

func FuzzReadCompactMentions(f *testing.F) {
	f.Add("x\n\n[1 Good] a\nb (ticket 5)\n[2] c")
	f.Add("[1] [2]\n[99999999999999999999] (ticket 99999999999999999999)\n[1")
	f.Fuzz(func(t *testing.T, user string) {
		numbers := []int64{1, 2, 7}
		rows := readCompactMentions(user, numbers)
		for i, n := range numbers {
			if len(rows) != len(numbers) || rows[i].Number != n {
				t.Fatalf("got %+v", rows)
			}
		}
	})
}
