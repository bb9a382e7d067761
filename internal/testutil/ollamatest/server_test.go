package ollamatest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

var moods = []string{"good", "bad", "NOT_APPLICABLE"}

// schemaFor is a reply schema for rows with a strict and a free column.
func schemaFor(rows []Row) string {
	objects := make([]string, len(rows))
	for i, r := range rows {
		objects[i] = fmt.Sprintf(`{"type":"object","properties":{"RowID":{"const":%d},"Mood":{"type":"string",`+
			`"enum":["good","bad","NOT_APPLICABLE"]},"T<1>":{"type":"string","maxLength":16}},`+
			`"required":["RowID","Mood","T<1>"],"additionalProperties":false}`, r.ID)
	}
	if len(rows) == 1 {
		return objects[0]
	}
	n := strconv.Itoa(len(rows))
	return `{"type":"array","prefixItems":[` + strings.Join(objects, ",") + `],"minItems":` + n + `,"maxItems":` + n + `}`
}

// wantText is what a server without faults says to rows under schemaFor.
func wantText(rows []Row) string {
	objects := make([]string, len(rows))
	for i, r := range rows {
		objects[i] = fmt.Sprintf(`{"RowID":%d,"Mood":%q,"T<1>":%q}`, r.ID, Label("Mood", r, moods), Label("T<1>", r, nil)[:16])
	}
	if len(rows) == 1 {
		return objects[0]
	}
	return "[" + strings.Join(objects, ",") + "]"
}

func rowsFrom(first, n int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = MakeRow(first + i)
	}
	return rows
}

func requestFor(rows []Row, change func(map[string]any)) string {
	r := map[string]any{"model": DefaultModel, "stream": false, "truncate": false, "shift": false,
		"format": json.RawMessage(schemaFor(rows)), "options": map[string]any{"num_ctx": 16384, "num_predict": 8192},
		"messages": []map[string]string{{"role": "system", "content": "You label."}, {"role": "user", "content": userMessage(rows...)}}}
	if change != nil {
		change(r)
	}
	body, _ := json.Marshal(r)
	return string(body)
}

// answer is the body of a reply.
type answer struct {
	Error   string
	Message struct{ Content, Thinking string }
	Done    bool
	Reason  string `json:"done_reason"`
	Prompt  int    `json:"prompt_eval_count"`
	Count   int    `json:"eval_count"`
	Cached  *int   `json:"prompt_eval_cached_count"`
	Load    int    `json:"load_duration"`
	Total   int    `json:"total_duration"`
	Eval    int    `json:"eval_duration"`
}

func post(t *testing.T, url, body string) (int, answer) {
	t.Helper()
	resp, err := http.Post(url+"/api/chat", "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, answer{}
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, a
}

func TestLabels(t *testing.T) {
	srv := Start(t)
	for _, rows := range [][]Row{rowsFrom(0, 10), rowsFrom(7, 1), tricky, rowsFrom(100, 40)} {
		status, a := post(t, srv.URL, requestFor(rows, nil))
		if status != 200 || !a.Done || a.Reason != "stop" || a.Message.Content != wantText(rows) {
			t.Errorf("got %d %+v, want %s", status, a, wantText(rows))
		}
		if a.Count < len(wantText(rows))/bytesPerToken || a.Prompt < len(userMessage(rows...))/bytesPerToken || a.Total <= a.Eval {
			t.Errorf("metrics: %+v", a)
		}
	}
	if got := srv.Totals(); got.Calls != 4 || got.Rows != 56 || got.Peak != 1 || got.Loads != 1 {
		t.Errorf("got %+v", got)
	}
	if got := srv.Sent()[1007]; got != 2 {
		t.Errorf("row 1007 was sent %d times", got)
	}
	if got := srv.Calls()[2].RowIDs; !cmp.Equal(got, idsOf(tricky)) {
		t.Errorf("got %v", got)
	}
}

// A label is the row's own: of its RowID, its content and the column.
func TestLabelDependsOnTheRow(t *testing.T) {
	r := MakeRow(1)
	other := r
	other.Message += "!"
	next := r
	next.ID++
	if Label("x", r, nil) == Label("x", other, nil) || Label("x", r, nil) == Label("x", next, nil) || Label("x", r, nil) == Label("y", r, nil) {
		t.Error("labels of different rows are the same")
	}
	seen := map[string]int{}
	for i := range 3000 {
		seen[Label("Mood", MakeRow(i), moods)]++
	}
	for _, m := range moods {
		if seen[m] < 900 || seen[m] > 1100 {
			t.Errorf("%s is the label of %d of 3000 rows", m, seen[m])
		}
	}
}

func TestOwnLabels(t *testing.T) {
	rows := rowsFrom(0, 2)
	srv := Start(t, Column{Name: "Mood", Labels: []string{"fine"}})
	_, a := post(t, srv.URL, requestFor(rows, nil))
	if n := strings.Count(a.Message.Content, `"Mood":"fine"`); n != 2 {
		t.Errorf("got %s", a.Message.Content)
	}
	_, a = post(t, srv.URL, requestFor(rows, func(r map[string]any) { delete(r, "format") }))
	if want := `[{"RowID":1000,"Mood":"fine"},{"RowID":1001,"Mood":"fine"}]`; a.Message.Content != want {
		t.Errorf("without a schema: got %s, want %s", a.Message.Content, want)
	}
}

func TestTextFaults(t *testing.T) {
	rows := rowsFrom(0, 3)
	good := wantText(rows)
	object := func(i int) string { return wantText(rows[i : i+1]) }
	list := func(objects ...string) string { return "[" + strings.Join(objects, ",") + "]" }
	second := []int64{rows[1].ID}
	swapMood := func(to string) string {
		return strings.Replace(object(1), strconv.Quote(Label("Mood", rows[1], moods)), to, 1)
	}
	for _, c := range []struct {
		fault  Fault
		want   string
		reason string
	}{
		{Fault{Kind: Empty}, "", "stop"},
		{Fault{Kind: Fence}, "```json\n" + good + "\n```", "stop"},
		{Fault{Kind: Wrapped}, `{"results": ` + good + "}", "stop"},
		{Fault{Kind: MissingRow, Rows: second}, list(object(0), object(2)), "stop"},
		{Fault{Kind: SwapRows}, list(object(2), object(1), object(0)), "stop"},
		{Fault{Kind: OtherRow, Rows: second}, strings.Replace(good, ":1001,", ":1000001001,", 1), "stop"},
		{Fault{Kind: NullValue, Rows: second}, list(object(0), swapMood("null"), object(2)), "stop"},
		{Fault{Kind: WrongLabel, Rows: second}, list(object(0), swapMood(`"No Such Label"`), object(2)), "stop"},
		{Fault{Kind: OtherCase}, strings.NewReplacer("RowID", "rowid", "Mood", "mood", `"T<1>":`, `"t<1>":`).Replace(good), "stop"},
		{Fault{Kind: TextID, Rows: second}, strings.NewReplacer(":1000,", `:"1000",`, ":1001,", `:"1001",`, ":1002,", `:"1002",`).Replace(good), "stop"},
		{Fault{Kind: TrailingComma}, strings.ReplaceAll(strings.ReplaceAll(good, "}", ",}"), "]", ",]"), "stop"},
		{Fault{Kind: CutReply}, good[:len(good)/2], "length"},
		{Fault{Kind: Loop}, good[:len(good)/2] + strings.Repeat(" \n", 32), ""},
		{Fault{Kind: NoDone}, good, ""},
		{Fault{Kind: NoMetrics}, good, "stop"},
		{Fault{Kind: Slow, Delay: time.Millisecond}, good, "stop"},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			srv := Start(t, c.fault)
			status, a := post(t, srv.URL, requestFor(rows, nil))
			if status != 200 || a.Message.Content != c.want || a.Reason != c.reason || a.Done != (c.reason != "") {
				t.Errorf("got %d %+v\nwant %s (%s)", status, a, c.want, c.reason)
			}
			if got := srv.Calls()[0].Fault; got != c.fault.Kind {
				t.Errorf("recorded as %q", got)
			}
			if c.fault.Kind == NoMetrics && a.Count+a.Prompt+a.Total != 0 {
				t.Errorf("metrics: %+v", a)
			}
		})
	}
}

func TestTextFaultsThatAdd(t *testing.T) {
	rows := rowsFrom(0, 3)
	for _, c := range []struct {
		kind Kind
		want []string
	}{
		{Prose, []string{"Sure!", wantText(rows), "{anything}"}},
		{ThinkBlock, []string{"<think>", "</think>", wantText(rows)}},
		{TwiceRow, []string{strings.TrimSuffix(wantText(rows), "]") + `,{"RowID":1001,`}},
	} {
		srv := Start(t, Fault{Kind: c.kind, Rows: []int64{1001}})
		_, a := post(t, srv.URL, requestFor(rows, nil))
		for _, want := range c.want {
			if !strings.Contains(a.Message.Content, want) {
				t.Errorf("%s: got %s, want %s in it", c.kind, a.Message.Content, want)
			}
		}
	}
}

func TestWhiteSpaceEndsAtNumPredict(t *testing.T) {
	srv := Start(t, Fault{Kind: WhiteSpace})
	_, a := post(t, srv.URL, requestFor(rowsFrom(0, 2), func(r map[string]any) {
		r["options"] = map[string]any{"num_ctx": 16384, "num_predict": 100}
	}))
	if a.Reason != "length" || a.Count != 100 || len(a.Message.Content) != 400 || !strings.HasSuffix(a.Message.Content, "    ") {
		t.Errorf("got %+v", a)
	}
}

func TestLimits(t *testing.T) {
	rows := rowsFrom(0, 3)
	options := func(ctx, predict int) func(map[string]any) {
		return func(r map[string]any) { r["options"] = map[string]any{"num_ctx": ctx, "num_predict": predict} }
	}
	srv := Start(t)
	if _, a := post(t, srv.URL, requestFor(rows, options(4096, 10))); a.Reason != "length" || a.Count != 10 || a.Message.Content != wantText(rows)[:40] {
		t.Errorf("num_predict: got %+v", a)
	}
	prompt := templateTokens + tokens(len("You label.")) + tokens(len(userMessage(rows...)))
	if _, a := post(t, srv.URL, requestFor(rows, options(prompt+5, 0))); a.Reason != "length" || a.Count != 5 {
		t.Errorf("the context ends in the reply: got %+v", a)
	}
	status, a := post(t, srv.URL, requestFor(rows, options(100, 0)))
	if status != 400 || a.Error != "the input length exceeds the context length" {
		t.Errorf("too long: got %d %+v", status, a)
	}
	if got := srv.Calls()[2].RowIDs; len(got) != 3 {
		t.Errorf("a call that is too long was recorded with rows %v", got)
	}
	status, a = post(t, srv.URL, requestFor(rows, func(r map[string]any) {
		options(prompt-20, 1000)(r)
		delete(r, "truncate")
	}))
	if status != 200 || a.Prompt != prompt-20 || strings.Contains(a.Message.Content, wantText(rows[:1])) {
		t.Errorf("cut silently: got %d %+v", status, a)
	}
	if n := srv.Totals().Loads; n != 4 {
		t.Errorf("4 values of num_ctx made %d loads", n)
	}
}

func TestRefusals(t *testing.T) {
	srv := Start(t, Model{Name: "plain"}, Model{Name: "thinker:1b", Thinks: true})
	rows := rowsFrom(0, 1)
	ask := func(model string, think any) (int, answer) {
		return post(t, srv.URL, requestFor(rows, func(r map[string]any) {
			r["model"] = model
			if think != nil {
				r["think"] = think
			}
		}))
	}
	if status, a := ask("other", nil); status != 404 || a.Error != "model 'other' not found" {
		t.Errorf("got %d %+v", status, a)
	}
	if status, a := ask("plain", true); status != 400 || a.Error != `"plain" does not support thinking` {
		t.Errorf("got %d %+v", status, a)
	}
	if _, a := ask("thinker:1b", nil); a.Message.Thinking == "" || a.Message.Content != wantText(rows) {
		t.Errorf("it thinks by default: got %+v", a)
	}
	if _, a := ask("Thinker:1B", false); a.Message.Thinking != "" {
		t.Errorf("told not to think: got %+v", a)
	}
	if status, _ := post(t, srv.URL, "{"); status != 400 {
		t.Errorf("bad JSON: got %d", status)
	}
}

func TestNewerVersionTellsCachedTokens(t *testing.T) {
	srv := Start(t, Version("0.34.4"))
	body := requestFor(rowsFrom(0, 1), nil)
	_, first := post(t, srv.URL, body)
	_, second := post(t, srv.URL, body)
	if first.Cached == nil || *first.Cached != 0 || second.Cached == nil || *second.Cached == 0 || first.Load <= second.Load {
		t.Errorf("got %+v and %+v", first, second)
	}
}

func TestSlotsAndQueue(t *testing.T) {
	srv := Start(t, Slots(1, 1), Fault{Kind: Hang, From: 1})
	client := &http.Client{}
	body := requestFor(rowsFrom(0, 1), nil)
	hold, err := http.NewRequest("POST", srv.URL+"/api/chat", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := newContext(t)
	var wg sync.WaitGroup
	wg.Go(func() { client.Do(hold.WithContext(ctx)) })
	waitFor(func() bool { return srv.Totals().Calls == 1 })
	wg.Go(func() {
		if status, a := post(t, srv.URL, body); status != 200 {
			t.Errorf("the waiting call got %d %+v", status, a)
		}
	})
	waitFor(func() bool { return srv.waiting() == 2 })
	if status, a := post(t, srv.URL, body); status != 503 || a.Error != busyText {
		t.Errorf("with a full queue: got %d %+v", status, a)
	}
	leave()
	wg.Wait()
	if got := srv.Totals().Peak; got != 3 {
		t.Errorf("got a peak of %d", got)
	}
}

func TestStopAndRestart(t *testing.T) {
	srv := Start(t)
	body := requestFor(rowsFrom(0, 1), nil)
	post(t, srv.URL, body)
	srv.Stop()
	srv.Stop()
	if resp, err := http.Post(srv.URL+"/api/chat", "application/json", strings.NewReader(body)); err == nil {
		resp.Body.Close()
		t.Error("a stopped server answers")
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); err == nil {
		t.Error("it was started twice")
	}
	http.DefaultClient.CloseIdleConnections()
	if status, _ := post(t, srv.URL, body); status != 200 {
		t.Errorf("got %d", status)
	}
	if got := srv.Totals(); got.Calls != 2 || got.Loads != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestLog(t *testing.T) {
	var log bytes.Buffer
	srv := Start(t, LogTo(&log), CountOnly(), Fault{Kind: Busy, From: 2})
	post(t, srv.URL, requestFor(rowsFrom(0, 2), nil))
	post(t, srv.URL, requestFor(rowsFrom(2, 1), nil))
	want := "{\"call\":1,\"row_ids\":[1000,1001]}\n{\"call\":2,\"row_ids\":[1002],\"fault\":\"busy\"}\n"
	if got := log.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(srv.Calls()) != 0 || srv.Totals().Rows != 3 {
		t.Errorf("got %v and %+v", srv.Calls(), srv.Totals())
	}
}

func TestOtherQuestions(t *testing.T) {
	srv := Start(t, Model{Name: "m", Digest: "d", ContextLength: 99, Thinks: true})
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/", "", "Ollama is running"},
		{"GET", "/api/version", "", `{"version":"0.24.0"}`},
		{"GET", "/api/tags", "", `"digest":"d"`},
		{"GET", "/api/ps", "", `{"models":[]}`},
		{"POST", "/api/show", `{"model":"m"}`, `"llama.context_length":99`},
		{"POST", "/api/show", `{"name":"m:latest"}`, `"capabilities":["completion","thinking"]`},
		{"POST", "/api/show", `{"model":"x"}`, `{"error":"model 'x' not found"}`},
		{"POST", "/api/generate", `{"model":"m","prompt":"hi","think":false}`, `"response":"Yes.","done":true`},
		{"GET", "/api/ps", "", `"context_length":99`},
		{"GET", "/other", "", "404 page not found"},
		{"HEAD", "/", "", ""},
	} {
		r, err := http.NewRequest(c.method, srv.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(got), c.want) {
			t.Errorf("%s %s: got %s, %v, want %s in it", c.method, c.path, got, err, c.want)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCSV(&b, 3, 4); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.HasPrefix(got, "RowID,Title,Message,Sentiment\n1003,") || !strings.Contains(got, `"She said: ""never again"", and left, twice.`+"\n") ||
		!strings.Contains(got, "\n1004,") {
		t.Errorf("got %s", got)
	}
}

func FuzzReadFormat(f *testing.F) {
	f.Add(schemaFor(rowsFrom(0, 3)))
	f.Add(schemaFor(rowsFrom(0, 1)))
	f.Add(`{"items":{"properties":{"RowID":{},"x":{"enum":["\"}"]}}}}`)
	f.Fuzz(func(t *testing.T, format string) {
		if !json.Valid([]byte(format)) {
			return
		}
		ids, sh, _, err := New().readFormat([]byte(format))
		if err == nil && sh == nil {
			t.Errorf("neither columns nor an error, RowIDs %v", ids)
		}
	})
}

func newContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// waitFor returns once what another goroutine brings about is so.
func waitFor(so func() bool) {
	for !so() {
		runtime.Gosched()
	}
}

func (s *Server) waiting() int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.waiting
}

// BenchmarkServe is a call of ten rows without the network.
func BenchmarkServe(b *testing.B) {
	srv := New(CountOnly())
	body := requestFor(rowsFrom(0, 10), nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(body))
		w := httptest.NewRecorder()
		if srv.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
