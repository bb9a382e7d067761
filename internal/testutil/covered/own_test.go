package covered

import (
	"os/exec"
	"strings"
	"testing"
)

// TestOwnCoverage: scripts/cover --own names the packages that their own tests reach too little, by what
// go test -cover prints.
func TestOwnCoverage(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, c := range []struct {
		name, log string
		want      string // packages that are named
		fails     bool
	}{
		{"enough", "=== RUN   TestA\ncoverage: 3.0% of statements\nok  \tprism/internal/a\t0.2s\tcoverage: 80.0% of statements\nok  \tprism/internal/b/c\t(cached)\tcoverage: 100.0% of statements\n", "", false},
		{"too little", "ok  \tprism/internal/a\t0.2s\tcoverage: 79.9% of statements\nok  \tprism/internal/b\t0.2s\tcoverage: 81.0% of statements\n", "internal/a", true},
		{"no tests", "\tprism/internal/a/b\t\tcoverage: 0.0% of statements\n", "internal/a/b", true},
		{"no statements", "ok  \tprism/internal/a\t0.2s\tcoverage: 90.0% of statements\nok  \tprism/internal/b\t0.2s\tcoverage: [no statements]\n", "", false},
		{"support of tests, measurements, tools", "ok  \tprism/internal/a\t0.2s\tcoverage: 90.0% of statements\nok  \tprism/internal/testutil/x\t1s\tcoverage: 1.0% of statements\n" +
			"ok  \tprism/internal/bench/x\t1s\tcoverage: 1.0% of statements\nok  \tprism/cmd/prism-x\t1s\tcoverage: 1.0% of statements\n", "", false},
		{"what a test prints", "    x: prism/internal/z coverage: 1.0% of statements \xff\nok  \tprism/internal/a\t0.2s\tcoverage: 90.0% of statements\n", "", false},
		{"nothing was counted", "ok  \tprism/internal/a\t0.2s\n", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(bash, "../../../scripts/cover", "--own")
			cmd.Stdin = strings.NewReader(c.log)
			out, err := cmd.CombinedOutput()
			var named []string
			for line := range strings.Lines(string(out)) {
				if first, _, _ := strings.Cut(line, " "); strings.HasPrefix(first, "internal/") {
					named = append(named, first)
				}
			}
			if got := strings.Join(named, " "); got != c.want || (err != nil) != c.fails {
				t.Errorf("got packages %q, %v, want %q, and failure: %v\n%s", got, err, c.want, c.fails, out)
			}
		})
	}
}
