package reply

import (
	"fmt"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const feedback = `{"system_prompt":"p","columns_to_code":["Topic","Sentiment","Urgency","Key_Point"],"validation_rules":{
	"valid_topic":["Product","Support","Billing","Shipping","Account","Other"],
	"valid_sentiment":["Positive","Negative","Neutral","Mixed"],"valid_urgency":["High","Medium","Low"]}}`

func replyOf(n int) (string, []int64) {
	var b strings.Builder
	ids := make([]int64, n)
	b.WriteByte('[')
	for i := range ids {
		ids[i] = 123456789012000 + int64(i)
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"RowID": %d, "Topic": "Shipping", "Sentiment": "Negative", "Urgency": "Medium", `+
			`"Key_Point": "The customer's order arrived two weeks late and the box was damaged."}`, ids[i])
	}
	b.WriteByte(']')
	return b.String(), ids
}

func BenchmarkRead(b *testing.B) {
	s := schema(b, feedback)
	text, ids := replyOf(10)
	for _, bb := range []struct{ name, text string }{
		{"array", text},
		{"fence", "Here you are:\n```json\n" + text + "\n```"},
		{"unicode", strings.ReplaceAll(text, "customer's", `Kundin \"Größe\" 日本`)},
		{"otherCase", strings.NewReplacer("Topic", "TOPIC", "Medium", " medium", "Key_Point", "key_point").Replace(text)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.text)))
			for b.Loop() {
				if r := Read(bb.text, ids, s, true); len(r.Rows) != 10 {
					b.Fatal(brief(r))
				}
			}
		})
	}
}

func BenchmarkReadArrays(b *testing.B) {
	s := inStyle(b, feedback, prompt.Compact)
	_, ids := replyOf(10)
	var text strings.Builder
	for i := range ids {
		fmt.Fprintf(&text, `,[%d, "Shipping", "Negative", "Medium", "The customer's order arrived two weeks late and the box was damaged."]`, i+1)
	}
	list := "[" + text.String()[1:] + "]"
	b.ReportAllocs()
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		if r := Read(list, ids, s, true); len(r.Rows) != 10 {
			b.Fatal(brief(r))
		}
	}
}

// BenchmarkReadHostile reads the texts most costly to read, in two lengths: time
// a byte must not grow with the length. A _ stands for white space of half of it.
func BenchmarkReadHostile(b *testing.B) {
	s, compact := schema(b, feedback), inStyle(b, feedback, prompt.Compact)
	_, ids := replyOf(10)
	for _, bb := range []struct{ name, start, unit string }{
		{"brackets", "", "["},
		{"braces", "", `{"`},
		{"objects", "", `{"a":`},
		{"arraysInObjects", "", `{"a":[`},
		{"empty", "[", "{},"},
		{"rows", "[", `{"RowID":1},`},
		{"quotes", "[", `"`},
		{"backslashes", `["`, `\`},
		{"tags", "", "<think></think>"},
		{"ends", `{"a`, "</think>"},
		{"digits", `{"RowID":1`, "0"},
		{"textDigits", `{"RowID":"1`, "0"},
		{"sameLabel", `{"Topic":"_A"`, `,"Topic":"A"`},
		{"sameKey", "{", `"\u0054opic":"A",`},
		{"sameRowID", "{", `"RowID":"1",`},
		{"rowArrays", "[", `[1,2],`},
		{"numbers", "[", `[1,],`},
		{"arraysInRows", "", `[1,[`},
		{"numberDigits", "[[1", "0"},
		{"starts", `[1,"`, `"[1,"`},
	} {
		for _, size := range []int{1 << 17, 1 << 20} {
			text := strings.Replace(bb.start, "_", strings.Repeat(" ", size/2), 1)
			text += strings.Repeat(bb.unit, (size-len(text))/len(bb.unit))
			for _, p := range []*prompt.Prompt{s, compact} {
				b.Run(fmt.Sprintf("%s/%dKiB/%s", bb.name, size>>10, p.Style), func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					for b.Loop() {
						Read(text, ids, p, false)
					}
				})
			}
		}
	}
}
