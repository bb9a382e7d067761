package job

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parseJob(text string) (*Config, error) {
	return Parse([]byte(text), "job.yaml", DefaultSettingsFile(), Overrides{})
}

// usualColumns are those of an input of which a job file says nothing.
var usualColumns = InputColumns{BlankRows: "na"}

func TestSeed(t *testing.T) {
	got, err := Parse(readFile(t, "seed.yaml"), "job.yaml", DefaultSettingsFile(), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	want := jobFileDefaults(DefaultSettingsFile())
	want.Project = Project{"customer_feedback", "v1", "Classify customer feedback by topic and sentiment"}
	want.Model.Name = "llama3.2"
	want.InputQueue = []Input{{"data/feedback_q1.csv", "q1_feedback", "", usualColumns}, {"data/feedback_q2.csv", "q2_feedback", "", usualColumns}}
	want.Parallelization.ManualRanges = []FileRange{{1, 500}, {501, 1000}}
	want.Output.Directory, want.Output.Checkpoints = "output/", Checkpoints{"checkpoints/", 25, false}
	want.Prompts.ConfigFile = "prompts/example_prompt.json"
	want.Monitoring.StatusDir, want.Monitoring.LogsDir = "status/", "logs/"
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

// least is the shortest job file.
const least = "project: {name: p}\nmodel: {name: m}\ninput_queue: [{path: a.csv}]\nprompts: {config_file: p.json}\n"

func TestOptions(t *testing.T) {
	got, err := parseJob(`
project: {name: p}
model: &m
  name: m
  delay: 250ms
  timeout: 2.5
  hosts: [a:1, http://b:2]
  temperature: 0.7
  labels: strict
input_queue:
  - path: data/a b.csv
  - path: other/a_b.tsv
    format: jsonl
parallelization: {enabled: false, workers: 9}
output:
  format: jsonl
  drop: [Title]
prompts: {config_file: p.json}
merge:
`)
	if err != nil {
		t.Fatal(err)
	}
	want := jobFileDefaults(DefaultSettingsFile())
	want.Project.Name, want.Model.Name, want.Prompts.ConfigFile = "p", "m", "p.json"
	want.Model.Delay, want.Model.Timeout = Seconds(250*time.Millisecond), Seconds(2500*time.Millisecond)
	want.Model.Hosts, want.Model.Temperature, want.Model.Labels = []string{"a:1", "http://b:2"}, 0.7, "strict"
	want.InputQueue = []Input{{"data/a b.csv", "a_b", "", usualColumns}, {"other/a_b.tsv", "a_b_2", "jsonl", usualColumns}}
	want.Parallelization.Enabled, want.Parallelization.Workers = false, 9
	want.Output.Format, want.Output.Drop = "jsonl", []string{"Title"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	if got := got.Workers(); got != 1 {
		t.Errorf("workers: got %d, want 1", got)
	}
}

func TestPrecedence(t *testing.T) {
	s := DefaultSettingsFile()
	s.CheckpointInterval, s.RetryAttempts, s.RetryDelay = 70, 7, Seconds(7*time.Second)
	job := "project: {name: p}\nmodel: {name: m, retries: 4}\ninput_queue: [{path: a.csv}]\nparallelization: {enabled: false}\n"
	environment := func(name string) string {
		return map[string]string{"PRISM_PROMPTS_CONFIG": "env.json", "PRISM_BATCH_SIZE": "2"}[name]
	}
	got, err := Parse([]byte(job), "job.yaml", s, Overrides{Workers: 3, Version: "v9", Getenv: environment})
	if err != nil {
		t.Fatal(err)
	}
	if got.Output.Checkpoints.Interval != 70 || got.Model.Retries != 4 || got.Model.Delay != s.RetryDelay {
		t.Errorf("settings: got %d, %d, %v, want 70, 4, 7s", got.Output.Checkpoints.Interval, got.Model.Retries, time.Duration(got.Model.Delay))
	}
	if got.Prompts.ConfigFile != "env.json" || got.Workers() != 3 || got.Project.Version != "v9" || got.Model.BatchSize != 2 {
		t.Errorf("overrides: got %s, %d, %s, %d", got.Prompts.ConfigFile, got.Workers(), got.Project.Version, got.Model.BatchSize)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "job.yaml:1:1: project.name: missing\njob.yaml:1:1: model.name: missing\n" +
			"job.yaml:1:1: prompts.config_file: missing\njob.yaml:1:1: input_queue: missing"},
		{"no YAML", "project: [", "job.yaml:1:10: not YAML: "},
		{"not UTF-8", "project:\n  name: \xff", "job.yaml:2:1: not UTF-8 text"},
		{"a list", "- a\n", "job.yaml:1:1: want keys and values, have a list"},
		{"second document", least + "---\na: 1\n", "job.yaml:6:1: second document"},
		{"unknown key", least + "monitor: {}\n", `job.yaml:5:1: unknown key "monitor"; did you mean "monitoring"?`},
		{"unknown key inside", strings.Replace(least, "{name: m}", "{name: m, batchsize: 3}", 1),
			`job.yaml:2:18: model: unknown key "batchsize"; did you mean "batch_size"?`},
		{"duplicate key", least + "merge: {sort_by: a, sort_by: b}\n", `job.yaml:5:21: merge: duplicate key "sort_by"`},
		{"number for text", strings.Replace(least, "name: p}", "name: p, version: 1.0}", 1),
			`job.yaml:1:29: project.version: want text, have a number: write "1.0"`},
		{"text for number", least + "parallelization: {workers: four}\n", "job.yaml:5:28: parallelization.workers: want a whole number, have text"},
		{"part of a worker", least + "parallelization: {workers: 1.5}\n", "job.yaml:5:28: parallelization.workers: want a whole number, have a number"},
		{"text for truth", least + "merge: {auto_merge: \"yes\"}\n", "job.yaml:5:21: merge.auto_merge: want true or false, have text"},
		{"nothing", least + "merge:\n  sort_by:\n", "job.yaml:6:3: merge.sort_by: want text, have nothing"},
		{"too little", least + "parallelization: {workers: 0}\n", "job.yaml:5:28: parallelization.workers: want at least 1, have 0"},
		{"no such value", least + "merge: {condition: all_succes}\n",
			`job.yaml:5:20: merge.condition: want "all_success" or "any_success" or "always", have "all_succes"; did you mean "all_success"?`},
		{"no span", strings.Replace(least, "{name: m}", "{name: m, delay: 5 minutes}", 1),
			`job.yaml:2:25: model.delay: invalid duration "5 minutes" (want a number of seconds, or 250ms, 5s, 2m)`},
		{"too much", least + "parallelization: {workers: 10001}\n", "job.yaml:5:28: parallelization.workers: want at most 10000, have 10001"},
		{"too long", strings.Replace(least, "{name: m}", "{name: m, timeout: 169h}", 1), "job.yaml:2:27: model.timeout: want at most 168h, have 169h0m0s"},
		{"no finite number", strings.Replace(least, "{name: m}", "{name: m, temperature: .nan}", 1), "job.yaml:2:31: model.temperature: want a number, have no finite number"},
		{"negative span", strings.Replace(least, "{name: m}", "{name: m, delay: -1}", 1), "job.yaml:2:25: model.delay: want at least 0, have -1s"},
		{"unsafe project", strings.Replace(least, "{name: p}", "{name: my project}", 1),
			`job.yaml:1:17: project.name: invalid name "my project" (want letters, digits, _ . and -)`},
		{"no file", strings.Replace(least, "[{path: a.csv}]", "[]", 1), "job.yaml:3:14: input_queue: want at least one file"},
		{"labels twice", strings.Replace(least, "[{path: a.csv}]", "[{path: a, label: x}, {path: b, label: X}]", 1),
			`job.yaml:3:53: input_queue[1].label: duplicate label "X" (first in input_queue[0])`},
		{"labels that look the same", strings.Replace(least, "[{path: a.csv}]", "[{path: a, label: \"caf\\u00e9\"}, {path: b, label: \"Cafe\\u0301\"}]", 1),
			"job.yaml:3:63: input_queue[1].label: duplicate label \"Cafe\u0301\" (first in input_queue[0])"},
		{"unsafe label", strings.Replace(least, "[{path: a.csv}]", "[{path: a, label: x/y}]", 1),
			`job.yaml:3:32: input_queue[0].label: unsafe label "x/y" (want for example "x_y")`},
		{"input without path", strings.Replace(least, "[{path: a.csv}]", "[{label: x}]", 1), "job.yaml:3:15: input_queue[0].path: missing"},
		{"no ranges", least + "parallelization: {split_strategy: manual}\n", "job.yaml:5:35: parallelization.split_strategy: manual requires manual_ranges"},
		{"range backwards", least + "parallelization: {manual_ranges: [{start: 5, end: 4}]}\n",
			"job.yaml:5:51: parallelization.manual_ranges[0].end: 4 is before the start, 5"},
		{"ranges overlap", least + "parallelization: {manual_ranges: [{start: 5}, {start: 9, end: 9}]}\n",
			"job.yaml:5:47: parallelization.manual_ranges[1]: 9-9 overlaps manual_ranges[0], 5-"},
		{"placeholder", least + "output: {naming_pattern: '{runid}_x'}\n",
			`job.yaml:5:26: output.naming_pattern: unknown placeholder "{runid}"; did you mean "{run_id}"?`},
		{"pattern with an ending", least + "output: {naming_pattern: '{label}.xlsx'}\n",
			`job.yaml:5:26: output.naming_pattern: ends in .xlsx (want it without: output.format adds .csv)`},
		{"pattern with the ending", least + "output: {format: tsv, naming_pattern: '{label}.TSV'}\n",
			`job.yaml:5:39: output.naming_pattern: ends in .tsv (want it without: output.format adds .tsv)`},
		{"pattern with a packed ending", least + "output: {naming_pattern: '{label}.csv.gz'}\n",
			`job.yaml:5:26: output.naming_pattern: ends in .gz (want it without: output.format adds .csv)`},
		{"project that looks like a flag", strings.Replace(least, "{name: p}", "{name: -p}", 1),
			`job.yaml:1:17: project.name: invalid name "-p" (want letters, digits, _ . and -)`},
		{"pattern with a folder", least + "output: {naming_pattern: '../{run_id}'}\n",
			`job.yaml:5:26: output.naming_pattern: unsafe file name "../{run_id}"`},
		{"one name for all", strings.Replace(least, "[{path: a.csv}]", "[{path: a.csv}, {path: b.csv}]", 1) + "output: {naming_pattern: x}\n",
			"job.yaml:5:26: output.naming_pattern: requires {label}: more than one input would write the same output"},
		{"RowID dropped", least + "output: {drop: [RowID]}\n", "job.yaml:5:16: output.drop: RowID cannot be dropped: the merge requires it"},
		{"unknown alias", least + "merge: *no\n", "job.yaml:5:8: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseJob(tt.file)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
			if err != nil && strings.Count(err.Error(), "\n") != strings.Count(tt.want, "\n") {
				t.Errorf("more mistakes than there are:\n%v", err)
			}
		})
	}
}

func TestTenMistakes(t *testing.T) {
	_, err := parseJob(`project:
  name: my project
  versoin: v1
model:
  batch_size: 0
  retries: many
input_queue:
  - path: a.csv
    lable: a
parallelization:
  split_strategy: automatic
  workers: 2.5
merge:
  condition: sometimes
prompt:
  config_file: p.json
`)
	want := []string{
		`job.yaml:2:9: project.name: invalid name "my project" (want letters, digits, _ . and -)`,
		`job.yaml:3:3: project: unknown key "versoin"; did you mean "version"?`,
		`job.yaml:4:1: model.name: missing`,
		`job.yaml:5:15: model.batch_size: want at least 1, have 0`,
		`job.yaml:6:12: model.retries: want a whole number, have text`,
		`job.yaml:9:5: input_queue[0]: unknown key "lable"; did you mean "label"?`,
		`job.yaml:11:19: parallelization.split_strategy: want "auto" or "manual", have "automatic"`,
		`job.yaml:12:12: parallelization.workers: want a whole number, have a number`,
		`job.yaml:14:14: merge.condition: want "all_success" or "any_success" or "always", have "sometimes"`,
		`job.yaml:15:1: unknown key "prompt"; did you mean "prompts"?`,
	}
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(err.Error(), "\n")
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			t.Errorf("not reported: %s", w)
		}
	}
	if t.Failed() {
		t.Logf("reported:\n%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(readFile(f, "seed.yaml")))
	f.Add(least)
	f.Add("a: &x {b: *x}\nc: [*x, *x]\n")
	f.Add("project: !!str {name: p}\n<<: {a: 1}\n? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseJob(text)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "job.yaml:") && strings.Count(err.Error(), "\n") == 0 {
					t.Errorf("an error without a place: %q", line)
				}
			}
			return
		}
		if c.Project.Name == "" || c.Model.Name == "" || len(c.InputQueue) == 0 || c.Workers() < 1 || c.Model.BatchSize < 1 {
			t.Errorf("accepted: %+v", c)
		}
	})
}
