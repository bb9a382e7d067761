package main

import "prism/internal/cli"

var manual = cli.Manual{
	Purpose: "Check tables, and split them into units of rows that workers label in parallel.",
	About: "It prints one line for each unit: its positions, its bytes, and the checksum by which a worker knows that the rows " +
		"are still the same. Without FILE it reads stdin; that requires --write. --normalize writes any table as CSV that all tools " +
		"read, --select writes some of its rows, and --job plans a run of many files.",
	Examples: []cli.Example{
		{Text: "Check a table, and print its units:", Command: "prism-split --workers 4 feedback.csv"},
		{Text: "Label the units with four workers in parallel:", Command: "prism-split --format args feedback.csv |\n" +
			"  xargs -P4 -L1 prism-classify --model llama3.2 --prompts-config prompt.json --output-dir out"},
		{Text: "Make CSV of a workbook, with a RowID for each row:", Command: "prism-split --normalize -o normal.csv export.xlsx"},
	},
	ExitCodes: []cli.Entry{
		{Name: "0", Text: "done"},
		{Name: "1", Text: "failed: disk, damage, bug"},
		{Name: "2", Text: "wrong usage, job file or table; every fault is named with file and line"},
	},
	Files: []cli.Entry{
		{Name: "config/settings.json", Text: "settings for all jobs, unless --settings names them"},
		{Name: "config/models.json", Text: "models to choose from, unless --models names them"},
		{Name: "logs/{run_id}/run_manifest.json", Text: "the plan of a run, made by --job"},
		{Name: "logs/{run_id}/inputs/", Text: "inputs of a run in normal form, where they were not"},
	},
}
