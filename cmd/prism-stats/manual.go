package main

import "prism/internal/cli"

var manual = cli.Manual{
	Purpose: "Count labels and calls, and measure how right the labels are.",
	About: "From results: the distribution of each coded column, organic labels (labels outside the list), rows that are not " +
		"applicable and lengths of free text; with --gold how right they are and how far their confidence shows it, with --compare " +
		"how far they agree, with --estimate what the shares truly are. From call logs: rows/s, tokens/s, tokens a row, calls, " +
		"retries and errors. Without FILE and call logs it reads stdin. A file named calls_w*.jsonl is a call log.",
	Examples: []cli.Example{
		{Text: "Count the labels of a result:", Command: "prism-stats --prompts-config prompt.json result.csv"},
		{Text: "Write the fifty rows that are most worth a look, for people to correct:", Command: "prism-stats --review 50 --prompts-config prompt.json -o review.xlsx result.csv"},
		{Text: "Measure how right a result is, and list the rows that are not:", Command: "prism-stats --gold gold.csv --misses misses.csv result.csv"},
	},
	ExitCodes: []cli.Entry{
		{Name: "0", Text: "done"},
		{Name: "1", Text: "failed: disk, damage, bug"},
		{Name: "2", Text: "wrong usage or input, named with file and line"},
		{Name: "3", Text: "--train-student: too few rows to learn from"},
	},
	Files: []cli.Entry{
		{Name: "logs/{run_id}/summary_{run_id}.md", Text: "summary of a run, with --save"},
		{Name: "logs/{run_id}/analytics_{run_id}.csv", Text: "its figures, with --save"},
		{Name: "{output folder}/report_{run_id}.html", Text: "its report, with --save"},
	},
}
