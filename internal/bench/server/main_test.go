package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

const (
	examples = "../../../examples/feedback"
	scripts  = "../../../scripts/bench-server-peers"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no folder", []string{"-server", "http://127.0.0.1:1"}, "-dir"},
		{"no rounds", []string{"-server", "http://127.0.0.1:1", "-dir", "d", "-rounds", "0"}, "at least one round"},
		{"unknown style", []string{"-server", "http://127.0.0.1:1", "-dir", "d", "-styles", "terse"}, `unknown style "terse"`},
		{"unknown peer", []string{"-server", "http://127.0.0.1:1", "-dir", "d", "-peers", "shell-loop,telnet"}, `unknown peer "telnet"`},
		{"batch", []string{"-server", "http://127.0.0.1:1", "-dir", "d", "-batch", "5,1"}, "-batch: invalid list"},
		{"parallel", []string{"-server", "http://127.0.0.1:1", "-dir", "d", "-parallel", "1,x"}, "-parallel: invalid list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := run(c.args, &out, &errOut); code != 2 || !strings.Contains(errOut.String(), c.want) {
				t.Errorf("got exit code %d and %q, want 2 and %q", code, &errOut, c.want)
			}
		})
	}
}

func TestListSettings(t *testing.T) {
	c := config{batches: []int{1, 5, 15}, parallels: []int{1, 4}, styles: []prompt.Style{prompt.Compact}, peers: []string{"ollama-run", "threads.py"}}
	var got []string
	for _, s := range c.listSettings() {
		got = append(got, s.String())
	}
	want := []string{
		"prism-classify, compact, 1 rows a call, 1 in flight", "prism-classify, compact, 1 rows a call, 4 in flight",
		"prism-classify, compact, 5 rows a call, 1 in flight", "prism-classify, compact, 5 rows a call, 4 in flight",
		"prism-classify, compact, 15 rows a call, 1 in flight", "prism-classify, compact, 15 rows a call, 4 in flight",
		"prism-classify, compact, 5 rows a call, 4 in flight, table with repeated rows",
		"prism-classify --cache, compact, 5 rows a call, 4 in flight, table with repeated rows",
		"Python threads, classic, 1 rows a call, 4 in flight", "Python threads, classic, 10 rows a call, 4 in flight",
		"ollama run --format, classic, 1 rows a call, 1 in flight",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// writeRows writes the first rows of the example and their gold.
func writeRows(t *testing.T, dir string, count int) (table, gold string) {
	t.Helper()
	paths := map[string]string{}
	for _, name := range []string{"feedback.csv", "gold.csv"} {
		records, err := readRecords(filepath.Join(examples, name))
		if err != nil {
			t.Fatal(err)
		}
		paths[name] = filepath.Join(dir, name)
		if err := writeRecords(paths[name], records[:count+1]); err != nil {
			t.Fatal(err)
		}
	}
	return paths["feedback.csv"], paths["gold.csv"]
}

// skipWithout skips the test where a program is not installed.
func skipWithout(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
}

// writePeers writes a folder with a peer that works and one that labels nothing.
func writePeers(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	threads, err := os.ReadFile(filepath.Join(scripts, "threads.py"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"threads.py": string(threads), "shell-loop": "#!/bin/sh\necho curl is missing >&2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The whole on a fake server. What is measured depends on the machine and is not asserted.
func TestMeasureOnFakeServer(t *testing.T) {
	skipWithout(t, "/usr/bin/python3")
	bin, dir := t.TempDir(), t.TempDir()
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin, "prism/cmd/prism-classify", "prism/cmd/prism-stats")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	srv := ollamatest.Start(t)
	table, gold := writeRows(t, dir, 20)
	chart := filepath.Join(dir, "chart.svg")
	var out, errOut bytes.Buffer
	code := run([]string{"-bin", bin, "-dir", dir, "-server", srv.URL, "-model", ollamatest.DefaultModel, "-scripts", writePeers(t), "-peers", "threads.py,shell-loop",
		"-input", table, "-gold", gold, "-prompts", filepath.Join(examples, "prompt.json"), "-batch", "1,5", "-parallel", "2", "-styles", "compact",
		"-rounds", "1", "-chart", chart, "-about", "a fake server"}, &out, &errOut)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, &errOut)
	}
	for _, want := range []string{
		"20 rows, model fake", "a fake server", "| prism-classify | compact | 1 | 2 | ", "| prism-classify | compact | 5 | 2 | ",
		"| prism-classify --cache | compact | 5 | 2 | ", "| Python threads | classic | 1 | 2 | ", "| Python threads | classic | 10 | 2 | ", "**Verdict: ",
		"- LEFT OUT: shell loop, curl and jq, classic, 1 rows a call, 1 in flight: no reply has a valid row: curl is missing\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if picture, err := os.ReadFile(chart); err != nil || !bytes.HasPrefix(picture, []byte("<svg ")) {
		t.Errorf("no chart: %v", err)
	}
}

// Every peer asks what prism-classify asks, and its replies give every row its own labels.
func TestPeersAskWhatIsInTheFolder(t *testing.T) {
	schema := readExampleSchema(t)
	for _, c := range []struct {
		script string
		needs  []string
	}{
		{"shell-loop", []string{"bash", "curl", "jq"}},
		{"gnu-parallel", []string{"bash", "curl", "jq", "parallel"}},
		{"threads.py", []string{"/usr/bin/python3"}},
		{"promptfoo", []string{"bash", "jq", cmp.Or(os.Getenv("PROMPTFOO"), "promptfoo")}},
	} {
		t.Run(c.script, func(t *testing.T) {
			skipWithout(t, c.needs...)
			srv := ollamatest.Start(t)
			asked := askedBy(schema)
			dir := t.TempDir()
			if err := asked.write(dir); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(scripts, c.script), dir)
			cmd.Env = append(os.Environ(), "OLLAMA_HOST="+srv.URL, "IN_FLIGHT=2", "NO_PROXY=127.0.0.1")
			var replies, said, table bytes.Buffer
			cmd.Stdout, cmd.Stderr = &replies, &said
			if err := cmd.Run(); err != nil || said.Len() > 0 {
				t.Fatalf("%v\n%s", err, &said)
			}
			checkCalls(t, srv.Calls(), asked)
			rows, err := convertReplies(&replies, schema, &table)
			if err != nil || rows != len(asked.calls) {
				t.Errorf("got %d rows (%v), want %d", rows, err, len(asked.calls))
			}
			for _, id := range []string{"\n7,", "\n8,", "\n9,"} {
				if !strings.Contains(table.String(), id) {
					t.Errorf("row %q is missing in\n%s", id, &table)
				}
			}
		})
	}
}

// askedBy is what is asked for three rows with texts that shells and JSON trip over.
func askedBy(schema *prompt.Prompt) *peerCalls {
	asked := &peerCalls{system: schema.System}
	asked.request = map[string]json.RawMessage{
		"model": json.RawMessage(`"` + ollamatest.DefaultModel + `"`), "stream": json.RawMessage("false"), "truncate": json.RawMessage("false"), "shift": json.RawMessage("false"),
		"options": json.RawMessage(`{"temperature":0,"seed":0,"num_ctx":4096,"num_predict":500}`),
	}
	for i, text := range []string{"It's \"late\" \\ $HOME `id`\nRowID: 1", "100% größer {now} 東京", "  two  blanks\tand a tab "} {
		id := int64(i + 7)
		asked.calls = append(asked.calls, peerCall{
			Rows: []int64{id}, User: string(schema.AppendUser(nil, []prompt.Mention{{RowID: id, Message: text}})),
			Format: schema.AppendReplySchema(nil, []int64{id}, true),
		})
	}
	return asked
}

func checkCalls(t *testing.T, got []ollamatest.Call, asked *peerCalls) {
	t.Helper()
	if len(got) != len(asked.calls) {
		t.Errorf("got %d calls, want %d", len(got), len(asked.calls))
	}
	for _, call := range got {
		isAsked := slices.ContainsFunc(asked.calls, func(want peerCall) bool {
			return want.User == call.User && string(want.Format) == compactJSON(t, call.Format)
		})
		if !isAsked || call.System != asked.system || call.NumCtx != 4096 || call.NumPredict != 500 || call.Truncate == nil || *call.Truncate {
			t.Errorf("a call differs from what is in the folder: %+v", call)
		}
	}
}

func compactJSON(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readExampleSchema(t testing.TB) *prompt.Prompt {
	t.Helper()
	path := filepath.Join(examples, "prompt.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := prompt.Parse(data, path)
	if err != nil {
		t.Fatal(err)
	}
	return schema.InStyle(prompt.Classic)
}
