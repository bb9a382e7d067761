package ollamatest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/testutil/ollamatest"
)

const promptFile = `{"system_prompt":"You label.","columns_to_code":["Kind","Topic","Note"],
"validation_rules":{"valid_kind":["Good","Bad"],"valid_topic":["Price","Staff","Delivery"]},
"not_applicable_defaults":{"Topic":"-","Note":"-"}}`

// The fake understands the messages and reply schemas that PRISM writes, and
// PRISM's reader finds each row's own labels in what it says.
func TestContract(t *testing.T) {
	schema, err := prompt.Parse([]byte(promptFile), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	topics := []string{"Price", "Staff", "Delivery"}
	srv := ollamatest.New(ollamatest.Column{Name: "Kind", Labels: []string{"Good", "Bad"}},
		ollamatest.Column{Name: "Topic", Labels: topics})
	for _, n := range []int{1, 2, 10, 40} {
		for _, variant := range []struct {
			style  prompt.Style
			strict bool
		}{{prompt.Classic, false}, {prompt.Classic, true}, {prompt.Compact, false}, {prompt.Compact, true}} {
			t.Run(fmt.Sprintf("%d rows, %v", n, variant), func(t *testing.T) {
				schema, strict := schema.InStyle(variant.style), variant.strict
				ids, mentions := make([]int64, n), make([]prompt.Mention, n)
				for i := range n {
					r := ollamatest.MakeRow(i)
					ids[i] = r.ID
					mentions[i] = prompt.Mention{RowID: r.ID, Title: r.Title, Message: r.Message, Sentiment: r.Sentiment}
				}
				got := reply.Read(ask(t, srv, schema, mentions, ids, strict), ids, schema, strict)
				if len(got.Rows) != n || len(got.Faults) != 0 || got.Dropped != 0 {
					t.Fatalf("got %+v", got)
				}
				for i, row := range got.Rows {
					r := ollamatest.MakeRow(i)
					want := []string{ollamatest.Label("Kind", r, []string{"Good", "Bad"}), ollamatest.Label("Topic", r, topics),
						ollamatest.Label("Note", r, nil)}
					if row.RowID != r.ID || strings.Join(row.Values, "|") != strings.Join(want, "|") {
						t.Errorf("got %+v, want %q", row, want)
					}
				}
			})
		}
	}
}

// ask returns the text of the reply to a batch.
func ask(t *testing.T, srv *ollamatest.Server, schema *prompt.Prompt, ms []prompt.Mention, ids []int64, strict bool) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"model": ollamatest.DefaultModel, "stream": false, "truncate": false,
		"format":  json.RawMessage(schema.AppendReplySchema(nil, ids, strict)),
		"options": map[string]any{"num_ctx": 32768, "num_predict": schema.NumPredict(len(ids), strict)},
		"messages": []map[string]string{{"role": "system", "content": schema.System},
			{"role": "user", "content": string(schema.AppendUser(nil, ms))}}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(string(body))))
	var answer struct {
		Message struct{ Content string }
		Done    bool
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || !answer.Done {
		t.Fatalf("got %s, %v", w.Body, err)
	}
	return answer.Message.Content
}
