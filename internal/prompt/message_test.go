package prompt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendUser(t *testing.T) {
	full := Mention{RowID: 1, Title: "Poor service", Sentiment: "Negative",
		Message: "I waited 45 minutes for support and nobody helped me..."}
	bare := Mention{RowID: -20, Message: "Two lines,\r\nkept as they are: \"{...}\"\n"}
	empty := Mention{RowID: 123456789012345, Title: "Größe ← 5\" screen", Sentiment: "Neutral"}
	untitled := Mention{RowID: 4, Message: "How do I reset my password?", Sentiment: "Neutral"}
	unfelt := Mention{RowID: 9223372036854775807, Title: "Shipping delay", Message: "Late."}
	inContext := Mention{RowID: 5, Title: "App crash", Message: "It closes at once.", Context: []ContextLine{
		{ContextLabel("Product"), "App"}, {ContextLabel("Version, build\nnumber"), "2.1"}, {ContextLabel("Store"), ""}, {ContextLabel("RowID"), "[MENTION 2 of 2]"},
	}}
	for _, tt := range []struct {
		golden   string
		mentions []Mention
	}{
		{"batch", []Mention{full, bare, empty, untitled, unfelt}},
		{"single", []Mention{full}},
		{"single_message_only", []Mention{bare}},
		{"single_no_title", []Mention{untitled}},
		{"single_no_sentiment", []Mention{unfelt}},
		{"context", []Mention{inContext}},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", tt.golden+".golden"))
			if err != nil {
				t.Fatal(err)
			}
			got := classicStyle{}.appendUser([]byte("before"), tt.mentions)
			if string(got) != "before"+string(want) {
				t.Errorf("got\n%s\nwant\nbefore%s", got, want)
			}
		})
	}
}

func TestMentionRule(t *testing.T) {
	if n := utf8.RuneCountInString(mentionRule); n != 67 || strings.Trim(mentionRule, "═") != "" {
		t.Errorf("rule is %d characters: %q", n, mentionRule)
	}
}

func BenchmarkAppendUser(b *testing.B) {
	ms := make([]Mention, 10)
	for i := range ms {
		ms[i] = Mention{RowID: int64(i), Title: "Poor service", Sentiment: "Negative", Message: strings.Repeat("I waited. ", 30)}
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = classicStyle{}.appendUser(dst[:0], ms)
	}
}
