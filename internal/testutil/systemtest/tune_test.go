package systemtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// gridSetting is a setting of the full grid and what came of it.
type gridSetting struct {
	style  string
	size   int
	tokens int64             // of the run
	right  map[string][]bool // by column, in the order of gold
}

// accuracy is the mean over the columns.
func (s *gridSetting) accuracy() float64 {
	var sum float64
	for _, right := range s.right {
		sum += mean(right)
	}
	return sum / float64(len(s.right))
}

func mean(right []bool) float64 {
	n := 0
	for _, r := range right {
		if r {
			n++
		}
	}
	return float64(n) / float64(len(right))
}

// isWorse reports whether in any column the 95% interval of the mean difference from best lies below 0, by the normal
// distribution, which the script does not use.
func (s *gridSetting) isWorse(best *gridSetting) bool {
	for column, right := range s.right {
		var sum, squares float64
		for i, r := range right {
			d := 0.0
			switch {
			case r && !best.right[column][i]:
				d = 1
			case !r && best.right[column][i]:
				d = -1
			}
			sum += d
			squares += d * d
		}
		n := float64(len(right))
		difference := sum / n
		if difference+1.96*math.Sqrt((squares/n-difference*difference)/n) < 0 {
			return true
		}
	}
	return false
}

// tokenCounter is a server in front of another one that counts the tokens that this tells.
type tokenCounter struct {
	next   http.Handler
	tokens atomic.Int64
}

func (c *tokenCounter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	changeAnswer(c.next, w, r, func(_, answer []byte) []byte {
		var told struct {
			Prompt int64 `json:"prompt_eval_count"`
			Reply  int64 `json:"eval_count"`
		}
		if json.Unmarshal(answer, &told) == nil {
			c.tokens.Add(told.Prompt + told.Reply)
		}
		return answer
	})
}

// TestTuneFindsWhatAFullGridFinds: on 240 gold rows prism-tune names the setting that is found by labelling
// the rows in each setting by hand, where accuracy falls with the batch size as told. Cheap is what takes few
// tokens: they do not depend on how busy the machine is.
func TestTuneFindsWhatAFullGridFinds(t *testing.T) {
	t.Parallel()
	needPrograms(t, "bash", "jq")
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "in.csv"), 240)
	rows, err := readTable(filepath.Join(dir, "in.csv"))
	if err != nil {
		t.Fatal(err)
	}
	schema := readSchema(t)
	gold, err := goldOf(rows, schema, false)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gold.csv"), []byte(gold), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]float64{
		"classic:1": 0.96, "classic:5": 0.96, "classic:10": 0.95, "classic:20": 0.8,
		"compact:1": 0.95, "compact:5": 0.95, "compact:10": 0.85, "compact:20": 0.7,
	}
	counter := &tokenCounter{next: &lessAccurate{ollamatest.New(schemaOptions(t)...), schema.Columns, told}}
	srv := httptest.NewServer(counter)
	defer srv.Close()
	env := append(os.Environ(), "OLLAMA_HOST="+srv.URL, "PRISM_MODEL=fake", "PRISM_PROMPTS_CONFIG="+schemaPath(t))

	want := labelGrid(t, dir, env, gold, counter)
	cmd := exec.Command("../../../scripts/prism-tune", "--cheapest", "tokens", "--dir", filepath.Join(dir, "tune"), "--format", "json", filepath.Join(dir, "gold.csv"), filepath.Join(dir, "in.csv"))
	cmd.Env = append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &errOut)
	}
	var report struct {
		Best, Chosen string
		Settings     []struct {
			Setting      string
			RowsPerSec   float64 `json:"rows_per_sec"`
			MeanAccuracy float64 `json:"mean_accuracy"`
			WorseIn      []string
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if report.Chosen != want {
		t.Errorf("prism-tune chose %s, the full grid says %s\n%s", report.Chosen, want, out)
	}
	if len(report.Settings) != len(told) {
		t.Errorf("%d settings in the report, want %d", len(report.Settings), len(told))
	}
}

// labelGrid labels the rows in every setting and returns the name of the one with the fewest tokens that is not
// worse than the best.
func labelGrid(t *testing.T, dir string, env []string, gold string, counter *tokenCounter) string {
	t.Helper()
	right, err := parseTable(gold)
	if err != nil {
		t.Fatal(err)
	}
	var grid []*gridSetting
	for _, style := range []string{"classic", "compact"} {
		for _, size := range []int{1, 5, 10, 20} {
			s := &gridSetting{style: style, size: size, right: map[string][]bool{}}
			result := filepath.Join(dir, fmt.Sprintf("%s_%d.csv", style, size))
			cmd := exec.Command(filepath.Join(bin, "prism-classify"), "--quiet", "--prompt-style", style, "--batch-size", fmt.Sprint(size), "-o", result, filepath.Join(dir, "in.csv"))
			cmd.Env = env
			before := counter.tokens.Load()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			s.tokens = counter.tokens.Load() - before
			got, err := readTable(result)
			if err != nil {
				t.Fatal(err)
			}
			for at, column := range right[0][1:] {
				place := slices.Index(got[0], "Validated_"+column)
				if place < 0 {
					place = slices.Index(got[0], column)
				}
				for i := range right[1:] {
					s.right[column] = append(s.right[column], got[i+1][place] == right[i+1][at+1])
				}
			}
			grid = append(grid, s)
		}
	}
	best := slices.MaxFunc(grid, func(a, b *gridSetting) int {
		if a.accuracy() < b.accuracy() {
			return -1
		}
		return 1
	})
	grid = slices.DeleteFunc(grid, func(s *gridSetting) bool { return s.isWorse(best) })
	chosen := slices.MinFunc(grid, func(a, b *gridSetting) int {
		return cmp.Compare(a.tokens, b.tokens)
	})
	return fmt.Sprintf("fake_%s_b%d_t0", chosen.style, chosen.size)
}

// TestTuneCommands runs the commands of docs/tune.md as they are printed.
func TestTuneCommands(t *testing.T) {
	t.Parallel()
	needPrograms(t, "bash", "jq")
	dir := newRecipeFolder(t)
	rows, err := readTable(filepath.Join(dir, "feedback.csv"))
	if err != nil {
		t.Fatal(err)
	}
	gold, err := goldOf(rows, readSchema(t), false)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gold.csv"), []byte(gold), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/tune.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Fatal("docs/tune.md has no commands")
	}
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Model{Name: "llama3.2"})...)
	for _, block := range blocks {
		commands := recipe{title: "tune.md", script: string(block[1])}
		commands.run(t, dir, "OLLAMA_HOST="+srv.URL)
	}
}
