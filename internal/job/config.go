// Package job knows what a run is: the job file and the two files of settings
// beside it, run IDs, how files are cut into units, the names of outputs, and
// the manifest that binds them together. It starts nothing, labels nothing and
// leaves how workers, merges and views use a run to them.
package job

import (
	"encoding/json"
	"time"
)

// Config is a job file. The tags say what a value may be; the JSON Schema in
// docs/job_config.schema.json is made from them.
type Config struct {
	Project         Project         `json:"project" need:"" doc:"What the run is of; it makes the run ID."`
	Model           Model           `json:"model" need:"" doc:"The model, and how it is called."`
	InputQueue      []Input         `json:"input_queue" need:"" doc:"Files to label, one after the other."`
	Parallelization Parallelization `json:"parallelization" doc:"Workers of a file."`
	Output          Output          `json:"output" doc:"Where results and checkpoints go."`
	ErrorHandling   ErrorHandling   `json:"error_handling" doc:"What happens when workers fail."`
	Merge           Merge           `json:"merge" doc:"Joining the outputs of a file's workers."`
	Prompts         Prompts         `json:"prompts" need:"" doc:"What the model is asked."`
	Monitoring      Monitoring      `json:"monitoring" doc:"Where a run tells of itself."`
}

// Project identifies the runs of a job.
type Project struct {
	Name        string `json:"name" need:"" doc:"Letters, digits, _ . and -."`
	Version     string `json:"version" doc:"Version tag: letters, digits, _ . and -."`
	Description string `json:"description,omitempty" doc:"For people."`
}

// Model is the model and how it is called.
type Model struct {
	Name        string   `json:"name" need:"" doc:"Name of the model in Ollama."`
	BatchSize   int      `json:"batch_size" min:"1" doc:"Rows a call; 1 to 15 recommended."`
	Retries     int      `json:"retries" min:"0" doc:"Times a call is made again after a transient error, and tries for a row alone."`
	Delay       Seconds  `json:"delay" doc:"Wait before the first retry; it doubles."`
	Parallel    int      `json:"parallel" min:"1" doc:"Calls in flight of each worker."`
	Hosts       []string `json:"hosts,omitempty" doc:"Ollama servers, as OLLAMA_HOST has them."`
	NumCtx      int      `json:"num_ctx,omitempty" min:"1" doc:"Context in tokens; without it 8192, or the model's limit if that is less."`
	NumPredict  int      `json:"num_predict,omitempty" min:"1" doc:"Longest reply in tokens; without it as the prompt schema allows."`
	Temperature float64  `json:"temperature" min:"0" doc:"Of sampling."`
	Seed        int      `json:"seed" doc:"Of sampling."`
	Timeout     Seconds  `json:"timeout" doc:"Longest call, from sending to its last byte."`
	KeepAlive   string   `json:"keep_alive,omitempty" doc:"How long the server keeps the model loaded, such as 10m."`
	Think       string   `json:"think" doc:"auto, true, false, or a level that the model has."`
	Labels      string   `json:"labels,omitempty" enum:"organic,strict" doc:"organic keeps labels outside the listed values, strict refuses them; without it as the prompt schema says, else organic."`
	PromptStyle string   `json:"prompt_style" enum:"classic" doc:"How rows are put to the model."`
}

// Input is a file of the queue.
type Input struct {
	Path   string `json:"path" need:"" doc:"CSV, TSV or JSONL file."`
	Label  string `json:"label,omitempty" doc:"Names the file's outputs; without it the file's name."`
	Format string `json:"format,omitempty" enum:"csv,tsv,jsonl" doc:"Without it by the file's name, else csv."`
}

// Parallelization says how a file is cut and how many workers it gets at once.
type Parallelization struct {
	Enabled       bool        `json:"enabled" doc:"false: one worker."`
	Workers       int         `json:"workers" min:"1" doc:"Workers at once, and with auto the shares of a file."`
	SplitStrategy string      `json:"split_strategy" enum:"auto,manual" doc:"auto: equal shares; manual: the ranges below, of every file."`
	ManualRanges  []FileRange `json:"manual_ranges,omitempty" doc:"Ranges of rows, used where the strategy is manual."`
}

// FileRange is a range of positions as a job file writes it.
type FileRange struct {
	Start int64 `json:"start" need:"" min:"1" doc:"First position, from 1."`
	End   int64 `json:"end,omitempty" min:"1" doc:"Last position, inclusive; without it the last of the file."`
}

// Output says where results go.
type Output struct {
	Directory     string      `json:"directory" doc:"Folder of the outputs."`
	NamingPattern string      `json:"naming_pattern" doc:"Name of a merged output without its ending, of {run_id}, {label}, {project}, {version}, {model} and {timestamp}."`
	Format        string      `json:"format" enum:"csv,tsv,jsonl" doc:"Of the outputs."`
	Drop          []string    `json:"drop,omitempty" doc:"Input columns that the output leaves out."`
	Checkpoints   Checkpoints `json:"checkpoints" doc:"What a run resumes from."`
}

// Checkpoints says where finished rows are kept.
type Checkpoints struct {
	Directory         string `json:"directory" doc:"Folder of the checkpoint parts."`
	Interval          int    `json:"interval" min:"1" doc:"Rows a checkpoint part."`
	CleanupAfterMerge bool   `json:"cleanup_after_merge" doc:"Remove a file's checkpoints and part outputs once its merge is verified."`
}

// ErrorHandling says what happens when workers fail.
type ErrorHandling struct {
	Strategy         string `json:"strategy" enum:"continue_and_report,stop_on_failure" doc:"Whether the queue goes on after a file with units that did not complete."`
	MaxWorkerRetries int    `json:"max_worker_retries" min:"0" doc:"Further rounds for units that did not complete."`
	SaveFailedRanges bool   `json:"save_failed_ranges" doc:"Write failed_ranges.json beside the manifest."`
	PromptOnFailure  bool   `json:"prompt_on_failure" doc:"Ask what to do when units failed; on a terminal only."`
}

// Merge says when and how the outputs of a file's workers are joined.
type Merge struct {
	AutoMerge bool   `json:"auto_merge" doc:"Merge at the end of a run."`
	Condition string `json:"condition" enum:"all_success,any_success,always" doc:"Units that must have completed."`
	SortBy    string `json:"sort_by" doc:"Column to sort by; none: in the order of the units."`
}

// Prompts names the prompt schema.
type Prompts struct {
	ConfigFile string `json:"config_file" need:"" doc:"Prompt schema file."`
}

// Monitoring says where a run tells of itself.
type Monitoring struct {
	StatusDir        string  `json:"status_dir" doc:"Folder of the status files."`
	LogsDir          string  `json:"logs_dir" doc:"Folder of manifests, logs and call logs."`
	DashboardRefresh Seconds `json:"dashboard_refresh" doc:"Time between two looks."`
}

// Seconds is a span of time: a number of seconds, or text such as 250ms or 2m.
type Seconds time.Duration

// MarshalJSON writes the number of seconds.
func (s Seconds) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).Seconds()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Seconds) UnmarshalJSON(data []byte) error {
	var v float64
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*s = Seconds(v * float64(time.Second))
	return nil
}

// Merge conditions.
const (
	AllSuccess = "all_success" // every unit of the file completed
	AnySuccess = "any_success" // at least one did
	Always     = "always"
)

// Values of Config.
const (
	Manual        = "manual"
	StopOnFailure = "stop_on_failure"
	Unsorted      = "none"
)

// Defaults is a job file that says nothing, under these settings.
func Defaults(s *Settings) *Config {
	return &Config{
		Project: Project{Version: "v1"},
		Model: Model{
			BatchSize: 10, Retries: s.RetryAttempts, Delay: s.RetryDelay, Parallel: 1,
			Timeout: Seconds(5 * time.Minute), Think: "auto", PromptStyle: "classic",
		},
		Parallelization: Parallelization{Enabled: true, Workers: 4, SplitStrategy: "auto"},
		Output: Output{
			Directory: "output", NamingPattern: "{run_id}_{label}", Format: "csv",
			Checkpoints: Checkpoints{Directory: "checkpoints", Interval: s.CheckpointInterval},
		},
		ErrorHandling: ErrorHandling{
			Strategy: "continue_and_report", MaxWorkerRetries: 2, SaveFailedRanges: true, PromptOnFailure: true,
		},
		Merge:      Merge{AutoMerge: true, Condition: AllSuccess, SortBy: "RowID"},
		Monitoring: Monitoring{StatusDir: "status", LogsDir: "logs", DashboardRefresh: Seconds(5 * time.Second)},
	}
}

// Workers is how many workers a file gets at once.
func (c *Config) Workers() int {
	if !c.Parallelization.Enabled {
		return 1
	}
	return c.Parallelization.Workers
}

// Cutting is how each file of the queue is cut.
func (c *Config) Cutting() Cutting {
	p := c.Parallelization
	if p.SplitStrategy != Manual {
		return Cutting{Workers: c.Workers()}
	}
	cut := Cutting{Ranges: []Range{}}
	for _, r := range p.ManualRanges {
		cut.Ranges = append(cut.Ranges, Range(r))
	}
	return cut
}
