package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// examine examines a host and this machine, at a time that is off by some.
func examine(t *testing.T, host string, off time.Duration) *Report {
	t.Helper()
	client, err := server.New(server.Config{Hosts: []string{host}, InFlight: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	model, err := client.Check(t.Context(), ollamatest.DefaultModel)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	e := &Examiner{
		Patient: Patient{Client: client, Model: model, MaxParallel: 8, Dirs: []string{t.TempDir()}, Hint: func(error) string { return "hint" },
			Request: server.Request{Model: model.Name, NumCtx: 2048}},
		Now: func() time.Time { return time.Now().Add(off) }, Tell: func(Check) { told++ },
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
	e.ExamineMachine()
	if err := e.ExamineServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told != len(e.Report.Checks) {
		t.Errorf("%d checks were told, and %d made", told, len(e.Report.Checks))
	}
	if left, _ := os.ReadDir(e.Dirs[0]); len(left) > 0 {
		t.Errorf("%s is left in the folder", left[0].Name())
	}
	return &e.Report
}

// find returns the checks of a name.
func (r *Report) find(t *testing.T, name string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q", name)
	return Check{}
}

func (r *Report) want(t *testing.T, name string, result Result, found string) {
	t.Helper()
	if c := r.find(t, name); c.Result != result || !strings.Contains(c.Found, found) {
		t.Errorf("%s is %s: %q, want %s: %q", name, c.Result, c.Found, result, found)
	}
}

func TestGoodServer(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Version("0.30.0"), ollamatest.Latency(5*time.Millisecond), ollamatest.Slots(2, 64))
	r := examine(t, srv.URL, 0)
	for _, c := range r.Checks {
		if c.Result == Failed {
			t.Errorf("%+v", c)
		}
	}
	r.want(t, "context", OK, "2048 of 32768 tokens")
	r.want(t, "reply schema", OK, srv.URL)
	r.want(t, "long prompts", OK, "is refused, not truncated")
	r.want(t, "clock", OK, "agrees")
	if r.Parallel < 1 || r.Parallel > 8 {
		t.Errorf("%d calls at once", r.Parallel)
	}
}

func TestWorstResult(t *testing.T) {
	for _, c := range []struct {
		results []Result
		want    Result
	}{
		{nil, OK}, {[]Result{OK, Skipped}, OK}, {[]Result{OK, Warning, OK}, Warning}, {[]Result{Failed, Warning}, Failed}, {[]Result{Warning, Failed, OK}, Failed},
	} {
		var r Report
		for _, result := range c.results {
			r.Checks = append(r.Checks, Check{Result: result})
		}
		if got := r.Worst(); got != c.want {
			t.Errorf("%v: got %s, want %s", c.results, got, c.want)
		}
	}
}

func TestClockThatIsOff(t *testing.T) {
	srv := ollamatest.Start(t)
	for _, off := range []time.Duration{-time.Hour, time.Hour, 10 * time.Second, -10 * time.Second} {
		examine(t, srv.URL, off).want(t, "clock", Warning, "away from this machine")
	}
	examine(t, srv.URL, 2*time.Second).want(t, "clock", OK, "")
}

// A server in front that cuts prompts, whatever the call says.
func TestServerThatCutsPrompts(t *testing.T) {
	srv := ollamatest.Start(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/chat" && r.ContentLength > 8000 {
			w.Write([]byte(`{"message":{"content":"yes"},"done":true,"done_reason":"stop","prompt_eval_count":2048}`))
			return
		}
		srv.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	r := examine(t, front.URL, 0)
	r.want(t, "long prompts", Failed, "truncates over-long prompts silently")
	if r.Worst() != Failed {
		t.Errorf("the worst is %s", r.Worst())
	}
}

func TestModelThatIgnoresTheSchema(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.FreeText, Contract: true})
	examine(t, srv.URL, 0).want(t, "reply schema", Failed, "does not keep to the reply schema")
}

func TestModelThatThinks(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Model{Name: ollamatest.DefaultModel, Thinks: true, RemoteHost: "https://far.example"})
	r := examine(t, srv.URL, 0)
	r.want(t, "thinking", OK, "not asked for")
	r.want(t, "rows", Warning, "far.example")
}

func TestServerThatFailsOnCalls(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Kill})
	r := examine(t, srv.URL, 0)
	for _, name := range []string{"probabilities", "prefix", "calls at once"} {
		r.want(t, name, Failed, "model runner has unexpectedly stopped")
	}
	srv = ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Kill, Contract: true})
	r = examine(t, srv.URL, 0)
	r.want(t, "reply schema", Failed, "model runner has unexpectedly stopped")
	r.want(t, "model", OK, "")
	if last := r.Checks[len(r.Checks)-1]; last.Result != Skipped {
		t.Errorf("after a server that does not answer comes %+v", last)
	}
}

func TestExaminationEndsWithItsContext(t *testing.T) {
	srv := ollamatest.Start(t)
	client, err := server.New(server.Config{Hosts: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	model, err := client.Check(t.Context(), ollamatest.DefaultModel)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &Examiner{Patient: Patient{Client: client, Model: model, MaxParallel: 2, Request: server.Request{Model: model.Name, NumCtx: 512}},
		Now: time.Now, Tell: func(Check) {}, Sleep: func(context.Context, time.Duration) error { return nil }}
	if err := e.ExamineServer(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFolderThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	e := &Examiner{Patient: Patient{Dirs: []string{filepath.Join(file, "cp")}}, Now: time.Now, Tell: func(Check) {}}
	e.ExamineMachine()
	e.Report.want(t, "disk", Failed, "file")
}

// How long a write takes is told by a clock that the test moves.
func TestSpeedOfTheDisk(t *testing.T) {
	for _, c := range []struct {
		each time.Duration
		want Result
		text string
	}{
		{20 * time.Millisecond, OK, "is safe after 20ms"},
		{150 * time.Millisecond, Warning, "is safe after 150ms only"},
	} {
		now := time.Unix(0, 0)
		e := &Examiner{Patient: Patient{Dirs: []string{t.TempDir()}}, Tell: func(Check) {}, Now: func() time.Time {
			now = now.Add(c.each)
			return now
		}}
		e.ExamineMachine()
		e.Report.want(t, "disk", c.want, c.text)
	}
}

func TestToolsThatAreMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e := &Examiner{Patient: Patient{Dirs: []string{t.TempDir()}}, Now: time.Now, Tell: func(Check) {}}
	e.ExamineMachine()
	e.Report.want(t, "tools", Warning, "missing: xargs for prism-run, jq for prism-tune and prism-cascade, parallel for prism-run --backend parallel and ssh")
}

// What is said to install is what the system can install.
func TestAdviseTools(t *testing.T) {
	for system, want := range map[string]string{
		"linux":   "sudo apt-get install findutils jq",
		"darwin":  "brew install findutils jq",
		"windows": "a Unix system, such as WSL",
	} {
		if got := adviseTools(system, []string{"findutils", "jq"}); got != want {
			t.Errorf("on %s: got %q, want %q", system, got, want)
		}
	}
}
