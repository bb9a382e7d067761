package main

import "prism/internal/cli"

var manual = cli.Manual{
	Purpose: "Label the rows of a table with a local language model served by Ollama.",
	About: "It reads CSV, TSV or JSONL with the columns RowID and Message (and Title and Sentiment, if they exist), or with those " +
		"that flags name, sends the rows in batches to the model, checks every reply, and writes the rows with the labels of the " +
		"prompt schema, in input order. Servers with OpenAI's API are called with --api openai.",
	Examples: []cli.Example{
		{Text: "Show what the model would be asked first; no call is made:", Command: "prism-classify --model llama3.2 --prompts-config prompt.json --dry-run feedback.csv"},
		{Text: "Label twenty rows, and count their labels:", Command: "prism-classify --model llama3.2 --prompts-config prompt.json --limit 20 < feedback.csv |\n  prism-stats"},
		{Text: "Label a table; after any interruption the same command continues:", Command: "prism-classify --model llama3.2 --prompts-config prompt.json \\\n" +
			"  --run-id first --checkpoint-dir checkpoints -o labelled.csv feedback.csv"},
	},
	ExitCodes: []cli.Entry{
		{Name: "0", Text: "every row has its labels"},
		{Name: "1", Text: "failed: disk, damage, bug; finished rows are in the checkpoint"},
		{Name: "2", Text: "wrong usage, configuration or input"},
		{Name: "3", Text: "finished, but some rows failed: they are listed and left out of the output"},
		{Name: "4", Text: "no server, or no usable model; no row is marked failed"},
	},
	Files: []cli.Entry{
		{Name: "{checkpoint-dir}/checkpoint_{run_id}_w{id}*", Text: "finished and failed rows"},
		{Name: "{logs-dir}/{run_id}/run_{run_id}_w{id}.log", Text: "what happened, with times"},
		{Name: "{logs-dir}/{run_id}/calls_w{id}.jsonl", Text: "a line for each call of the model"},
		{Name: "{logs-dir}/{run_id}/failed_ranges_w{id}.json", Text: "failed rows, with reason and reply"},
		{Name: "{status-dir}/{run_id}/worker_{id}.json", Text: "progress, for prism-status"},
		{Name: "{cache}/answers.db", Text: "answers by content"},
	},
	Environment: []cli.Entry{
		{Name: "PRISM_API_KEY", Text: "key for the servers of --api openai only"},
		{Name: "HTTPS_PROXY, HTTP_PROXY", Text: "proxies, where --proxy says so"},
		{Name: "NO_PROXY", Text: "hosts that are called without them"},
		{Name: "NO_COLOR", Text: "if set: no colours"},
	},
}
