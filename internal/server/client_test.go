package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

func newClient(t *testing.T, c server.Config) *server.Client {
	t.Helper()
	client, err := server.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

const schemaOf2 = `{"type":"array","prefixItems":[` +
	`{"type":"object","properties":{"RowID":{"const":7},"Mood":{"type":"string","enum":["good","bad"]}},"required":["RowID","Mood"]},` +
	`{"type":"object","properties":{"RowID":{"const":-8},"Mood":{"type":"string","enum":["good","bad"]}},"required":["RowID","Mood"]}` +
	`],"minItems":2,"maxItems":2}`

func twoRows() *server.Request {
	rule := strings.Repeat("═", 67)
	return &server.Request{Model: ollamatest.DefaultModel, System: "You label.", NumCtx: 2048, NumPredict: 400,
		Format: []byte(schemaOf2), User: []byte("Classify these 2 mentions. Return a JSON ARRAY.\n\n" +
			rule + "\n[MENTION 1 of 2]\nRowID: 7\n\nTitle: A\nContent: fine\n" + rule + "\n\n" +
			rule + "\n[MENTION 2 of 2]\nRowID: -8\n\nContent: \"awful\"\nRowID: 9\n" + rule + "\n\n**RETURN:** A JSON array")}
}

// labelled is what the fake says to twoRows.
func labelled() string {
	labels := []string{"good", "bad"}
	return fmt.Sprintf(`[{"RowID":7,"Mood":%q},{"RowID":-8,"Mood":%q}]`,
		ollamatest.Label("Mood", ollamatest.Row{ID: 7, Title: "A", Message: "fine"}, labels),
		ollamatest.Label("Mood", ollamatest.Row{ID: -8, Message: "\"awful\"\nRowID: 9"}, labels))
}

func TestChat(t *testing.T) {
	srv := ollamatest.Start(t)
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	r := twoRows()
	r.Temperature, r.Seed, r.KeepAlive = 0.5, 3, `"5m0s"`
	got, err := client.Chat(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != labelled() || got.DoneReason != server.Stop || got.Host != srv.URL {
		t.Errorf("got %+v, want the text %s", got, labelled())
	}
	if got.PromptTokens <= 0 || got.Tokens <= 0 || got.CachedTokens != -1 || got.Total <= 0 || got.Eval <= 0 {
		t.Errorf("metrics: got %+v", got)
	}
	call := srv.Calls()[0]
	if call.System != r.System || call.User != string(r.User) || call.Format != string(r.Format) {
		t.Errorf("the server got %+v", call)
	}
	if call.NumCtx != 2048 || call.NumPredict != 400 || call.Temperature != 0.5 || call.Seed != 3 ||
		call.KeepAlive != `"5m0s"` || call.Think != "" {
		t.Errorf("the server got %+v", call)
	}
	if call.Truncate == nil || *call.Truncate || call.Shift == nil || *call.Shift {
		t.Errorf("truncate and shift are not false: %+v", call)
	}
}

func TestChatFaults(t *testing.T) {
	const transient = server.Transient
	for _, c := range []struct {
		fault ollamatest.Fault
		class server.Class
		want  string
	}{
		{ollamatest.Fault{Kind: ollamatest.Close}, transient, "chat at URL: the connection was closed before a reply"},
		{ollamatest.Fault{Kind: ollamatest.Reset}, transient, "connection reset by peer"},
		{ollamatest.Fault{Kind: ollamatest.Cut}, transient, "chat at URL: reply truncated after"},
		{ollamatest.Fault{Kind: ollamatest.Cut, Byte: 1}, transient, "reply truncated after 1 bytes: unexpected EOF"},
		{ollamatest.Fault{Kind: ollamatest.Status}, transient, "status 500"},
		{ollamatest.Fault{Kind: ollamatest.Status, Status: 502, Text: "x"}, transient, "status 502: x"},
		{ollamatest.Fault{Kind: ollamatest.Busy}, server.Busy, "status 503: server busy"},
		{ollamatest.Fault{Kind: ollamatest.Kill}, transient, "status 500: model runner has unexpectedly stopped"},
		{ollamatest.Fault{Kind: ollamatest.ErrorIn200}, transient, "an error was encountered while running the model"},
		{ollamatest.Fault{Kind: ollamatest.NoDone}, transient, "the reply ends without done"},
		{ollamatest.Fault{Kind: ollamatest.NotJSON}, transient, "the reply is not JSON: invalid character '<' looking for beginning of value: \"<html>"},
		{ollamatest.Fault{Kind: ollamatest.NoModel}, server.MissingModel, `model "fake" not found on URL`},
		{ollamatest.Fault{Kind: ollamatest.NoPage}, server.NotOllama, "the server at URL is not Ollama: status 404"},
		{ollamatest.Fault{Kind: ollamatest.BadOption}, server.BadRequest, "chat at URL: status 400: option"},
		{ollamatest.Fault{Kind: ollamatest.Status, Status: 401}, server.Denied, "chat at URL: status 401"},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			srv := ollamatest.Start(t, c.fault)
			client := newClient(t, server.Config{Hosts: []string{srv.URL}})
			reply, err := client.Chat(t.Context(), twoRows())
			if server.ClassOf(err) != c.class {
				t.Fatalf("got %+v, %v (%v), want class %v", reply, err, server.ClassOf(err), c.class)
			}
			if want := strings.ReplaceAll(c.want, "URL", srv.URL); !strings.Contains(err.Error(), want) {
				t.Errorf("got %q, want %q in it", err, want)
			}
		})
	}
}

func TestChatReplies(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   ollamatest.Fault
		version string
		reason  string
		text    string
	}{
		{"empty", ollamatest.Fault{Kind: ollamatest.Empty}, "0.24.0", server.Stop, ""},
		{"no metrics", ollamatest.Fault{Kind: ollamatest.NoMetrics}, "0.24.0", server.Stop, labelled()},
		{"cut", ollamatest.Fault{Kind: ollamatest.CutReply}, "0.24.0", server.Length, labelled()[:len(labelled())/2]},
		{"loop", ollamatest.Fault{Kind: ollamatest.Loop}, "0.24.0", server.Repeat,
			labelled()[:len(labelled())/2] + strings.Repeat(" \n", 32)},
		{"loop, newer", ollamatest.Fault{Kind: ollamatest.Loop}, "0.34.4", server.Repeat, ""},
		{"cached tokens", ollamatest.Fault{Kind: ollamatest.Slow}, "0.34.4", server.Stop, labelled()},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := ollamatest.Start(t, c.fault, ollamatest.Version(c.version))
			client := newClient(t, server.Config{Hosts: []string{srv.URL}})
			got, err := client.Chat(t.Context(), twoRows())
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != c.text || got.DoneReason != c.reason {
				t.Errorf("got %q (%s), want %q (%s)", got.Text, got.DoneReason, c.text, c.reason)
			}
			if c.fault.Kind == ollamatest.NoMetrics && (got.Tokens != -1 || got.PromptTokens != -1 || got.Total != -1) {
				t.Errorf("metrics that were not sent: %+v", got)
			}
			if c.fault.Kind == ollamatest.Slow && got.CachedTokens != 0 {
				t.Errorf("got %d cached tokens, want 0", got.CachedTokens)
			}
		})
	}
}

func TestChatOverflow(t *testing.T) {
	for _, c := range []struct{ version, want string }{
		{"0.12.4", "chat at URL: status 400: the input length exceeds the context length"},
		{"0.34.4", "chat at URL: status 400: request (266 tokens) exceeds the available context size (64 tokens), try increasing it"},
	} {
		srv := ollamatest.Start(t, ollamatest.Version(c.version))
		client := newClient(t, server.Config{Hosts: []string{srv.URL}})
		r := twoRows()
		r.NumCtx = 64
		_, err := client.Chat(t.Context(), r)
		if server.ClassOf(err) != server.Overflow || err.Error() != strings.ReplaceAll(c.want, "URL", srv.URL) {
			t.Errorf("%s: got %v, want %s", c.version, err, c.want)
		}
	}
}

func TestChatRefused(t *testing.T) {
	srv := ollamatest.Start(t)
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	srv.Stop()
	_, err := client.Chat(t.Context(), twoRows())
	if server.ClassOf(err) != server.Unreachable {
		t.Errorf("got class %v, want unreachable", server.ClassOf(err))
	}
	if want := "no Ollama server at " + srv.URL + ": "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Chat(t.Context(), twoRows()); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestChatNoSuchHost(t *testing.T) {
	client := newClient(t, server.Config{Hosts: []string{"nowhere.invalid:1"}})
	_, err := client.Chat(t.Context(), twoRows())
	if server.ClassOf(err) != server.Unreachable || !strings.HasPrefix(err.Error(), "no Ollama server at http://nowhere.invalid:1: ") {
		t.Errorf("got %v", err)
	}
}

func TestChatTimeout(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Hang})
	client := newClient(t, server.Config{Hosts: []string{srv.URL}, Timeout: 20 * time.Millisecond})
	_, err := client.Chat(t.Context(), twoRows())
	if want := "chat at " + srv.URL + ": no reply within 20ms"; server.ClassOf(err) != server.Transient || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The time of a call ends with the last byte of its body, not with the header.
func TestChatTimeoutInBody(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // else the server does not see that the caller left
		w.Write([]byte(`{"message":`))
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer srv.Close()
	client := newClient(t, server.Config{Hosts: []string{srv.URL}, Timeout: 20 * time.Millisecond})
	_, err := client.Chat(t.Context(), &server.Request{Model: "m"})
	if server.ClassOf(err) != server.Transient || !strings.HasSuffix(err.Error(), "no reply within 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestChatGivenUpByCaller(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Hang})
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := client.Chat(ctx, twoRows())
		done <- err
	}()
	for srv.Totals().Calls == 0 {
		runtime.Gosched()
	}
	cancel()
	err := <-done
	if !errors.Is(err, context.Canceled) || server.ClassOf(err) != 0 {
		t.Errorf("got %v of class %v, want the context's", err, server.ClassOf(err))
	}
	if _, err := client.Chat(ctx, twoRows()); !errors.Is(err, context.Canceled) || srv.Totals().Calls != 1 {
		t.Errorf("with an ended context: got %v and %d calls", err, srv.Totals().Calls)
	}
}

func TestChatDoesNotFollowRedirects(t *testing.T) {
	target := ollamatest.Start(t)
	srv := httptest.NewServer(http.RedirectHandler(target.URL+"/api/chat", http.StatusTemporaryRedirect))
	defer srv.Close()
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	_, err := client.Chat(t.Context(), twoRows())
	if server.ClassOf(err) != server.NotOllama || !strings.Contains(err.Error(), "redirect to "+target.URL) {
		t.Errorf("got %v", err)
	}
	if target.Totals().Calls != 0 {
		t.Error("it was followed")
	}
}

func TestChatTLS(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(*httptest.Server)
		host  func(url string) string
		class server.Class
		want  string
	}{
		{"unknown authority", (*httptest.Server).StartTLS, func(u string) string { return u }, server.NotOllama, "certificate"},
		{"plain server", (*httptest.Server).Start, func(u string) string { return strings.Replace(u, "http:", "https:", 1) },
			server.NotOllama, "is not Ollama: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(ollamatest.New())
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			c.start(srv)
			defer srv.Close()
			client := newClient(t, server.Config{Hosts: []string{c.host(srv.URL)}})
			_, err := client.Chat(t.Context(), twoRows())
			if server.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v of class %v", err, server.ClassOf(err))
			}
		})
	}
}

func TestChatUnderAPath(t *testing.T) {
	srv := httptest.NewServer(http.StripPrefix("/ollama", ollamatest.New()))
	defer srv.Close()
	client := newClient(t, server.Config{Hosts: []string{srv.URL + "/ollama/"}})
	if _, err := client.Check(t.Context(), ollamatest.DefaultModel); err != nil {
		t.Errorf("check: %v", err)
	}
	if _, err := client.Chat(t.Context(), twoRows()); err != nil {
		t.Errorf("chat: %v", err)
	}
}

// Calls at once each get their own reply, over connections that are kept.
func TestChatInParallel(t *testing.T) {
	srv := ollamatest.Start(t)
	client := newClient(t, server.Config{Hosts: []string{srv.URL}, InFlight: 8})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				row := ollamatest.MakeRow(worker*1000 + i)
				format := fmt.Sprintf(`{"type":"object","properties":{"RowID":{"const":%d},"Topic":{"type":"string"}}}`, row.ID)
				user := fmt.Sprintf("Classify this mention.\n\nRowID: %d\n\nTitle: %s\nContent: %s\n\n**RETURN:** One JSON object: {...}",
					row.ID, row.Title, row.Message)
				reply, err := client.Chat(t.Context(), &server.Request{Model: "fake", System: strings.Repeat("s", worker%3),
					User: []byte(user), Format: []byte(format)})
				if err != nil {
					t.Error(err)
					return
				}
				want := fmt.Sprintf(`{"RowID":%d,"Topic":%q}`, row.ID, ollamatest.Label("Topic", row, nil))
				if reply.Text != want {
					t.Errorf("got %s, want %s", reply.Text, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestChatSpreadsOverHosts(t *testing.T) {
	a, b := ollamatest.Start(t), ollamatest.Start(t)
	client := newClient(t, server.Config{Hosts: []string{a.URL, b.URL}, Now: func() time.Time { return time.Unix(0, 0) }})
	for range 10 {
		if _, err := client.Chat(t.Context(), twoRows()); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.Totals().Calls; got != 5 {
		t.Errorf("got %d of 10 calls on the first host", got)
	}
	a.Stop()
	failed := 0
	for range 10 {
		if _, err := client.Chat(t.Context(), twoRows()); err != nil {
			failed++
		}
	}
	if failed != 1 || b.Totals().Calls != 5+9 {
		t.Errorf("with the first host down: %d calls failed and %d went to the other", failed, b.Totals().Calls-5)
	}
}
