// Render writes the messages that prism-classify would send for batches of rows, so that the
// demo's model is trained on the prompts that it will see. It reads batches from stdin, one JSON
// object a line, and writes the messages of each to stdout in the same order:
//
//	{"style": "classic", "rows": [{"RowID": 1, "Title": "Late", "Message": "Where is it?", "Sentiment": "Negative"}]}
//	{"system": "You are …", "user": "Classify this mention. …"}
//
//	go run ./internal/testutil/demomodel/render examples/feedback/prompt.json <batches.jsonl >prompts.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/prompt"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "error: give the prompt schema file as the only argument")
		return 2
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 2
	}
	schema, err := prompt.Parse(data, args[0])
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 2
	}
	if err := renderBatches(schema, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

// batch is a line of the input.
type batch struct {
	Style prompt.Style     `json:"style"`
	Rows  []prompt.Mention `json:"rows"`
}

// messages is a line of the output.
type messages struct {
	System string `json:"system"`
	User   string `json:"user"`
}

func renderBatches(schema *prompt.Schema, in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	prompts := map[prompt.Style]*prompt.Prompt{
		prompt.Classic: schema.InStyle(prompt.Classic),
		prompt.Compact: schema.InStyle(prompt.Compact),
	}
	for line := 1; ; line++ {
		var b batch
		err := decoder.Decode(&b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("stdin:%d: %w", line, err)
		}
		p := prompts[b.Style]
		if p == nil {
			return fmt.Errorf("stdin:%d: unknown style %q (want %s or %s)", line, b.Style, prompt.Classic, prompt.Compact)
		}
		if len(b.Rows) == 0 {
			return fmt.Errorf("stdin:%d: a batch without rows", line)
		}
		if err := encoder.Encode(messages{p.System, string(p.AppendUser(nil, b.Rows))}); err != nil {
			return err
		}
	}
}
