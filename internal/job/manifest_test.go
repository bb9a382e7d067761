package job

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func plan(t *testing.T) *Manifest {
	t.Helper()
	c, err := parseJob("project: {name: p}\nmodel: {name: 'm:1'}\ninput_queue: [{path: data/a.csv}, {path: b.csv, label: b}]\n" +
		"prompts: {config_file: p.json}\noutput: {naming_pattern: '{label}-{model}-{timestamp}'}\n")
	if err != nil {
		t.Fatal(err)
	}
	units := []Unit{
		{Unit: 1, Label: "a", Input: "data/a.csv", RowStart: 1, RowEnd: 3, Rows: 3, InputSize: 9, InputSum: "us", FileSum: "s"},
		{Unit: 2, Label: "a", Input: "data/a.csv", RowStart: 4, RowEnd: 5, Rows: 2, InputSize: 9, InputSum: "us", FileSum: "s"},
		{Unit: 3, Label: "b", Input: "b.csv", RowStart: 1, RowEnd: 1, Rows: 1, InputSize: 5, InputSum: "ut", FileSum: "t"},
	}
	return Plan("r", c, DefaultSettingsFile(), units, time.Date(2025, 1, 27, 14, 30, 52, 0, time.UTC))
}

func TestManifest(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	m := plan(t)
	path, err := m.Write(nil)
	if err != nil || path != filepath.Join("logs", "r", "run_manifest.json") {
		t.Fatalf("wrote %s: %v", path, err)
	}
	if _, err := m.Write(nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second time: got %v, want that it exists", err)
	}
	got, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, m, cmpopts.IgnoreUnexported(Manifest{}), cmpopts.IgnoreFields(Unit{}, "FileSum")); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	want := []File{
		{"a", "data/a.csv", Planned, 5, 9, "s", "", []FileRange{{1, 3}, {4, 5}}, "", "", 0, "", 0, nil, nil, nil},
		{"b", "b.csv", Planned, 1, 5, "t", "", []FileRange{{1, 1}}, "", "", 0, "", 0, nil, nil, nil},
	}
	if diff := cmp.Diff(got.Files, want); diff != "" {
		t.Errorf("files (-got +want):\n%s", diff)
	}
	if got, want := got.Units[2].OutputName, "r_b_w3.csv"; got != want {
		t.Errorf("output of unit 3: got %s, want %s", got, want)
	}
	if got, want := got.MergedName("a"), filepath.Join("output", "a-m-1-20250127_143052.csv"); got != want {
		t.Errorf("merged output: got %s, want %s", got, want)
	}
}

func TestManifestFromElsewhere(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	path, err := plan(t).Write(nil)
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(root, moved); err != nil {
		t.Skip("this system does not rename the current folder:", err)
	}
	t.Chdir(t.TempDir())
	m, err := ReadManifest(filepath.Join(moved, path))
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"data/a.csv": filepath.Join(moved, "data", "a.csv"), "/abs": "/abs", "": ""} {
		if got := m.Path(given); got != want {
			t.Errorf("%s: got %s, want %s", given, got, want)
		}
	}
}

func TestUpdateManifest(t *testing.T) {
	t.Chdir(t.TempDir())
	path, err := plan(t).Write(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = UpdateManifest(t.Context(), path, func(m *Manifest) { m.File("b").Status, m.File("b").MergedOutput = Completed, "output/b.csv" })
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(path)
	if err != nil || m.File("b").Status != Completed || m.File("b").MergedOutput != "output/b.csv" || m.File("a").Status != Planned {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestNoManifest(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "{", "other JSON": "{}", "newer": `{"run_id":"r","schema":99}`, "no config": `{"run_id":"r","schema":1}`,
		"unit of no file": `{"run_id":"r","config_snapshot":{},"settings_snapshot":{},"units":[{"unit":1,"row_start":1,"output_name":"x"}]}`,
		"output outside":  `{"run_id":"r","config_snapshot":{},"settings_snapshot":{},"files":[{"label":"a"}],"units":[{"unit":1,"label":"a","row_start":1,"output_name":"../x"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.json")
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadManifest(path); !errors.Is(err, ErrNoManifest) {
				t.Errorf("got %v, want %v", err, ErrNoManifest)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	c := jobFileDefaults(DefaultSettingsFile())
	load := Load{Rows: []int64{25, 24}, Bytes: 4900, PromptBytes: 400, Columns: 4}
	for _, tt := range []struct {
		name  string
		batch int
		rate  Rate
		want  Estimate
	}{
		{"no rate", 10, Rate{}, Estimate{Calls: 6, PromptTokens: 600 + 1225 + 2940, Tokens: 1568}},
		{"a rate", 10, Rate{BatchSize: 10, RowsPerSec: 0.5, TokensPerRow: 20, PromptTokensPerRow: 90},
			Estimate{Calls: 6, PromptTokens: 4410, Tokens: 980, Time: 98 * time.Second}},
		{"of another batch size", 5, Rate{BatchSize: 10, RowsPerSec: 0.5, TokensPerRow: 20, PromptTokensPerRow: 90},
			Estimate{Calls: 10, PromptTokens: 1000 + 1225 + 2940, Tokens: 980, Time: 196 * time.Second}},
		{"compact", 10, Rate{}, Estimate{Calls: 6, PromptTokens: 600 + 1225 + 490, Tokens: 784}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.Model.BatchSize, c.Model.PromptStyle = tt.batch, "classic"
			if tt.name == compactStyle {
				c.Model.PromptStyle = compactStyle
			}
			if got := c.Estimate(load, tt.rate, DefaultModels()); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(`{"run_id":"r","config_snapshot":{"model":{"delay":1e99}},"settings_snapshot":{},"files":[{"label":"a"}],"units":[{"unit":1,"label":"a","row_start":1,"output_name":"x"}]}`)
	f.Add(`{"run_id":"r","schema":1,"created_at":"2025-01-27T14:30:52Z","base":"../..","config_snapshot":{"output":{"naming_pattern":"{run_id}_{label}"}},"settings_snapshot":{"log_settings":{"create_summaries":true}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseManifest([]byte(text), ManifestPath("logs", "r"))
		if err != nil {
			if !errors.Is(err, ErrNoManifest) {
				t.Errorf("got %v, want %v", err, ErrNoManifest)
			}
			return
		}
		m.RunDir()
		m.SummaryPath()
		m.Config.Workers()
		for _, u := range m.Units {
			m.UnitOutput(u)
			m.MergedName(u.Label)
			if m.File(u.Label) == nil {
				t.Errorf("unit %d is of no file", u.Unit.Unit)
			}
		}
	})
}

// TestReplaceUnits: of a file that is planned again, a merge is forgotten; a unit whose rows changed
// stays marked, as an earlier output may be of other rows.
func TestReplaceUnits(t *testing.T) {
	m := plan(t)
	m.File("a").Status, m.File("a").MergedOutput = Completed, "output/a.csv"
	units := []Unit{
		{Unit: 1, Label: "a", RowStart: 1, RowEnd: 3, Rows: 3, InputSize: 12, InputSum: "us", FileSum: "s2"},
		{Unit: 2, Label: "a", RowStart: 4, RowEnd: 7, Rows: 4, InputSize: 12, InputSum: "new", FileSum: "s2"},
	}
	m.ReplaceUnits("a", units)
	f := m.File("a")
	if f.Status != Planned || f.Rows != 7 || f.InputSize != 12 || f.InputSum != "s2" || !cmp.Equal(f.RowRanges, []FileRange{{1, 3}, {4, 7}}) || f.MergedOutput != "output/a.csv" {
		t.Errorf("got file %+v", f)
	}
	if got := []bool{m.Units[0].Replanned, m.Units[1].Replanned, m.Units[2].Replanned}; !cmp.Equal(got, []bool{false, true, false}) {
		t.Errorf("got replanned %v, want the second unit", got)
	}
	m.ReplaceUnits("a", units)
	if !m.Units[1].Replanned || m.Units[1].OutputName != "r_a_w2.csv" {
		t.Errorf("a second time: got %+v", m.Units[1])
	}
	if got := len(m.UnitsOf("a")); got != 2 {
		t.Errorf("got %d units of a, want 2", got)
	}
}

// TestManifestThatCannotBeWritten: the normal forms of the inputs go with it; what else is in their
// folder stays.
func TestManifestThatCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	m := plan(t)
	m.Files[0].InputFile, m.Files[0].NormalizedFrom = "logs/r/inputs/a.csv", &Source{Path: "data/a.xlsx"}
	full := errors.New("disk full")
	path, err := m.Write(func() error {
		for _, name := range []string{"logs/r/inputs/a.csv", "b.csv"} {
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, nil, 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		return full
	})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	for name, want := range map[string]bool{path: false, "logs/r/inputs": false, "b.csv": true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestManifestOfBytesThatAreNoText(t *testing.T) {
	t.Chdir(t.TempDir())
	m := plan(t)
	m.Files[1].InputFile = "caf\xe9.csv"
	path, err := m.Write(nil)
	if !errors.Is(err, ErrNotUTF8) {
		t.Errorf("got %v, want %v", err, ErrNotUTF8)
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("%s was written", path)
	}
}

func TestCommandsOfARun(t *testing.T) {
	m := plan(t)
	m.JobFile, m.dir = "my job.yaml", "."
	if got, want := m.ResumeCommand(), "prism-run 'my job.yaml' --resume --run-id r"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m.JobFile = "-job.yaml"
	if got, want := m.ResumeCommand(), "prism-run ./-job.yaml --resume --run-id r"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m.Config.Output.Format = "xlsx" // which is merged from CSV
	if got, want := filepath.ToSlash(m.MergeCommand("a")), "prism-merge -o NAME.csv output/r_a_w*.csv"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTablesOfARun: outputs of CSV have the delimiter of their input, those of other formats none.
func TestTablesOfARun(t *testing.T) {
	m := plan(t)
	m.Config.InputQueue[0].Delimiter = ";"
	for _, c := range []struct {
		label, output string
		want          byte
	}{{"a", "out.csv", ';'}, {"a", "out.tsv", 0}, {"b", "out.csv", 0}} {
		if got := m.OutputOptions(c.label, c.output).Delimiter; got != c.want {
			t.Errorf("%s of %s: got delimiter %q, want %q", c.output, c.label, got, c.want)
		}
	}
	if got := m.InputOptions("a").Delimiter; got != ';' {
		t.Errorf("the input: got delimiter %q", got)
	}
}
