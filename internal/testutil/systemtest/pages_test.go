package systemtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// shellPages are the pages whose shell blocks tests run: here, or as the comment says. A block
// that no test can run has what it needs after the name of its language: ```sh needs docker.
var shellPages = map[string]bool{
	"docs/classify.md": true, "docs/job.md": true, "docs/status.md": true,
	"docs/pipelines.md": true, // TestRecipes
	"docs/tables.md":    true, // TestExports
	"docs/tutorial.md":  true, // TestTutorial
	"README.md":         true, // TestReadme
	"docs/quality.md":   true, // TestQualityCommands
	"docs/cascade.md":   true, // TestCascadeCommands
	"docs/tune.md":      true, // TestTuneCommands
}

var anyShellBlock = regexp.MustCompile("(?m)^```(sh|bash|shell|console)\\b(.*)$")

// TestEveryShellBlockRuns finds blocks that no test runs and that do not say what they need.
func TestEveryShellBlockRuns(t *testing.T) {
	const root = "../../.."
	blocks := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md", "scripts/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
			for _, block := range anyShellBlock.FindAllSubmatch(text, -1) {
				blocks++
				language, mark := string(block[1]), string(block[2])
				switch {
				case strings.HasPrefix(mark, " needs ") && len(mark) > len(" needs "):
				case language != "sh" || mark != "":
					t.Errorf("%s: a block is marked %q, want sh, or sh needs WHAT", name, language+mark)
				case !shellPages[name]:
					t.Errorf("%s has a shell block that no test runs", name)
				}
			}
		}
	}
	if blocks == 0 {
		t.Error("no page has a shell block")
	}
}

// TestRecipesAreWholePages makes sure that the pages that are read as recipes have no other block.
func TestRecipesAreWholePages(t *testing.T) {
	for page, least := range map[string]int{"pipelines.md": 10, "tables.md": 10} {
		text, err := os.ReadFile("../../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		recipes, blocks := readRecipes(t, page, least), shellBlock.FindAll(text, -1)
		if len(recipes) != len(blocks) {
			t.Errorf("docs/%s has %d shell blocks, and %d of them end a section and run", page, len(blocks), len(recipes))
		}
	}
}

// TestPages runs the shell blocks of pages in their order, as they are printed.
func TestPages(t *testing.T) {
	needPrograms(t, "bash", "xargs")
	for _, tt := range []struct {
		page, before string // shell commands that make what the page speaks of
		faults       string
	}{
		{page: "docs/classify.md"},
		{page: "docs/job.md", before: "prism-run job_config.yaml --run-id RUN || [ $? = 3 ]; grep -q 1002 logs/RUN/failed_ranges_w*.json", faults: "missing-row:row=1002:times=4"},
		{page: "docs/status.md"},
	} {
		t.Run(filepath.Base(tt.page), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("../../../" + tt.page)
			if err != nil {
				t.Fatal(err)
			}
			blocks := recipe{title: tt.page, script: tt.before + "\n"}
			for _, m := range shellBlock.FindAllSubmatch(text, -1) {
				blocks.script += string(m[1])
			}
			dir := newRecipeFolder(t)
			if out, err := exec.Command("cp", "-R", "../../../examples", dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			faults, err := ollamatest.ParseFaults(tt.faults)
			if err != nil {
				t.Fatal(err)
			}
			srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Model{Name: "llama3.2"}, faults)...)
			blocks.run(t, dir, "OLLAMA_HOST="+srv.URL)
		})
	}
}
