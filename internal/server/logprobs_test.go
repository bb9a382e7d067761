package server

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const tellingToken = `{"token":"Price","logprob":-0.5,"bytes":[80,114,105,99,101],"top_logprobs":[{"token":"Price","logprob":-0.5},{"token":"Staff","logprob":-1.25e0,"bytes":null}]}`

func TestReadsLogProbs(t *testing.T) {
	price := Token{Text: "Price", LogProb: -0.5, Alternatives: []Alternative{{"Price", -0.5}, {"Staff", -1.25}}}
	for _, c := range []struct {
		name, json string
		want       []Token
	}{
		{"none", `null`, nil},
		{"an empty list", `[]`, nil},
		{"a token", `[` + tellingToken + `]`, []Token{price}},
		{"two", `[` + tellingToken + `,{"token":"\"","logprob":-3e-7}]`, []Token{price, {Text: `"`, LogProb: -3e-7}}},
		{"other members and another order", `[{"id":1,"top_logprobs":[],"x":{"y":[1]},"logprob":-9999,"token":"a"}]`, []Token{{Text: "a", LogProb: -9999}}},
		{"a part of a character", `[{"token":"\ufffd","logprob":0,"bytes":[226,128]},{"token":"\ufffd","logprob":0,"bytes":[148]}]`, []Token{{Text: "\xe2\x80"}, {Text: "\x94"}}},
		{"a token that is the replacement character", `[{"token":"\ufffd","logprob":0}]`, []Token{{Text: "\ufffd"}}},
		{"something else", `{"content":[]}`, nil},
		{"members of other types", `[7,{"token":1,"logprob":"x","bytes":"y","top_logprobs":{}}]`, []Token{{LogProb: math.NaN()}}},
		{"a probability that is missing or null", `[{"token":"a","logprob":null,"top_logprobs":[{"token":"a"},{"token":"b","logprob":-1},{"token":"c","logprob":null}]},{"token":"b"}]`,
			[]Token{{Text: "a", LogProb: math.NaN(), Alternatives: []Alternative{{"b", -1}}}, {Text: "b", LogProb: math.NaN()}}},
		{"one above 1", `[{"token":"a","logprob":1e-7,"top_logprobs":[{"token":"a","logprob":800}]}]`, []Token{{Text: "a", Alternatives: []Alternative{{"a", 0}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"message":{"content":"Price"},"done":true,"done_reason":"stop","logprobs":` + c.json + `}`
			got, err := readReply("h", "m", 200, []byte(body))
			if err != nil || len(got.LogProbs) != len(c.want) || strings.Contains(c.name, "other types") {
				if err != nil || got.Text != "Price" {
					t.Fatalf("got %+v, %v", got, err)
				}
			}
			for i := range c.want {
				if i < len(got.LogProbs) && !cmp.Equal(got.LogProbs[i], c.want[i], cmpopts.EquateNaNs()) {
					t.Errorf("got %+v, want %+v", got.LogProbs[i], c.want[i])
				}
			}
			completed := `{"choices":[{"message":{"content":"Price"},"finish_reason":"stop","logprobs":{"content":` + c.json + `}}]}`
			other, err := openAI{}.readReply("h", "m", 200, []byte(completed))
			if err != nil || !cmp.Equal(other.LogProbs, got.LogProbs, cmpopts.EquateNaNs()) {
				t.Errorf("of OpenAI's API: got %+v, %v, want %+v", other, err, got.LogProbs)
			}
		})
	}
}

// TestJoinsLogProbsOfParts: a server that streams though told not to tells them in parts.
func TestJoinsLogProbsOfParts(t *testing.T) {
	got, err := readReply("h", "m", 200, []byte(`{"message":{"content":"Pr"},"logprobs":[{"token":"Pr","logprob":-1}]}
		{"message":{"content":"ice"},"logprobs":[{"token":"ice","logprob":-2}]}
		{"message":{"content":""},"done":true,"done_reason":"stop"}`))
	want := []Token{{Text: "Pr", LogProb: -1}, {Text: "ice", LogProb: -2}}
	if err != nil || got.Text != "Price" || !cmp.Equal(got.LogProbs, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// FuzzTokenList: what is JSON is read without a fault, and what is not is an error.
func FuzzTokenList(f *testing.F) {
	f.Add([]byte(`[` + tellingToken + `]`))
	f.Add([]byte(`[{"token":"\ufffd","bytes":[256,1],"top_logprobs":[[],{}]},3]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l tokenList
		if err := l.UnmarshalJSON(data); err == nil && !json.Valid(data) {
			t.Errorf("%q was read: %+v", data, l)
		}
	})
}
