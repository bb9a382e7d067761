package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// realServer is the host of a real server, for what only one can show. Its model
// is PRISM_MODEL, prism-tiny if that is not set.
func realServer(t *testing.T) (host, model string) {
	t.Helper()
	host = os.Getenv("PRISM_TEST_OLLAMA")
	if host == "" {
		t.Skip("NOT TESTED ON A REAL SERVER: set PRISM_TEST_OLLAMA to the host of one (see scripts/ollama-server)")
	}
	if model = os.Getenv("PRISM_MODEL"); model == "" {
		model = "prism-tiny"
	}
	return host, model
}

// realRequest asks for n made rows with the reply schema that fixes their RowIDs.
func realRequest(model string, n int) *server.Request {
	var user, format strings.Builder
	fmt.Fprintf(&user, "Classify these %d mentions.\n", n)
	format.WriteString(`{"type":"array","prefixItems":[`)
	for i := range n {
		row := ollamatest.MakeRow(i)
		fmt.Fprintf(&user, "RowID: %d\n%s\n", row.ID, row.Message)
		if i > 0 {
			format.WriteByte(',')
		}
		fmt.Fprintf(&format, `{"type":"object","properties":{"RowID":{"const":%d},"Mood":{"type":"string","enum":["good","bad"]}},`+
			`"required":["RowID","Mood"],"additionalProperties":false}`, row.ID)
	}
	fmt.Fprintf(&format, `],"minItems":%d,"maxItems":%d}`, n, n)
	return &server.Request{Model: model, System: "You label mentions.", User: []byte(user.String()),
		Format: []byte(format.String()), NumCtx: 4096, NumPredict: 40 * (n + 1)}
}

func TestRealServer(t *testing.T) {
	host, model := realServer(t)
	client := newClient(t, server.Config{Hosts: []string{host}, InFlight: 4})
	m, err := client.Check(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the server says %+v", m)
	if len(m.Digest) != 64 || m.ContextLength <= 0 || m.ServerVersion == "" {
		t.Errorf("got %+v", m)
	}

	t.Run("schema with prefixItems", func(t *testing.T) {
		var wg sync.WaitGroup
		for n := 2; n < 10; n++ {
			wg.Go(func() {
				r, err := client.Chat(t.Context(), realRequest(model, n))
				if err != nil {
					t.Error(err)
					return
				}
				if r.DoneReason == server.Repeat || r.DoneReason == server.Length {
					t.Logf("%d rows: %s after %q", n, r.DoneReason, r.Text)
					return
				}
				var rows []struct {
					RowID int64
					Mood  string
				}
				if err := json.Unmarshal([]byte(r.Text), &rows); err != nil || len(rows) != n {
					t.Errorf("%d rows: got %s, %v", n, r.Text, err)
				}
				for i, row := range rows {
					if want := ollamatest.MakeRow(i).ID; row.RowID != want || row.Mood != "good" && row.Mood != "bad" {
						t.Errorf("row %d: got %+v, want RowID %d", i, row, want)
					}
				}
				if r.PromptTokens <= 0 || r.Tokens <= 0 || r.Total <= 0 || r.Eval <= 0 || r.Host != client.Hosts()[0] {
					t.Errorf("metrics: got %+v", r)
				}
			})
		}
		wg.Wait()
	})
	t.Run("reply that is cut", func(t *testing.T) {
		r := realRequest(model, 5)
		r.NumPredict = 8
		got, err := client.Chat(t.Context(), r)
		if err != nil || got.DoneReason != server.Length || got.Tokens != 8 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("reply that repeats itself", func(t *testing.T) {
		r := realRequest(model, 1)
		r.NumPredict = 600
		r.Format = []byte(`{"type":"object","properties":{"x":{"const":"` + strings.Repeat("q", 150) + `"}},"required":["x"]}`)
		got, err := client.Chat(t.Context(), r)
		if err != nil || got.DoneReason != server.Repeat {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("prompt that does not fit", func(t *testing.T) {
		r := realRequest(model, 2)
		r.User = []byte(strings.Repeat("one two three four five. ", 4000))
		_, err := client.Chat(t.Context(), r)
		if server.ClassOf(err) != server.Overflow {
			t.Errorf("got %v of class %v", err, server.ClassOf(err))
		}
		t.Logf("the server says: %v", err)
	})
	t.Run("model that is not there", func(t *testing.T) {
		r := realRequest("no-such-model", 1)
		if _, err := client.Chat(t.Context(), r); server.ClassOf(err) != server.MissingModel {
			t.Errorf("chat: got %v", err)
		}
		if _, err := client.Check(t.Context(), "no-such-model"); server.ClassOf(err) != server.MissingModel {
			t.Errorf("check: got %v", err)
		}
	})
	t.Run("thinking of a model that cannot", func(t *testing.T) {
		r := realRequest(model, 1)
		if r.Think = m.ThinkValue(server.ThinkOn); m.Thinks {
			t.Skip("it can")
		}
		if _, err := client.Chat(t.Context(), r); server.ClassOf(err) != server.BadRequest {
			t.Errorf("got %v", err)
		}
	})
	t.Run("probe reloads nothing", func(t *testing.T) {
		r := realRequest(model, 2)
		if got, err := client.Probe(t.Context(), r, client.Hosts()[0]); got != server.Answers {
			t.Errorf("got %v, %v", got, err)
		}
		after, err := client.Chat(t.Context(), r)
		if err != nil || after.Load > time.Second {
			t.Errorf("the call after it: got %+v, %v", after, err)
		}
	})
	t.Run("timeout", func(t *testing.T) {
		hurried := newClient(t, server.Config{Hosts: []string{host}, Timeout: time.Millisecond})
		if _, err := hurried.Chat(t.Context(), realRequest(model, 9)); server.ClassOf(err) != server.Transient {
			t.Errorf("got %v", err)
		}
		if _, err := client.Chat(t.Context(), realRequest(model, 2)); err != nil {
			t.Errorf("the call after it: %v", err)
		}
	})
}

// A real server holds the contract whatever the model would say: this one has
// random weights.
func TestRealContract(t *testing.T) {
	host, model := realServer(t)
	client := newClient(t, server.Config{Hosts: []string{host}})
	for seed := range 12 {
		r := &server.Request{Model: model, NumCtx: 2048, Temperature: float64(seed%3) * 0.8, Seed: seed}
		if _, err := client.ProveContract(t.Context(), r, 0, nil); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
