package systemtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"prism/internal/testutil/ollamatest"
)

// recipe is a section of a page of the docs that ends with commands.
type recipe struct{ title, needs, script string }

var section = regexp.MustCompile("(?s)\n###? ([^\n]+)\n((?:[^#\n][^\n]*\n|\n)*?)```sh\n(.*?)```\n")

// readRecipes reads the recipes of a page of the docs, at least so many.
func readRecipes(t *testing.T, page string, least int) []recipe {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	var out []recipe
	for _, m := range section.FindAllSubmatch(doc, -1) {
		r := recipe{title: string(m[1]), script: string(m[3])}
		if _, needs, ok := strings.Cut(string(m[2]), "\nNeeds: "); ok {
			r.needs = strings.TrimSpace(needs)
		}
		out = append(out, r)
	}
	if len(out) < least {
		t.Fatalf("%d recipes found in %s", len(out), page)
	}
	return out
}

// run runs the recipe as it is printed, in dir.
func (r *recipe) run(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", r.script)
	cmd.Dir = dir
	scripts, err := filepath.Abs("../../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	list := string(os.PathListSeparator)
	cmd.Env = append(append(os.Environ(), "PATH="+bin+list+scripts+list+os.Getenv("PATH")), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", r.title, err, out)
	}
}

// TestRecipes runs every recipe of docs/pipelines.md as it is printed. Each
// leaves result.csv, the labelled feedback.csv.
func TestRecipes(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	for _, r := range readRecipes(t, "pipelines.md", 10) {
		t.Run(strings.Fields(r.title)[0], func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(r.needs); r.needs != "" && err != nil {
				t.Skipf("%s is not installed", r.needs)
			}
			dir := newRecipeFolder(t)
			model := ollamatest.Model{Name: "llama3.2"}
			srv := ollamatest.Start(t, schemaOptions(t, model, ollamatest.Latency(20*time.Millisecond))...)
			r.run(t, dir, "OLLAMA_HOST="+srv.URL)
			checkLabels(t, filepath.Join(dir, "feedback.csv"), filepath.Join(dir, "result.csv"))
		})
	}
}

var shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)```\n")

// needPrograms skips a test where one of the programs is missing.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s", name)
		}
	}
}

// TestTutorial runs all commands of docs/tutorial.md in their order, on its spreadsheet.
func TestTutorial(t *testing.T) {
	t.Parallel()
	needPrograms(t, "bash", "flock", "xargs")
	for _, row := range labelComplaints(t, "docs/tutorial.md", "labelled.xlsx", "") {
		if row[0] != row[1] || row[7] == "" {
			t.Errorf("row %q, want its ticket as RowID and a Topic", row)
		}
	}
}

// TestReadme runs the commands that README.md has for one's own file, on the spreadsheet of the tutorial.
func TestReadme(t *testing.T) {
	t.Parallel()
	needPrograms(t, "bash")
	for _, row := range labelComplaints(t, "README.md", "result.xlsx", ",Reviewed") {
		if row[7] == "" || row[13] != "" {
			t.Errorf("row %q, want a Topic, and no column reviewed", row)
		}
	}
}

// labelComplaints runs all shell commands of a page of the docs in their order, in a new folder that has the
// spreadsheet of the tutorial, checks the report that they write, and returns the thirty rows of the workbook that they
// leave. Its columns end with those that are named.
func labelComplaints(t *testing.T, page, workbook, lastColumns string) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	commands := recipe{title: page}
	for _, m := range shellBlock.FindAllSubmatch(text, -1) {
		commands.script += string(m[1])
	}
	commands.script += "prism-split --normalize --quiet -o read_back.csv " + workbook + "\n"
	dir := t.TempDir()
	sheet, err := os.ReadFile("../../../examples/tutorial/complaints.xlsx")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "complaints.xlsx"), sheet, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	srv := ollamatest.Start(t, ollamatest.Model{Name: "llama3.2"},
		ollamatest.Column{Name: "Topic", Labels: []string{"Product", "Delivery", "Service", "Payment", "Other"}},
		ollamatest.Column{Name: "Anger", Labels: []string{"High", "Low", "None"}}, ollamatest.Column{Name: "Wish"})
	commands.run(t, dir, "OLLAMA_HOST="+srv.URL, "PRISM_MODEL=llama3.2")
	if html, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !bytes.Contains(html, []byte("</html>")) {
		t.Errorf("the report is not a page: %v", err)
	}
	rows, err := readTable(filepath.Join(dir, "read_back.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head := "RowID,Ticket,Received,Store,Product,Subject,What happened,Topic,Anger,Wish,Model_Name,Batch_Size,Run_ID" + lastColumns
	if got := strings.Join(rows[0], ","); got != head || len(rows) != 31 {
		t.Fatalf("%d lines, the first is %s, want 31, the first %s", len(rows), got, head)
	}
	return rows[1:]
}

// newRecipeFolder returns a folder with the files that the recipes need.
func newRecipeFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "feedback.csv"), 240)
	for to, from := range map[string]string{
		"prompt.json": schemaPath(t), "Makefile": "../../../examples/feedback/Makefile", "job_config.yaml": "../../../examples/job/job_config.yaml",
	} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ReplaceAll(data, []byte("../feedback/"), nil)
		data = bytes.ReplaceAll(data, []byte("config/prompts/default_prompt.json"), []byte("prompt.json"))
		data = bytes.ReplaceAll(data, []byte("  - path: seed.csv\n    label: sample\n"), nil)
		if err := os.WriteFile(filepath.Join(dir, to), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
