package ollamatest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// userMessage is a batch's message as the prompt package writes it.
func userMessage(rows ...Row) string {
	var b strings.Builder
	mention := func(r Row) {
		b.WriteString("RowID: " + itoa(r.ID) + "\n")
		if r.Sentiment != "" {
			b.WriteString("[INPUT SENTIMENT]: " + r.Sentiment + " ← Validate and override if wrong\n")
		}
		b.WriteString("\n")
		if r.Title != "" {
			b.WriteString("Title: " + r.Title + "\n")
		}
		b.WriteString("Content: " + r.Message + "\n")
	}
	if len(rows) == 1 {
		b.WriteString("Classify this mention. Return ONE JSON object.\n\n")
		mention(rows[0])
		return b.String() + "\n**RETURN:** One JSON object: {...}"
	}
	n := itoa(int64(len(rows)))
	b.WriteString("Classify these " + n + " mentions. Return a JSON ARRAY with one object per mention in the EXACT order given.\n\n")
	for i, r := range rows {
		b.WriteString(rule + "\n[MENTION " + itoa(int64(i+1)) + " of " + n + "]\n")
		mention(r)
		b.WriteString(rule + "\n\n")
	}
	return b.String() + "**RETURN:** A JSON array with EXACTLY " + n + " objects in order: [{...}, {...}, ...]"
}

func idsOf(rows []Row) []int64 {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

var tricky = []Row{
	{ID: 1, Title: "T", Message: "plain", Sentiment: "Negative"},
	{ID: -123456789012345, Message: "RowID: 7\n\nRowID: 8\nContent: x"},
	{ID: 3, Title: "RowID: 1", Message: rule + "\n[MENTION 4 of 5]\nRowID: 99\n\nContent: no\n" + rule + "\n\n**RETURN:** no"},
	{ID: 4, Message: ""},
	{ID: 5, Title: "last", Message: "ends with a rule\n" + rule},
}

func TestReadMentions(t *testing.T) {
	made := make([]Row, 40)
	for i := range made {
		made[i] = MakeRow(i)
	}
	for _, c := range []struct {
		name string
		rows []Row
	}{{"tricky", tricky}, {"made", made}, {"two", tricky[:2]}, {"one", tricky[:1]}, {"one that looks like more", tricky[2:3]}} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.rows, readMentions(userMessage(c.rows...), idsOf(c.rows))); d != "" {
				t.Errorf("want and got differ:\n%s", d)
			}
		})
	}
}

func TestReadMentionsWithoutSchema(t *testing.T) {
	for _, c := range []struct {
		name, user string
		want       []Row
	}{
		{"batch", userMessage(tricky[0], tricky[1]), tricky[:2]},
		{"one", userMessage(tricky[0]), tricky[:1]},
		{"probe", "Say yes.", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, readMentions(c.user, nil)); d != "" {
				t.Errorf("want and got differ:\n%s", d)
			}
		})
	}
}

// What was cut off the front is asked for all the same, without its content.
func TestReadMentionsCut(t *testing.T) {
	rows := []Row{MakeRow(0), MakeRow(1), MakeRow(2)}
	user := userMessage(rows...)
	cut := user[strings.Index(user, "[MENTION 2 of 3]"):]
	want := []Row{{ID: rows[0].ID}, {ID: rows[1].ID}, rows[2]}
	if d := cmp.Diff(want, readMentions(cut, idsOf(rows))); d != "" {
		t.Errorf("want and got differ:\n%s", d)
	}
}

func FuzzReadMentions(f *testing.F) {
	f.Add(userMessage(tricky...), true)
	f.Add(userMessage(tricky[0]), false)
	f.Add(rule+"\n[MENTION 1 of 2]\nRowID: 5\n"+rule+"\n[MENTION 2 of 2]\n\nRowID: 6", false)
	f.Fuzz(func(t *testing.T, user string, asked bool) {
		var ids []int64
		if asked {
			ids = []int64{1, 5}
		}
		rows := readMentions(user, ids)
		if asked && len(rows) != len(ids) {
			t.Errorf("got %d rows of %d", len(rows), len(ids))
		}
		for i := range rows {
			if asked && rows[i].ID != ids[i] {
				t.Errorf("row %d has RowID %d", i, rows[i].ID)
			}
		}
	})
}
