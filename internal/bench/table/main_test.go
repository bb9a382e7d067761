package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"prism/internal/bench/measure"
)

// testConfig has a folder with a small table.
func testConfig(t *testing.T) *config {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the benchmarks are shell commands")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"rows": "2\n", "feedback.csv": "RowID\n1\n2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return &config{data: dir, bin: "bin", rounds: 2}
}

func TestRunBenchmarks(t *testing.T) {
	c := testConfig(t)
	all := []benchmark{
		{name: "other", programs: []program{{name: "fails", command: "exit 1"}}},
		{
			name: "count rows",
			programs: []program{
				{name: "tool", command: `wc -l "$DATA/feedback.csv" >"$WORK/lines"`},
				{name: "peer", needs: "sh", command: `test ! -e "$WORK/lines"`, note: "in an empty folder"},
				{name: "absent", needs: "no-such-command", command: "exit 1"},
				{name: "DuckDB", needs: "duckdb", command: "exit 1"},
				{name: "slow", command: "exit 1", slow: true},
			},
			targets: []target{{tool: "tool", peer: "peer", peak: 1 << 20}, {tool: "tool", peer: "absent", times: 1}, {tool: "tool", peer: "peer", times: 1e-9}},
		},
	}
	c.only = "count"
	var out strings.Builder
	if err := c.runBenchmarks(all, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Tables of 2 rows: feedback.csv 0 MB.", "### count rows\n", "\n| tool | ", "\n| peer | ", "| in an empty folder |", " MISSED\n", "1 targets missed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	for _, not := range []string{"absent", "DuckDB |", "slow"} {
		if strings.Contains(out.String(), not) {
			t.Errorf("%q is in\n%s", not, &out)
		}
	}
}

func TestRunBenchmarksFails(t *testing.T) {
	for _, c := range []struct{ name, only, want string }{
		{"no such benchmark", "nothing", `no benchmark has "nothing" in its name`},
		{"a command fails", "", "tool: exit status 3: why\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := testConfig(t)
			config.only = c.only
			err := config.runBenchmarks([]benchmark{{name: "b", programs: []program{{name: "tool", command: "echo why >&2; exit 3"}}}}, io.Discard, io.Discard)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"no data", nil, 2},
		{"unknown flag", []string{"-x"}, 2},
		{"no such benchmark", []string{"-data", t.TempDir(), "-only", "nothing"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(c.args, io.Discard, io.Discard); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

func TestCheckTarget(t *testing.T) {
	tool, peer := measure.Sample{Wall: time.Second, Peak: 30 << 20}, measure.Sample{Wall: 2 * time.Second, Peak: 20 << 20}
	for _, c := range []struct {
		name   string
		target target
		want   string
		met    bool
	}{
		{"fast", target{times: 0.5}, "tool takes 0.50 of the time of peer (target: at most 0.50).", true},
		{"slow", target{times: 0.4}, "tool takes 0.50 of the time of peer (target: at most 0.40).", false},
		{"small", target{peak: 30}, "tool Its peak is 30 MiB (at most 30).", true},
		{"large", target{times: 0.5, peak: 29}, "tool takes 0.50 of the time of peer (target: at most 0.50). Its peak is 30 MiB (at most 29).", false},
		{"grown", target{growth: 9}, "tool has its peak 10 MiB above that of peer (at most 9).", false},
		{"steady", target{growth: 10}, "tool has its peak 10 MiB above that of peer (at most 10).", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.target.tool, c.target.peer = "tool", "peer"
			text, met := c.target.check(tool, peer)
			if text != c.want || met != c.met {
				t.Errorf("got %q, %v, want %q, %v", text, met, c.want, c.met)
			}
		})
	}
}

// TestBenchmarks: every target names a program of its benchmark.
func TestBenchmarks(t *testing.T) {
	for _, b := range benchmarks() {
		names := map[string]bool{}
		for _, p := range b.programs {
			names[p.name] = true
		}
		for _, target := range b.targets {
			if !names[target.tool] || !names[target.peer] {
				t.Errorf("%s: target of %q beside %q names an unknown program", b.name, target.tool, target.peer)
			}
		}
	}
}
