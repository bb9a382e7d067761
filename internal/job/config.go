// Package job knows what a run is. It reads the job file, settings.json and
// models.json (Parse, ParseSettings, ParseModels), names runs and the files they
// write (names.go, paths.go), cuts inputs into units (Cut), and keeps the manifest
// that binds them together. Options are the settings that job file, flags, manifest
// and engine share (options.go); precedence.go says which source counts more.
//
// It starts nothing and labels nothing. How a run is worked on, merged and shown
// is left to other packages.
package job

import (
	"fmt"
	"reflect"
)

// Config is a job file. The tags say what a value may be; the JSON Schema in
// docs/job_config.schema.json is made from them.
type Config struct {
	Project Project `json:"project" need:"" help:"The project; the run ID begins with it."`
	Options
	InputQueue      []Input         `json:"input_queue" need:"" help:"Files to label, one after the other."`
	Parallelization Parallelization `json:"parallelization" help:"Workers of a file."`
	ErrorHandling   ErrorHandling   `json:"error_handling" help:"What happens when workers fail."`
	Merge           Merge           `json:"merge" help:"Joining the outputs of a file's workers."`
	GroupReadable   bool            `json:"group_readable,omitempty" env:"PRISM_GROUP_READABLE" help:"Let your group read the files and folders of the run; else they are yours alone."`
}

// Project identifies the runs of a job.
type Project struct {
	Name        string `json:"name" need:"" help:"Letters, digits, _ . and -."`
	Version     string `json:"version" default:"v1" help:"Version tag: letters, digits, _ . and -."`
	Description string `json:"description,omitempty" help:"Free text, for readers."`
}

// Input is a file of the queue.
type Input struct {
	Path   string `json:"path" need:"" help:"File with a table: CSV, TSV, JSONL, or anything that prism-split --normalize reads."`
	Label  string `json:"label,omitempty" help:"Name of the file in outputs and logs; without it the file's name."`
	Format string `json:"format,omitempty" enum:"csv,tsv,jsonl" help:"Without it by the file's name, else csv."`

	InputColumns // each key instead of that of input:
}

// Parallelization says how a file is cut and how many workers it gets at once.
type Parallelization struct {
	Enabled       bool        `json:"enabled" default:"true" help:"false: one worker."`
	Workers       int         `json:"workers" default:"4" min:"1" max:"10000" help:"Workers in parallel; with auto also the number of units of a file."`
	SplitStrategy string      `json:"split_strategy" default:"auto" enum:"auto,manual" help:"auto: equal units; manual: the ranges below, in every file."`
	ManualRanges  []FileRange `json:"manual_ranges,omitempty" help:"Ranges of rows, used if the strategy is manual."`
}

// FileRange is a range of positions as a job file writes it.
type FileRange struct {
	Start int64 `json:"start" need:"" min:"1" help:"First position, from 1."`
	End   int64 `json:"end,omitempty" min:"1" help:"Last position, inclusive; without it the last of the file."`
}

// ErrorHandling says what happens when workers fail.
type ErrorHandling struct {
	Strategy         string `json:"strategy" default:"continue_and_report" enum:"continue_and_report,stop_on_failure" help:"Whether the queue continues after a file with units that did not complete."`
	MaxWorkerRetries int    `json:"max_worker_retries" default:"2" min:"0" max:"1000" help:"More rounds for units that did not complete."`
	SaveFailedRanges bool   `json:"save_failed_ranges" default:"true" help:"Write failed_ranges.json beside the manifest."`
	PromptOnFailure  bool   `json:"prompt_on_failure" default:"true" help:"Ask what to do when units failed; on a terminal only."`
}

// Merge says when and how the outputs of a file's workers are joined.
type Merge struct {
	AutoMerge bool   `json:"auto_merge" default:"true" help:"Merge at the end of a run."`
	Condition string `json:"condition" default:"all_success" enum:"all_success,any_success,always" help:"Units that must have completed."`
	SortBy    string `json:"sort_by" default:"RowID" help:"Column to sort by, or none for the order of the units."`
}

// Merge conditions.
const (
	AllSuccess = "all_success" // every unit of the file completed
	AnySuccess = "any_success" // at least one did
	Always     = "always"
)

// Values of Config.
const (
	manual   = "manual"
	Unsorted = "none"
)

// jobFileDefaults returns what the keys of a job file are if it does not say: the
// defaults of the tags, and what settings.json says instead.
func jobFileDefaults(s *Settings) *Config {
	c := tagDefaults()
	c.Model.Retries, c.Model.Delay, c.Output.Checkpoints.Interval = s.RetryAttempts, s.RetryDelay, s.CheckpointInterval
	return c
}

// tagDefaults returns the defaults that the tags of Config and Options name.
func tagDefaults() *Config {
	c := new(Config)
	for _, option := range optionsIn(reflect.ValueOf(c).Elem()) {
		text := option.field.Tag.Get("default")
		if key, ok := option.field.Tag.Lookup("job_default"); ok {
			text = key
		}
		if text == "" {
			continue
		}
		if err := option.setText(text); err != nil {
			panic(fmt.Sprintf("bug: default of %s: %v", option.path, err))
		}
	}
	return c
}

// Workers is how many workers a file gets at once: with a student one, as its rows are drawn from the whole file.
func (c *Config) Workers() int {
	if !c.Parallelization.Enabled || c.Model.TrainsStudent() {
		return 1
	}
	return c.Parallelization.Workers
}

// Cutting is how each file of the queue is cut.
func (c *Config) Cutting() Cutting {
	p := c.Parallelization
	if p.SplitStrategy != manual {
		return Cutting{Workers: c.Workers()}
	}
	cut := Cutting{Ranges: []Range{}}
	for _, r := range p.ManualRanges {
		cut.Ranges = append(cut.Ranges, Range(r))
	}
	return cut
}
