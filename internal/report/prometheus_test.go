package report

import (
	"regexp"
	"strings"
	"testing"

	"prism/internal/status"
)

func TestPrometheusFormat(t *testing.T) {
	eta := 12.0
	v := &status.View{RunID: "a\"b\\c\nd", State: status.Running, ETASeconds: &eta, TotalRows: 5_000_000, RowsPerSec: 0.25,
		States: map[status.State]int{status.Running: 2}}
	for i := range 2 {
		w := status.WorkerView{State: status.Running}
		w.WorkerID, w.Label = i+1, "q\n1"
		v.Workers = append(v.Workers, w)
	}
	text := string(Prometheus(v))
	line := regexp.MustCompile(`^(# (HELP|TYPE) prism_[a-z_]+ .+|prism_[a-z_]+\{[a-z]+="([^"\\\n]|\\["\\n])*"(,[a-z]+="([^"\\\n]|\\["\\n])*")*\} -?[0-9.]+)$`)
	typed := map[string]int{}
	for l := range strings.Lines(text) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("no line of the format: %q", l)
		}
		if name, ok := strings.CutPrefix(l, "# TYPE "); ok {
			typed[strings.Fields(name)[0]]++
		}
	}
	for name, n := range typed {
		if n != 1 {
			t.Errorf("%s is typed %d times", name, n)
		}
	}
	for _, want := range []string{
		`prism_run_rows{run="a\"b\\c\nd"} 5000000`, `prism_run_state{run="a\"b\\c\nd",state="running"} 1`, `prism_run_eta_seconds{run="a\"b\\c\nd"} 12`,
		`prism_worker_up{run="a\"b\\c\nd",worker="2",label="q\n1"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if got := string(Prometheus(&status.View{})); !strings.Contains(got, `prism_run_units{run=""} 0`) || strings.Contains(got, "worker_up") {
		t.Errorf("of nothing: %s", got)
	}
}
