// Benchtokens writes, as JSON for scripts/bench-tokens.mjs, the texts of a run whose tokens are
// worth counting: the messages of its calls as prism-classify renders them, and the replies that
// people's labels (gold) make, in each prompt style and batch size. Each reply is read back first: it must
// give every row its own labels.
//
//	go run ./internal/bench/tokens -input feedback.csv -gold gold.csv -prompts prompt.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"prism/internal/bench/csvfile"
	"prism/internal/prompt"
	"prism/internal/reply"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchtokens", flag.ContinueOnError)
	flags.SetOutput(errOut)
	input := flags.String("input", "examples/feedback/feedback.csv", "table with RowID, Title, Message and Sentiment")
	gold := flags.String("gold", "examples/feedback/gold.csv", "table with the labels of some of its rows")
	prompts := flags.String("prompts", "examples/feedback/prompt.json", "prompt schema file")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	cases, err := makeCases(*input, *gold, *prompts)
	if err == nil {
		err = json.NewEncoder(out).Encode(cases)
	}
	if err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

// textCase is what is counted together: a run in one style with one batch size.
type textCase struct {
	Style   string              `json:"style"`
	Batch   int                 `json:"batch"`
	Rows    int                 `json:"rows"`
	System  string              `json:"system"`
	Users   []string            `json:"users"`
	Replies map[string][]string `json:"replies"` // by which columns and which blanks
}

// batchSizes are those of the cases.
var batchSizes = []int{1, 5, 10, 15}

// keyPoint is the column without which replies are counted too.
const keyPoint = "Key_Point"

func makeCases(input, gold, prompts string) ([]textCase, error) {
	data, err := os.ReadFile(prompts)
	if err != nil {
		return nil, err
	}
	all, err := prompt.Parse(data, prompts)
	if err != nil {
		return nil, err
	}
	labels, err := parseWithout(data, prompts, keyPoint)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(input, gold)
	if err != nil {
		return nil, err
	}
	var cases []textCase
	for _, style := range []prompt.Style{prompt.Classic, prompt.Compact} {
		for _, batch := range batchSizes {
			p := all.InStyle(style)
			c := textCase{Style: string(style), Batch: batch, Rows: len(rows), System: p.System, Replies: map[string][]string{}}
			for chunk := range slices.Chunk(rows, batch) {
				if err := c.add(p, "all", chunk); err != nil {
					return nil, err
				}
				if err := c.add(labels.InStyle(style), "labels", chunk); err != nil {
					return nil, err
				}
				mentions := make([]prompt.Mention, len(chunk))
				for i := range chunk {
					mentions[i] = chunk[i].mention
				}
				c.Users = append(c.Users, string(p.AppendUser(nil, mentions)))
			}
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// parseWithout parses a prompt schema without one of its columns.
func parseWithout(data []byte, name, column string) (*prompt.Schema, error) {
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if columns, ok := file["columns_to_code"].([]any); ok {
		file["columns_to_code"] = slices.DeleteFunc(columns, func(c any) bool { return c == column })
	}
	if defaults, ok := file["not_applicable_defaults"].(map[string]any); ok {
		delete(defaults, column)
	}
	less, err := json.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return prompt.Parse(less, name)
}

// add adds the reply with the labels of rows, with and without the blanks that models put.
func (c *textCase) add(p *prompt.Prompt, columns string, rows []goldRow) error {
	for blank, name := range map[string]string{"": columns, " ": columns + " with blanks"} {
		text := replyOf(p, rows, blank)
		if err := checkReply(p, text, rows); err != nil {
			return err
		}
		c.Replies[name] = append(c.Replies[name], text)
	}
	return nil
}

// checkReply reads a reply as prism-classify does.
func checkReply(p *prompt.Prompt, text string, rows []goldRow) error {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].mention.RowID
	}
	got := reply.Read(text, ids, p, true)
	if len(got.Rows) != len(rows) {
		return fmt.Errorf("%d of %d rows are read from %s", len(got.Rows), len(rows), text)
	}
	for i, row := range got.Rows {
		for j := range p.Columns {
			if want := rows[i].labels[p.Columns[j].Name]; !row.Gate && row.Values[j] != want {
				return fmt.Errorf("RowID %d: %s is read as %q, is %q", row.RowID, p.Columns[j].Name, row.Values[j], want)
			}
		}
	}
	return nil
}

// replyOf is the reply with the labels of rows, with blank behind each comma and colon.
func replyOf(p *prompt.Prompt, rows []goldRow, blank string) string {
	var text []byte
	for i := range rows {
		if i > 0 {
			text = append(text, ","+blank...)
		}
		if p.Style == prompt.Compact {
			text = strconv.AppendInt(append(text, '['), int64(i)+1, 10)
		} else {
			text = strconv.AppendInt(append(text, `{"RowID":`+blank...), rows[i].mention.RowID, 10)
		}
		for j := range p.Columns {
			column := &p.Columns[j]
			text = append(text, ","+blank...)
			if p.Style != prompt.Compact {
				text = append(strconv.AppendQuote(text, column.Name), ":"+blank...)
			}
			text = column.AppendJSON(text, rows[i].labels[column.Name])
		}
		if p.Style == prompt.Compact {
			text = append(text, ']')
		} else {
			text = append(text, '}')
		}
	}
	if len(rows) == 1 {
		return string(text)
	}
	return "[" + string(text) + "]"
}

// goldRow is a row with its labels, by column.
type goldRow struct {
	mention prompt.Mention
	labels  map[string]string
}

// readRows returns the rows that have gold, in the order of the input.
func readRows(input, gold string) ([]goldRow, error) {
	records, err := readTable(input)
	if err != nil {
		return nil, err
	}
	labels, err := readTable(gold)
	if err != nil {
		return nil, err
	}
	byID := map[string]map[string]string{}
	for _, l := range labels {
		byID[l["RowID"]] = l
	}
	var rows []goldRow
	for _, r := range records {
		if byID[r["RowID"]] == nil {
			continue
		}
		id, err := strconv.ParseInt(r["RowID"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", input, err)
		}
		rows = append(rows, goldRow{
			prompt.Mention{RowID: id, Title: r["Title"], Message: r["Message"], Sentiment: r["Sentiment"]}, byID[r["RowID"]],
		})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no row of %s is in %s", input, gold)
	}
	return rows, nil
}

// readTable returns the records of a CSV table, by column.
func readTable(path string) ([]map[string]string, error) {
	all, err := csvfile.Read(path)
	if err != nil {
		return nil, err
	}
	records := make([]map[string]string, len(all)-1)
	for i, fields := range all[1:] {
		records[i] = map[string]string{}
		for j, name := range all[0] {
			records[i][name] = fields[j]
		}
	}
	return records, nil
}
