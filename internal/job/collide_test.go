package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/fsutil"
)

func TestCheckOutputs(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Manifest)
		want   []string // what the errors name, one each
	}{
		{"usual places", func(*Manifest) {}, nil},
		{"an input", func(m *Manifest) { m.Files[1].InputFile = "output/r_a_w2.csv" }, []string{"output of unit 2: "}},
		{"the file that an input was made of", func(m *Manifest) { m.Files[0].NormalizedFrom = &Source{Path: "output/r_b_w3.csv"} }, []string{"output of unit 3: "}},
		{"the prompt schema", func(m *Manifest) { m.Paths.PromptsConfig = "output/r_a_w1.csv" }, []string{"the prompt schema"}},
		{"the job file", func(m *Manifest) { m.JobFile = "output/r_a_w1.csv" }, []string{"the job file"}},
		{"the file of a student", func(m *Manifest) { m.Config.Model.API, m.Config.Model.Name = StudentAPI, "output/r_a_w1.csv" }, []string{"the student"}},
		{"a merged output in the place of a unit's", func(m *Manifest) { m.Config.Output.NamingPattern = "r_{label}_w2" }, []string{"the output of unit 2"}},
		{"one merged output of two files", func(m *Manifest) { m.Config.Output.NamingPattern = "all" }, []string{"the merged output of a"}},
		{"the folder of a run's logs", func(m *Manifest) { m.Paths.OutputDir = "logs/r" }, []string{"output of unit 1: ", "output of unit 2: ", "output of unit 3: ", "output.naming_pattern", "output.naming_pattern"}},
		{"the folder of a run's status files", func(m *Manifest) { m.Paths.StatusDir, m.RunID, m.Paths.OutputDir = "s", "r", "s/r" }, []string{"output of unit 1: ", "output of unit 2: ", "output of unit 3: ", "output.naming_pattern", "output.naming_pattern"}},
		{"a checkpoint", func(m *Manifest) { m.Paths.OutputDir, m.Units[0].OutputName = "checkpoints", "checkpoint_r_w1.json" }, []string{"output of unit 1: "}},
		{"a cache of answers", func(m *Manifest) { m.Config.Model.Cache, m.Units[0].OutputName = "output", "answers.csv" }, []string{"output of unit 1: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			m := plan(t)
			c.change(m)
			got := []string{}
			if err := m.CheckOutputs(); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.Contains(got[i], c.want[i]) {
					t.Errorf("got %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}

func TestGuardFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	m := plan(t)
	m.JobFile, m.Config.Model.Cache = "job.yaml", "cache"
	m.Files[0].NormalizedFrom = &Source{Path: "data/a.xlsx"}
	var guard fsutil.Guard
	m.GuardFiles(&guard)
	for _, c := range []struct {
		path  string
		guard bool
	}{
		{"p.json", true}, {"job.yaml", true}, {"data/a.csv", true}, {"data/a.xlsx", true}, {"b.csv", true},
		{"logs/r/run_manifest.json", true}, {"logs/r/calls_w7.jsonl", true}, {"logs/r/stop", true}, {"logs/r/machines", true}, {"logs/r/failed_ranges.json", true}, {"logs/r/inputs/a.csv", true}, {"logs/r/cascade_a/done", true},
		{"output/r_a_w1.csv", true}, {"output/a-m-1-20250127_143052.csv", true}, {"checkpoints/checkpoint_r_w1.json", true}, {"status/r/worker_1.json", true}, {"cache/answers.db", true},
		{"logs/r/summary_r.md", false}, {"logs/r/analytics_r.csv", false}, {"logs/r/stopwords.csv", false}, {"logs/r/machines.csv", false}, {"output/other.csv", false}, {"checkpoints/other.json", false}, {"cache/other", false},
	} {
		if err := guard.Check(filepath.FromSlash(c.path)); (err != nil) != c.guard {
			t.Errorf("%s: got %v, want an error: %v", c.path, err, c.guard)
		}
	}
}

// TestCheckPlaces: a link that leads a file of a run out of its folder is named, before anything is
// written through it.
func TestCheckPlaces(t *testing.T) {
	for _, c := range []struct {
		link   string
		worker bool // a worker of no manifest looks at it, too
	}{
		{"", false}, {"logs/r/run_r_w1.log", true}, {"logs/r/calls_w1.jsonl", true}, {"logs/r/failed_ranges_w1.json", true}, {"status/r/worker_1.json", true}, {"status/r/pause.flag", true},
		{"logs/r/inputs/a.csv", false}, {"output/r_a_w1.csv", false}, {"output/a-m-1-20250127_143052.csv", false}, {"output/report_r.html", false},
	} {
		t.Run(c.link, func(t *testing.T) {
			outside := t.TempDir()
			t.Chdir(t.TempDir())
			if c.link != "" {
				if err := os.MkdirAll(filepath.Dir(c.link), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.Join(outside, "x"), c.link); err != nil {
					t.Skip("no links here:", err)
				}
			}
			m := plan(t)
			m.Settings.LogSettings.CreateReports = true
			checkLink(t, "the run", m.CheckPlaces(), c.link, c.link != "")
			o := Options{Monitoring: m.Config.Monitoring}
			checkLink(t, "a worker", o.CheckPlaces("r", 1), c.link, c.worker)
			if err := o.CheckPlaces("", 1); err != nil {
				t.Errorf("a run that will be made: got %v", err)
			}
		})
	}
}

func checkLink(t *testing.T, who string, err error, link string, want bool) {
	t.Helper()
	if (err != nil) != want || want && !strings.Contains(filepath.ToSlash(err.Error()), filepath.Base(link)) {
		t.Errorf("%s: got %v, want an error that names %q: %v", who, err, link, want)
	}
}
