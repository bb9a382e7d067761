package systemtest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"prism/internal/testutil/ollamatest"
)

// TestQualityCommands runs every command of docs/quality.md, in its order, as it is printed.
func TestQualityCommands(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/quality.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var result, other, gold, filled strings.Builder
	result.WriteString("RowID,Message,Topic,Topic_Confidence\n")
	other.WriteString("RowID,Message,Topic\n")
	gold.WriteString("RowID,Topic\n")
	filled.WriteString("RowID,Topic,Inclusion_Probability\n")
	var export strings.Builder
	export.WriteString("Datum;Message\r\n")
	topics := []string{"Billing", "Product", "Shipping"}
	for i := range 600 {
		if i < 60 {
			fmt.Fprintf(&export, "%d.3.2025;Gr\xFC\xDFe, message %d\r\n", i%28+1, i)
		}
		fmt.Fprintf(&result, "%d,message %d,%s,%s\n", i, i, topics[i%3], []string{"0.6", "1"}[min(1, i/30)])
		fmt.Fprintf(&other, "%d,message %d,%s\n", i, i, topics[i%7%3])
		if i%10 == 0 {
			fmt.Fprintf(&gold, "%d,%s\n", i, topics[i%5%3])
			fmt.Fprintf(&filled, "%d,%s,0.1\n", i, topics[i%5%3])
		}
	}
	for name, text := range map[string]string{"result.csv": result.String(), "a.csv": result.String(), "b.csv": other.String(), "gold.csv": gold.String(), "filled.csv": filled.String(),
		"prompt.json": qualityPrompt, "export.csv": export.String(), "feedback.csv": "RowID,Message\n1,late\n2,charged twice\n", "reviewed.csv": "RowID;Topic\r\n4;shipping\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	srv := ollamatest.New(ollamatest.Column{Name: "Topic", Labels: append(topics, "Refund")}, ollamatest.Model{Name: "llama3.2"})
	if err := srv.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	environment := append(os.Environ(), "OLLAMA_HOST="+srv.URL, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	commands := 0
	for _, block := range shellBlock.FindAllStringSubmatch(string(doc), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			commands++
			fillIn(t, dir, environment, line)
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir, cmd.Env = dir, environment
			if out, err := cmd.CombinedOutput(); err != nil || len(out) == 0 && !strings.Contains(line, ">") {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if commands < 19 {
		t.Errorf("%d commands found", commands)
	}
	for _, name := range []string{"misses.csv", "changed.csv", "sample.csv", "corrected.csv", "wrong.csv", "final.csv"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(data), "RowID,") {
			t.Errorf("%s: %v, %.40q", name, err, data)
		}
	}
}

const qualityPrompt = `{"system_prompt": "p", "columns_to_code": ["Topic"], "columns": {"Topic": {"labels": ["Billing", "Product", "Shipping"]}}}`

// fillIn does what people do before a command: they fill in the sample and correct the review,
// and save them as a spreadsheet program of Europe does.
func fillIn(t *testing.T, dir string, environment []string, command string) {
	t.Helper()
	for _, form := range []struct{ empty, filled string }{{"blind.xlsx", "people.csv"}, {"doubts.xlsx", "doubts_checked.csv"}} {
		if _, err := os.Stat(filepath.Join(dir, form.filled)); err == nil || !strings.Contains(command, form.filled) {
			continue
		}
		cmd := exec.Command(filepath.Join(bin, "prism-split"), "--normalize", form.empty)
		cmd.Dir, cmd.Env = dir, environment
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", form.empty, err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		topic := slices.Index(rows[0], "Topic")
		for i, row := range rows[1:] {
			row[topic] = []string{"product", "Billing"}[i%2]
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = ';', true
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		saved, err := charmap.Windows1252.NewEncoder().Bytes(b.Bytes())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, form.filled), saved, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
