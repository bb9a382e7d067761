package main

import "prism/internal/cli"

var manual = cli.Manual{
	Purpose: "Show the state, progress, rows/s, tokens/s, errors and time left of a run and of each of its workers.",
	About: "Without a run ID or manifest it shows the latest run under the status folder. With --wait the exit code is the outcome " +
		"of the run.",
	Examples: []cli.Example{
		{Text: "Show the latest run; --watch follows it:", Command: "prism-status"},
		{Text: "Wait for the end of a run, and report its outcome:", Command: "prism-status --run-id first --wait"},
		{Text: "Start what is left of a run:", Command: "prism-status --manifest logs/first/run_manifest.json --units incomplete --format args |\n" +
			"  xargs -r -P4 -L1 prism-classify"},
	},
	ExitCodes: []cli.Entry{
		{Name: "0", Text: "shown; with --wait: every row has its labels"},
		{Name: "1", Text: "no status file of the run could be read"},
		{Name: "2", Text: "wrong usage, or no such run"},
		{Name: "3", Text: "with --wait: some rows or units failed or are not finished"},
		{Name: "4", Text: "with --wait: the server or the model was missing; the same command resumes"},
	},
	Files: []cli.Entry{
		{Name: "{status-dir}/{run_id}/worker_{id}.json", Text: "what each worker reports"},
		{Name: "{status-dir}/{run_id}/pause.flag", Text: "makes the workers wait, made by --pause"},
	},
	Environment: []cli.Entry{
		{Name: "NO_COLOR", Text: "if set: no colours"},
		{Name: "TERM", Text: "dumb: lines instead of the dashboard"},
	},
}
