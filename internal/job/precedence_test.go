package job

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestResolve(t *testing.T) {
	planned := tagDefaults().Options
	planned.Model.Name, planned.Model.BatchSize, planned.Model.Hosts = "planned", 7, []string{"planned:1"}
	planned.Model.Delay, planned.Output.Drop = Seconds(time.Second), []string{"Title"}
	planned.Output.Directory, planned.Output.Checkpoints.Directory = "out", "cp"
	for _, tt := range []struct {
		name  string
		flags func(o *Options) // what the command line, the environment and defaults make of them
		typed string
		want  func(o *Options) // the change of the plan
	}{
		{"the plan counts more than environment and defaults", func(o *Options) {
			o.Model.Name, o.Model.BatchSize, o.Output.Directory = "environment", 3, "environment"
		}, "", func(*Options) {}},
		{"a typed flag counts more than the plan", func(o *Options) {
			o.Model.BatchSize, o.Output.Drop, o.Output.Checkpoints.Directory = 3, []string{"Sentiment"}, "typed"
		}, "batch-size drop checkpoint-dir", func(o *Options) {
			o.Model.BatchSize, o.Output.Drop, o.Output.Checkpoints.Directory = 3, []string{"Sentiment"}, "typed"
		}},
		{"a typed zero counts more too", func(o *Options) { o.Model.Delay = 0 }, "delay", func(o *Options) { o.Model.Delay = 0 }},
		{"the environment of a local option counts more than the plan", func(o *Options) { o.Model.Hosts = []string{"here:1"} }, "",
			func(o *Options) { o.Model.Hosts = []string{"here:1"} }},
		{"a flag without a key", func(o *Options) { o.Model.AllowTruncation = true }, "allow-truncation",
			func(o *Options) { o.Model.AllowTruncation = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			flags, want, typed := Options{}, planned, map[string]bool{}
			for _, flag := range strings.Fields(tt.typed) {
				typed[flag] = true
			}
			tt.flags(&flags)
			tt.want(&want)
			if diff := cmp.Diff(Resolve(&flags, &planned, typed), want); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	for _, tt := range []struct {
		name, variable, text string
		want                 func(c *Config)
		err                  string
	}{
		{"text", "PRISM_MODEL", "e", func(c *Config) { c.Model.Name = "e" }, ""},
		{"number", "PRISM_PARALLEL", "6", func(c *Config) { c.Model.Parallel = 6 }, ""},
		{"folder", "PRISM_LOGS_DIR", "l", func(c *Config) { c.Monitoring.LogsDir = "l" }, ""},
		{"a local option is none of the plan", "OLLAMA_HOST", "here:1", func(*Config) {}, ""},
		{"empty", "PRISM_MODEL", "", func(*Config) {}, ""},
		{"no number", "PRISM_PARALLEL", "six", nil, `PRISM_PARALLEL: invalid number "six" (want at least 1, or auto)`},
		{"too little", "PRISM_BATCH_SIZE", "0", nil, `PRISM_BATCH_SIZE: invalid number "0" (want at least 1)`},
		{"too much", "PRISM_BATCH_SIZE", "10001", nil, `PRISM_BATCH_SIZE: invalid number "10001" (want at most 10000)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want, err := parseJob(least)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse([]byte(least), "job.yaml", DefaultSettingsFile(), Overrides{Getenv: func(name string) string {
				return map[string]string{tt.variable: tt.text}[name]
			}})
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			tt.want(want)
			if diff := cmp.Diff(got, want); diff != "" || err != nil {
				t.Errorf("%v (-got +want):\n%s", err, diff)
			}
		})
	}
}

func TestCheckFlags(t *testing.T) {
	o := tagDefaults().Options
	if got := o.CheckFlags(); got != nil {
		t.Errorf("defaults: %v", got)
	}
	o.Model.BatchSize, o.Model.NumCtx, o.Model.Temperature, o.Output.Checkpoints.Interval = 0, -1, -0.5, 0
	want := []string{
		"--num-ctx -1: want at least 1", "--temperature -0.5: want at least 0", "--batch-size 0: want at least 1",
		"--checkpoint-interval 0: want at least 1",
	}
	if diff := cmp.Diff(o.CheckFlags(), want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	o = tagDefaults().Options
	o.Model.Parallel, o.Model.Temperature, o.Model.Timeout = 1e9, math.NaN(), Seconds(200*time.Hour)
	want = []string{
		"--temperature NaN: want a number from 0 to 10", "--parallel 1000000000: want at most 1024", "--timeout 200h0m0s: want at most 168h",
	}
	if diff := cmp.Diff(o.CheckFlags(), want); diff != "" {
		t.Errorf("too much (-got +want):\n%s", diff)
	}
}

// TestManifestOptions: the paths of a manifest lead from the current folder to
// where it was planned; all other options are as planned.
func TestManifestOptions(t *testing.T) {
	m := plan(t)
	m.dir, m.Base = "elsewhere/logs/r", "../.."
	want := m.Config.Options
	want.Prompts.ConfigFile = "elsewhere/p.json"
	want.Output.Directory, want.Output.Checkpoints.Directory = "elsewhere/output", "elsewhere/checkpoints"
	want.Monitoring.StatusDir, want.Monitoring.LogsDir = "elsewhere/status", "elsewhere/logs"
	if diff := cmp.Diff(m.Options(), want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	m.Config.Model.MaxParallel = 0 // as in the manifests of earlier versions
	if diff := cmp.Diff(m.Options(), want); diff != "" {
		t.Errorf("an earlier version's (-got +want):\n%s", diff)
	}
}

// TestTags: every option has a help text, and a flag or a key, each of its own.
func TestTags(t *testing.T) {
	flags, paths := map[string]bool{}, map[string]bool{}
	for _, o := range optionsIn(reflect.ValueOf(new(Options)).Elem()) {
		_, isKey := o.field.Tag.Lookup("json")
		if o.field.Tag.Get("help") == "" || !isKey || (o.flag == "") != (o.field.Tag.Get("kong") == "-") {
			t.Errorf("%s: its tags are %s", o.path, o.field.Tag)
		}
		if flags[o.flag] && o.flag != "" || paths[o.path] {
			t.Errorf("%s, --%s: duplicate", o.path, o.flag)
		}
		flags[o.flag], paths[o.path] = true, true
	}
	if len(flags) < 20 {
		t.Errorf("found %d flags", len(flags))
	}
}

// What the environment replaces is told, but not what it adds or repeats.
func TestReplacedValuesAreTold(t *testing.T) {
	const file = "project: {name: p}\nmodel:\n  name: m1\n  seed: 4\ninput_queue: [{path: a.csv}]\nprompts: {config_file: p.json}\n"
	env := map[string]string{"PRISM_MODEL": "other model", "PRISM_BATCH_SIZE": "7", "PRISM_PROMPTS_CONFIG": "p.json"}
	var lines []string
	_, err := Parse([]byte(file), "job.yaml", DefaultSettingsFile(), Overrides{
		Getenv: func(name string) string { return env[name] }, Replaced: func(line string) { lines = append(lines, line) },
	})
	want := []string{"job.yaml:3: model.name is m1, but PRISM_MODEL takes precedence: it is 'other model'"}
	if err != nil || !slices.Equal(lines, want) {
		t.Errorf("got %q (%v), want %q", lines, err, want)
	}
}
