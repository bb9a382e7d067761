package systemtest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// cmdFake: fake [faults=SPEC] [latency=D] [hold=ROWS] [slots=N] [context=N] [version=V] [seed=N] [models=A+B]
// [thinks] [remote=URL] [answers=FILE] [completions[=key=KEY+cuts+hides-bound]]
// starts the script's fake server, which knows the columns of the prompt schema
// $P, and points OLLAMA_HOST at it. With hold, calls wait once so many rows are asked for.
func cmdFake(ts *testscript.TestScript, neg bool, args []string) {
	var options []ollamatest.Option
	model := ollamatest.Model{Name: ollamatest.DefaultModel}
	for _, c := range loadSchema(ts).Columns {
		options = append(options, fakeColumn(&c))
	}
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "faults":
			faults, err := ollamatest.ParseFaults(value)
			ts.Check(err)
			options = append(options, faults)
		case "latency":
			d, err := time.ParseDuration(value)
			ts.Check(err)
			options = append(options, ollamatest.Latency(d))
		case "hold":
			options = append(options, ollamatest.HoldAfter(parseInt(ts, value)))
		case "slots":
			options = append(options, ollamatest.Slots(parseInt(ts, value), 512))
		case "seed":
			options = append(options, ollamatest.Seed(uint64(parseInt(ts, value))))
		case "models":
			for name := range strings.SplitSeq(value, "+") {
				options = append(options, ollamatest.Model{Name: name})
			}
		case "context":
			model.ContextLength = parseInt(ts, value)
		case "thinks":
			model.Thinks = true
		case "remote":
			model.RemoteHost = value
		case "answers":
			said, err := ollamatest.Answers(strings.NewReader(ts.ReadFile(value)))
			ts.Check(err)
			options = append(options, said)
		case "completions":
			options = append(options, ollamatest.Completions(strings.Split(value, "+")...))
		case "version":
			options = append(options, ollamatest.Version(value))
		default:
			ts.Fatalf("fake: unknown argument %q", a)
		}
	}
	srv := ollamatest.New(append(options, model)...)
	ts.Check(srv.Listen("127.0.0.1:0"))
	ts.Defer(srv.Close)
	ts.Setenv("OLLAMA_HOST", srv.URL)
	*scriptServer(ts) = srv
}

// cmdRelease: release lets the calls of the script's fake server pass that wait, and all others;
// release ROWS lets them pass until so many rows are asked for.
func cmdRelease(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		(*scriptServer(ts)).Release()
		return
	}
	(*scriptServer(ts)).HoldAfter(parseInt(ts, args[0]))
}

// fakeColumn is what the fake server knows of a column.
func fakeColumn(c *prompt.Column) ollamatest.Column {
	f := ollamatest.Column{Name: c.Name, Labels: c.Labels, Minimum: c.Minimum, Maximum: c.Maximum,
		MaxItems: c.MaxItems, Optional: c.Optional}
	if !c.HasLabels() {
		f.MaxLength = c.MaxLength
	}
	switch c.Type {
	case prompt.TypeLabels:
		f.Type = "array"
	case prompt.TypeInteger, prompt.TypeNumber, prompt.TypeBoolean:
		f.Type = string(c.Type)
	}
	return f
}

func parseInt(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

// scriptServer is where the fake server of the script is kept.
func scriptServer(ts *testscript.TestScript) **ollamatest.Server {
	return ts.Value(serverKey{}).(**ollamatest.Server)
}

// cmdRows: rows FILE FIRST LAST writes generated rows as CSV.
func cmdRows(ts *testscript.TestScript, neg bool, args []string) {
	var b bytes.Buffer
	ts.Check(ollamatest.WriteCSV(&b, parseInt(ts, args[1]), parseInt(ts, args[2])))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}

// cmdLabelled: labelled INPUT OUTPUT [ID…] checks that OUTPUT has every row of
// INPUT except those with these RowIDs, in order, each with its input columns
// unchanged and its own labels.
func cmdLabelled(ts *testscript.TestScript, neg bool, args []string) {
	schema := loadSchema(ts)
	missing := args[2:]
	out := readScriptTable(ts, args[1])
	n := 1
	for _, in := range readScriptTable(ts, args[0])[1:] {
		if slices.Contains(missing, in[0]) {
			continue
		}
		if n >= len(out) {
			ts.Fatalf("%s ends before RowID %s", args[1], in[0])
		}
		ts.Check(checkRow(in, out[n], schema))
		n++
	}
	if n != len(out) {
		ts.Fatalf("%s has %d extra rows", args[1], len(out)-n)
	}
}

// checkRow checks that an output row has the cells of its input row and the
// labels that the fake server gives it.
func checkRow(in, out []string, schema *prompt.Schema) error {
	if !slices.Equal(in, out[:len(in)]) {
		return fmt.Errorf("input columns are %q, want %q", out[:len(in)], in)
	}
	return checkLabelsOf(in, out, schema)
}

// checkLabelsOf checks that an output row has the labels that the fake server gives
// the row with this ID, title, message and sentiment.
func checkLabelsOf(in, out []string, schema *prompt.Schema) error {
	id, err := strconv.ParseInt(in[0], 10, 64)
	if err != nil {
		return err
	}
	row := ollamatest.Row{ID: id, Title: in[1], Message: in[2], Sentiment: in[3]}
	for i, c := range schema.Columns {
		got := out[len(in)+i]
		if want := ollamatest.Cell(fakeColumn(&c), row); got != want {
			return fmt.Errorf("RowID %d: %s is %q, want %q", id, c.Name, got, want)
		}
	}
	return nil
}

// cmdConfident: confident [-fast] INPUT OUTPUT COLUMN… checks that OUTPUT has, for every row of INPUT, the
// confidence of the fake server in these columns, and no other confidences. With -fast it may be lower, by
// what the server gives to tokens that no schema allows.
func cmdConfident(ts *testscript.TestScript, neg bool, args []string) {
	schema := loadSchema(ts)
	fast := args[0] == "-fast"
	if fast {
		args = args[1:]
	}
	in, out := readScriptTable(ts, args[0]), readScriptTable(ts, args[1])
	columns := map[int]*prompt.Column{}
	for i := range schema.Columns {
		if c := &schema.Columns[i]; slices.Contains(args[2:], c.Name) {
			columns[slices.Index(out[0], c.Name+prompt.ConfidenceSuffix)] = c
		}
	}
	have := 0
	for _, name := range out[0] {
		if strings.HasSuffix(name, prompt.ConfidenceSuffix) {
			have++
		}
	}
	if have != len(args)-2 || len(columns) != have || columns[-1] != nil || len(in) != len(out) {
		ts.Fatalf("%s has %d rows and %d confidences: %q", args[1], len(out)-1, have, out[0])
	}
	for n := 1; n < len(in); n++ {
		id, err := strconv.ParseInt(in[n][0], 10, 64)
		ts.Check(err)
		for i, c := range columns {
			want := ollamatest.Confidence(fakeColumn(c), ollamatest.Row{ID: id, Title: in[n][1], Message: in[n][2], Sentiment: in[n][3]})
			least, most := want-0.51e-6, want+0.51e-6
			if fast { // forbidden tokens count against it, a tenth of each of at most two
				least, most = 0.8*want, max(want, 0.5)
			}
			if got, err := strconv.ParseFloat(out[n][i], 64); err != nil || got < least || got > most {
				ts.Fatalf("RowID %d: %s is %q, want %v", id, out[0][i], out[n][i], want)
			}
		}
	}
}

// cmdOrders: orders LOG K checks that a call log has each batch K times, never in the same order.
func cmdOrders(ts *testscript.TestScript, neg bool, args []string) {
	batches := map[string][]string{} // orders of the same rows
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var call struct {
			RowIDs []int64 `json:"row_ids"`
		}
		ts.Check(json.Unmarshal([]byte(line), &call))
		order := fmt.Sprint(call.RowIDs)
		slices.Sort(call.RowIDs)
		batches[fmt.Sprint(call.RowIDs)] = append(batches[fmt.Sprint(call.RowIDs)], order)
	}
	for rows, orders := range batches {
		slices.Sort(orders)
		if len(orders) != parseInt(ts, args[1]) || len(slices.Compact(orders)) != len(orders) {
			ts.Fatalf("the rows %s were asked for in the orders %q", rows, orders)
		}
	}
}

// cmdComplete: complete INPUT OUTPUT checks that OUTPUT has every row of INPUT in
// order, each with its input columns unchanged and a label in each listed column.
func cmdComplete(ts *testscript.TestScript, neg bool, args []string) {
	in, out := readScriptTable(ts, args[0]), readScriptTable(ts, args[1])
	if len(in) != len(out) {
		ts.Fatalf("%s has %d rows, %s %d", args[1], len(out)-1, args[0], len(in)-1)
	}
	schema := loadSchema(ts)
	for n := range in {
		if !slices.Equal(in[n], out[n][:len(in[n])]) {
			ts.Fatalf("input columns are %q, want %q", out[n][:len(in[n])], in[n])
		}
		for i, c := range schema.Columns {
			if c.Labels != nil && out[n][len(in[n])+i] == "" {
				ts.Fatalf("RowID %s has no %s", in[n][0], c.Name)
			}
		}
	}
}

func loadSchema(ts *testscript.TestScript) *prompt.Schema {
	name := ts.Getenv("P")
	schema, err := prompt.Parse([]byte(ts.ReadFile(name)), name)
	ts.Check(err)
	return schema
}

func readScriptTable(ts *testscript.TestScript, name string) [][]string {
	records, err := parseTable(ts.ReadFile(name))
	if err != nil {
		ts.Fatalf("%s: %v", name, err)
	}
	return records
}

func readTable(path string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTable(string(data))
}

func parseTable(text string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes = true
	return r.ReadAll()
}

// cmdListed: listed OUTPUT checks that every label in a listed column is a listed one, or
// says that the row is not applicable.
func cmdListed(ts *testscript.TestScript, neg bool, args []string) {
	out := readScriptTable(ts, args[0])
	schema := loadSchema(ts)
	first := len(out[0]) - len(schema.Columns) - 3
	for _, rec := range out[1:] {
		for i, c := range schema.Columns {
			label := rec[first+i]
			if c.Labels != nil && !slices.Contains(c.Labels, label) && (i > 0 || label != prompt.NotApplicable) {
				ts.Fatalf("RowID %s: %q is not a label of %s", rec[0], label, c.Name)
			}
		}
	}
}

// cmdHead: head INPUT N OUTPUT writes the first N rows of a table.
func cmdHead(ts *testscript.TestScript, neg bool, args []string) {
	in := readScriptTable(ts, args[0])
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	ts.Check(w.WriteAll(in[:parseInt(ts, args[1])+1]))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o666))
}

// cmdSent: sent calls N | sent rows N | sent atmost N | sent contracts N | sent peak LEAST MOST
// checks what the fake server was sent; peak is the most calls at once.
func cmdSent(ts *testscript.TestScript, neg bool, args []string) {
	totals := (*scriptServer(ts)).Totals()
	want := parseInt(ts, args[1])
	switch args[0] {
	case "calls":
		if totals.Calls != want {
			ts.Fatalf("%d calls, want %d", totals.Calls, want)
		}
	case "rows":
		if totals.Rows != want {
			ts.Fatalf("%d rows sent, want %d", totals.Rows, want)
		}
	case "atmost":
		if totals.Rows > want {
			ts.Fatalf("%d rows sent, want at most %d", totals.Rows, want)
		}
	case "contracts":
		if totals.Contracts != want {
			ts.Fatalf("%d contract probes, want %d", totals.Contracts, want)
		}
	case "peak":
		if most := parseInt(ts, args[2]); totals.Peak < want || totals.Peak > most {
			ts.Fatalf("%d calls at once, want %d to %d", totals.Peak, want, most)
		}
	default:
		ts.Fatalf("sent: unknown argument %q (want calls, rows, atmost, contracts or peak)", args[0])
	}
}

// cmdCode: code N COMMAND… runs a command that must end with that exit code. What
// it prints can be matched by the script's stdout and stderr.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	want := parseInt(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil && !errors.Is(err, context.Canceled):
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
