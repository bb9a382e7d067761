package report

import (
	"strconv"
	"strings"

	"prism/internal/status"
)

// Prometheus writes the view of a run in Prometheus' text format, for the
// textfile collector of node_exporter. Times are seconds since 1970.
func Prometheus(v *status.View) []byte {
	var b strings.Builder
	run := `run="` + escapeLabel(v.RunID) + `"`
	for _, m := range runMetrics(v) {
		writeMetricHead(&b, m)
		writeSample(&b, m.name, run, m.value)
	}
	state := prometheusMetric{name: "prism_run_state", kind: "gauge", help: "1 for the state that the run is in."}
	writeMetricHead(&b, state)
	for _, s := range allStates {
		writeSample(&b, state.name, run+`,state="`+string(s)+`"`, boolValue(s == v.State))
	}
	workers := prometheusMetric{name: "prism_run_workers", kind: "gauge", help: "Workers by state."}
	writeMetricHead(&b, workers)
	for _, s := range allStates {
		writeSample(&b, workers.name, run+`,state="`+string(s)+`"`, float64(v.States[s]))
	}
	for i := range workerMetrics(&status.WorkerView{}) {
		for k := range v.Workers {
			w := &v.Workers[k]
			m := workerMetrics(w)[i]
			if k == 0 {
				writeMetricHead(&b, m)
			}
			writeSample(&b, m.name, run+`,worker="`+strconv.Itoa(w.WorkerID)+`",label="`+escapeLabel(w.Label)+`"`, m.value)
		}
	}
	return []byte(b.String())
}

var allStates = []status.State{
	status.Starting, status.Running, status.Paused, status.Slow, status.Completed, status.Stopped, status.Failed, status.Dead, status.Lost,
}

type prometheusMetric struct {
	name, kind, help string
	value            float64
}

func runMetrics(v *status.View) []prometheusMetric {
	list := []prometheusMetric{
		{"prism_run_units", "gauge", "Units of the run.", float64(v.Units)},
		{"prism_run_rows", "gauge", "Rows of the run; 0: not known.", float64(v.TotalRows)},
		{"prism_run_rows_processed", "gauge", "Finished rows, failed and resumed ones included.", float64(v.RowsProcessed)},
		{"prism_run_rows_failed", "gauge", "Rows that failed.", float64(v.RowsFailed)},
		{"prism_run_rows_resumed", "gauge", "Rows taken over from checkpoints.", float64(v.RowsResumed)},
		{"prism_run_rows_cached", "gauge", "Rows labelled without a call, with the answer of the cache or of another row.", float64(v.RowsCached)},
		{"prism_run_rows_per_second", "gauge", "Rows/s of the last half minute.", v.RowsPerSec},
		{"prism_run_tokens_per_second", "gauge", "Generated tokens/s of the last half minute.", v.TokensPerSec},
		{"prism_run_api_calls", "gauge", "Model calls of the active processes.", float64(v.APICalls)},
		{"prism_run_errors", "gauge", "Calls whose reply did not have every row.", float64(v.Errors)},
		{"prism_run_retries", "gauge", "Calls repeated after a transient error.", float64(v.Retries)},
		{"prism_run_tokens", "gauge", "Generated tokens.", float64(v.Tokens)},
		{"prism_run_prompt_tokens", "gauge", "Tokens of prompts.", float64(v.PromptTokens)},
		{"prism_run_paused", "gauge", "1 while the pause flag is set.", boolValue(v.Paused)},
		{"prism_run_over", "gauge", "1 once no worker is active and none is expected.", boolValue(v.Over)},
		{"prism_run_unreadable_status_files", "gauge", "Status files that could not be read.", float64(len(v.Unreadable))},
		{"prism_run_looked_timestamp_seconds", "gauge", "When the run was looked at.", unixSeconds(v.Time)},
		{"prism_run_updated_timestamp_seconds", "gauge", "The newest heartbeat.", unixSeconds(v.UpdatedAt)},
	}
	if v.ETASeconds != nil {
		list = append(list, prometheusMetric{"prism_run_eta_seconds", "gauge", "Seconds left; absent where not known.", *v.ETASeconds})
	}
	return list
}

func workerMetrics(w *status.WorkerView) []prometheusMetric {
	return []prometheusMetric{
		{"prism_worker_rows", "gauge", "Rows of the unit; 0: not known.", float64(w.TotalRows)},
		{"prism_worker_rows_processed", "gauge", "Finished rows of the unit.", float64(w.RowsProcessed)},
		{"prism_worker_rows_failed", "gauge", "Rows of the unit that failed.", float64(w.RowsFailed)},
		{"prism_worker_rows_per_second", "gauge", "Rows/s of the last half minute.", w.RowsPerSec},
		{"prism_worker_tokens_per_second", "gauge", "Generated tokens/s of the last half minute.", w.TokensPerSec},
		{"prism_worker_errors", "gauge", "Calls whose reply did not have every row.", float64(w.Errors)},
		{"prism_worker_up", "gauge", "1 while a process is active on the unit.", boolValue(!w.State.Ended())},
		{"prism_worker_updated_timestamp_seconds", "gauge", "The worker's heartbeat.", unixSeconds(w.UpdatedAt)},
	}
}

func writeMetricHead(b *strings.Builder, m prometheusMetric) {
	b.WriteString("# HELP " + m.name + " " + m.help + "\n# TYPE " + m.name + " " + m.kind + "\n")
}

func writeSample(b *strings.Builder, name, labels string, v float64) {
	b.WriteString(name + "{" + labels + "} " + strconv.FormatFloat(v, 'f', -1, 64) + "\n")
}

func boolValue(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func unixSeconds(t status.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// escapeLabel writes a label's value as the format wants it.
func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\ufffd"))
}
