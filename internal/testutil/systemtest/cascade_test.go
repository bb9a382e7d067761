package systemtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// In these tests what people say of a row is what the fake server says, as often as the server is sure of
// it, so that its confidence is calibrated; else it is the next label. A model that knows the truth is
// put in front of the server.

// trueLabel is what people say of a made row in a listed column. chance is how probable the server's label is
// by its confidence.
func trueLabel(c *prompt.Column, r ollamatest.Row, chance func(confidence float64) float64) string {
	f := fakeColumn(c)
	said := ollamatest.Cell(f, r)
	if unitOf("truth", r.ID, c.Name) < chance(ollamatest.Confidence(f, r)) {
		return said
	}
	for i, l := range c.Labels {
		if l == said {
			return c.Labels[(i+1)%len(c.Labels)]
		}
	}
	return said
}

// calibrated is the chance of labels whose confidence can be taken as it is.
func calibrated(confidence float64) float64 { return confidence }

// knowing is a server in front of a fake one, whose model large knows the truth and does not tell how
// sure it is. Rows are made ones.
type knowing struct {
	next    http.Handler
	columns []prompt.Column
}

func (k *knowing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	changeAnswer(k.next, w, r, k.correct)
}

// correct puts the truth into an answer of classic style.
func (k *knowing) correct(call, answer []byte) []byte {
	var said map[string]any
	if !bytes.Contains(call, []byte(`"large"`)) || json.Unmarshal(answer, &said) != nil {
		return answer
	}
	message, _ := said["message"].(map[string]any)
	text, _ := message["content"].(string)
	var rows []map[string]any
	isList := strings.HasPrefix(text, "[")
	if !isList {
		text = "[" + text + "]"
	}
	if json.Unmarshal([]byte(text), &rows) != nil {
		return answer
	}
	for _, row := range rows {
		id, ok := row["RowID"].(float64)
		if !ok {
			return answer // a probe
		}
		for i := range k.columns {
			if c := &k.columns[i]; c.Labels != nil {
				row[c.Name] = trueLabel(c, ollamatest.MakeRow(int(id)-1000), calibrated)
			}
		}
	}
	corrected, err := json.Marshal(rows)
	if err != nil {
		return answer
	}
	if !isList {
		corrected = corrected[1 : len(corrected)-1]
	}
	message["content"] = string(corrected)
	delete(said, "logprobs")
	changed, err := json.Marshal(said)
	if err != nil {
		return answer
	}
	return changed
}

// cmdKnowing: knowing puts a server in front of the script's fake server whose model large knows what
// people say, and points OLLAMA_HOST at it.
func cmdKnowing(ts *testscript.TestScript, neg bool, args []string) {
	srv := httptest.NewServer(&knowing{*scriptServer(ts), loadSchema(ts).Columns})
	ts.Defer(srv.Close)
	ts.Setenv("OLLAMA_HOST", srv.URL)
}

// cmdTruth: truth INPUT OUTPUT FIRST LAST writes what people say of rows FIRST to LAST of INPUT.
func cmdTruth(ts *testscript.TestScript, neg bool, args []string) {
	rows := readScriptTable(ts, args[0])
	text, err := truthOf(rows[parseInt(ts, args[2]):parseInt(ts, args[3])+1], loadSchema(ts), calibrated)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}

func truthOf(rows [][]string, schema *prompt.Schema, chance func(float64) float64) (string, error) {
	var b strings.Builder
	b.WriteString("RowID")
	for i := range schema.Columns {
		if c := &schema.Columns[i]; c.Labels != nil {
			b.WriteString("," + c.Name)
		}
	}
	for _, in := range rows {
		id, err := strconv.ParseInt(in[0], 10, 64)
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + in[0])
		for i := range schema.Columns {
			if c := &schema.Columns[i]; c.Labels != nil {
				b.WriteString("," + trueLabel(c, ollamatest.Row{ID: id, Title: in[1], Message: in[2]}, chance))
			}
		}
	}
	return b.String() + "\n", nil
}

// TestCascadeCommands runs the commands of docs/cascade.md as they are printed.
func TestCascadeCommands(t *testing.T) {
	t.Parallel()
	needPrograms(t, "bash", "jq")
	dir := newRecipeFolder(t)
	rows, err := readTable(filepath.Join(dir, "feedback.csv"))
	if err != nil {
		t.Fatal(err)
	}
	gold, err := truthOf(rows[1:201], readSchema(t), func(confidence float64) float64 {
		if confidence > 0.6 {
			return 1
		}
		return 0.5
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gold.csv"), []byte(gold), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Model{Name: "llama3.2"}, ollamatest.Model{Name: "llama3.1:70b"})...)
	page, err := os.ReadFile("../../../docs/cascade.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := recipe{title: "cascade.md"}
	for _, block := range shellBlock.FindAllSubmatch(page, -1) {
		commands.script += string(block[1])
	}
	commands.run(t, dir, "OLLAMA_HOST="+srv.URL)
	for _, name := range []string{"result.csv", "twice.csv"} {
		result, err := readTable(filepath.Join(dir, name))
		if err != nil || len(result) != len(rows) || result[0][len(result[0])-1] != "Labelled_By" {
			t.Errorf("%s: %v, %d lines", name, err, len(result))
		}
	}
}
