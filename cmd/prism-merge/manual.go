package main

import "prism/internal/cli"

var manual = cli.Manual{
	Purpose: "Join part files with the same columns, sorted by RowID or another column, in bounded memory.",
	About: "Records keep their bytes where the format stays the same; the name of the output decides its form. Without PART it reads " +
		"stdin. --overrides replaces labels by those that people gave, --labelled-by combines results of some of the rows, and --manifest " +
		"merges the files of a run.",
	Examples: []cli.Example{
		{Text: "Join the outputs of workers, and make sure that every row is there:", Command: "prism-merge --expect feedback.csv -o result.csv out/feedback_w*.csv"},
		{Text: "Write a result as a workbook:", Command: "prism-merge -o result.xlsx result.csv"},
		{Text: "Take over what people corrected in a review file:", Command: "prism-merge --overrides review.xlsx --prompts-config prompt.json -o corrected.csv result.csv"},
	},
	ExitCodes: []cli.Entry{
		{Name: "0", Text: "done"},
		{Name: "1", Text: "failed: disk, damage, bug"},
		{Name: "2", Text: "wrong usage or input, named with file and line"},
		{Name: "3", Text: "merged, but rows of --expect or of the run are missing"},
	},
	Files: []cli.Entry{
		{Name: "failed_ranges.json", Text: "missing rows: beside the output, of a run beside its manifest"},
		{Name: "NAME.bak", Text: "an output of a run that somebody edited, before it is replaced"},
	},
}
