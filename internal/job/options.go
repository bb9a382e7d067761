package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"time"

	"prism/internal/cli"
	"prism/internal/table"
	"prism/internal/term"
)

// Options are what the flags of prism-classify, a job file, the manifest and the
// engine share. An option is one field, and its tags say all there is to say:
//
//	json:"key"         key in the job file and in the manifest; "-": a flag alone
//	name:"flag"        flag of prism-classify; kong:"-": a key alone
//	env:"NAME"         environment variables, the first one counts most
//	local:""           the environment of each worker counts more than the plan
//	default:"v"        default of the key and of the flag
//	job_default:"v"    default of the key alone
//	need:""            the job file must have the key
//	min:"n" max:"n"    numbers that are accepted, durations as in max:"24h"
//	filled:""          the flag must not be empty
//	enum:"a,b"         text that is accepted; an empty one stands for no flag
//	job_enum:"a,b"     text that the key alone accepts
//	help:"…"           text of --help and of the JSON Schema
//
// Which source counts more is decided in precedence.go.
type Options struct {
	Model      CallOptions  `json:"model" need:"" embed:"" help:"The model, and how it is called."`
	Prompts    Prompts      `json:"prompts" need:"" embed:"" help:"What the model is asked."`
	Columns    InputColumns `json:"input" embed:"" help:"What the columns of the inputs are for, and how their rows are read."`
	Output     Output       `json:"output" embed:"" help:"Where results and checkpoints go."`
	Monitoring Monitoring   `json:"monitoring" embed:"" help:"Where a run writes its status and logs."`
}

// CallOptions are the model and how it is called.
type CallOptions struct {
	Name        string   `json:"name" name:"model" env:"PRISM_MODEL" need:"" help:"Name of the model on the server; with --api student its file." group:"Model:"`
	API         string   `json:"api,omitempty" name:"api" enum:"ollama,openai,student" default:"ollama" placeholder:"API" help:"How the server is called: ollama, or openai for vLLM, llama.cpp's server and others with such an API; student for a file of prism-stats --train-student, which needs no server." group:"Model:"`
	Hosts       []string `json:"hosts,omitempty" name:"host" env:"PRISM_HOST,OLLAMA_HOST" local:"" sep:"," placeholder:"URL" help:"Server, as OLLAMA_HOST has it; with --api openai a base URL such as http://gpu1:8000/v1; repeat for several [127.0.0.1:11434]." group:"Model:"`
	Labels      string   `json:"labels,omitempty" name:"labels" enum:"organic,strict," default:"" placeholder:"POLICY" help:"organic keeps labels outside the listed values, strict rejects them [as in the prompt schema, else organic]." group:"Model:"`
	NumCtx      int      `json:"num_ctx,omitempty" name:"num-ctx" min:"1" max:"16777216" placeholder:"TOKENS" help:"Context of the model in tokens [8192, or the model's limit if that is less]." group:"Model:"`
	NumPredict  int      `json:"num_predict,omitempty" name:"num-predict" min:"1" max:"16777216" placeholder:"TOKENS" help:"Longest reply in tokens [from the prompt schema]." group:"Model:"`
	Temperature float64  `json:"temperature" name:"temperature" min:"0" max:"10" default:"0" help:"Sampling temperature." group:"Model:"`
	Seed        int      `json:"seed" name:"seed" default:"0" help:"Sampling seed." group:"Model:"`
	KeepAlive   string   `json:"keep_alive,omitempty" name:"keep-alive" placeholder:"TIME" help:"How long the server keeps the model loaded, such as 10m [as the server is configured]." group:"Model:"`
	Think       string   `json:"think" name:"think" default:"auto" help:"auto, true, false, or a level that the model has; with auto the model does not think." group:"Model:"`
	Proxy       string   `json:"proxy,omitempty" name:"proxy" placeholder:"URL" help:"Proxy on the way to the server: its URL, env (HTTP_PROXY, HTTPS_PROXY) or none [env for public addresses, none for those of this machine and of private networks]." group:"Model:"`
	PromptStyle string   `json:"prompt_style" name:"prompt-style" enum:"classic,compact" default:"classic" placeholder:"STYLE" help:"How rows are presented to the model and how it answers: classic, or compact for half the tokens." group:"Model:"`

	Confidence bool `json:"confidence,omitempty" name:"confidence" help:"Add how sure the model was of each listed label, boolean and integer of a range: <column>_Confidence, from 0 to 1." group:"Model:"`
	// FastConfidence stands for Confidence, too.
	FastConfidence bool `json:"fast_confidence,omitempty" name:"fast-confidence" help:"Like --confidence, but without asking the server for alternative tokens: slightly less accurate, far cheaper." group:"Model:"`
	Votes          int  `json:"votes,omitempty" name:"votes" min:"1" max:"99" placeholder:"K" help:"Ask K times for each row, its batch in another order each time, and take the majority; <column>_Agreement is its share [1]." group:"Model:"`

	Student            int     `json:"student,omitempty" kong:"-" min:"20" max:"10000000" help:"Ask the model for so many rows of each file, drawn at random; a student learns from them and labels the rows of which it is sure, the model the others. prism-cascade does it."`
	StudentTarget      float64 `json:"student_target,omitempty" kong:"-" min:"0.01" max:"0.9999" help:"How often the student is to say what the model says, as a share [0.97]."`
	StudentTextColumns string  `json:"student_text_columns,omitempty" kong:"-" enum:"skip,ask" help:"Columns of text in the student's rows: skip leaves them empty, ask asks the model for them alone [skip]."`

	AllowFreeReplies bool `json:"allow_free_replies" name:"allow-free-replies" help:"Label with a server or a model that does not keep to the reply schema." group:"Model:"`
	AllowTruncation  bool `json:"-" name:"allow-truncation" help:"Work with servers that truncate over-long prompts silently: Ollama before 0.12.4, and its /v1." group:"Model:"`

	Cache    string  `json:"cache,omitempty" name:"cache" env:"PRISM_CACHE_DIR" placeholder:"DIR" help:"Folder of a cache of answers: rows of the same content are asked once, in this run and in others." group:"Calls:"`
	CacheTTL Seconds `json:"cache_ttl,omitempty" name:"cache-ttl" max:"876000h" placeholder:"TIME" help:"Longest age of a cached answer, such as 720h [any]." group:"Calls:"`

	BatchSize   int     `json:"batch_size" name:"batch-size" env:"PRISM_BATCH_SIZE" min:"1" max:"10000" default:"10" help:"Rows per call; 1 to 15 recommended." group:"Calls:"`
	Parallel    Calls   `json:"parallel" name:"parallel" env:"PRISM_PARALLEL" min:"1" max:"1024" default:"1" job_default:"auto" placeholder:"N" help:"Calls that each worker has in flight; auto finds how many each server works best with [1]." group:"Calls:"`
	MaxParallel int     `json:"max_parallel" name:"max-parallel" min:"1" max:"1024" default:"64" help:"Calls in flight at most, with --parallel auto." group:"Calls:"`
	Retries     int     `json:"retries" name:"retries" min:"0" max:"1000" default:"3" help:"Times a call is repeated after a transient error, and attempts for a single row." group:"Calls:"`
	Delay       Seconds `json:"delay" name:"delay" max:"24h" default:"5s" help:"Wait before the first retry, then doubled." group:"Calls:"`
	Timeout     Seconds `json:"timeout" name:"timeout" min:"1ms" max:"168h" default:"5m" help:"Longest call, from sending to its last byte." group:"Calls:"`
}

// AsksConfidence reports whether the server is asked how sure the model is.
func (o *CallOptions) AsksConfidence() bool { return o.Confidence || o.FastConfidence }

// MostParallel is how many calls a worker may have in flight.
func (o *CallOptions) MostParallel() int {
	if o.Parallel == AutoCalls {
		return o.MaxParallel
	}
	return int(o.Parallel)
}

// StudentAPI is the API of a model that is a student's file: no server is called.
const StudentAPI = "student"

// UsesStudent reports whether the model is a student's file.
func (o *CallOptions) UsesStudent() bool { return o.API == StudentAPI }

// StudentTarget is the share of model.student_target where the job file does not say it.
const StudentTarget = 0.97

// TrainsStudent reports whether a student of the model is trained, and labels most rows.
func (o *CallOptions) TrainsStudent() bool { return o.Student > 0 }

// ModelName is what results and run IDs call the model; the name of a student's file tells its folder to nobody.
func (o *CallOptions) ModelName() string {
	if o.UsesStudent() && o.Name != "" {
		return StudentAPI + ":" + filepath.Base(o.Name)
	}
	return o.Name
}

// compactStyle is a PromptStyle.
const compactStyle = "compact"

// Prompts names the prompt schema.
type Prompts struct {
	ConfigFile string `json:"config_file" name:"prompts-config" env:"PRISM_PROMPTS_CONFIG" need:"" placeholder:"FILE" filled:"" help:"Prompt schema file (JSON)." group:"Model:"`
}

// Output says where results go.
type Output struct {
	Directory     string      `json:"directory" name:"output-dir" env:"PRISM_OUTPUT_DIR" job_default:"output" placeholder:"DIR" help:"Folder of the output." group:"Output:"`
	NamingPattern string      `json:"naming_pattern" kong:"-" job_default:"{run_id}_{label}" help:"Name of a merged output without its ending, of {run_id}, {label}, {project}, {version}, {model} and {timestamp}."`
	Format        string      `json:"format" name:"output-format" enum:"csv,tsv,jsonl," job_enum:"csv,tsv,jsonl,xlsx,parquet" default:"" job_default:"csv" placeholder:"FORMAT" help:"csv, tsv or jsonl [by file name, else csv]." group:"Output:"`
	SafeCSV       bool        `json:"safe_csv,omitempty" kong:"-" help:"Put an apostrophe before cells of merged CSV and TSV that a spreadsheet program would take for a formula."`
	Drop          []string    `json:"drop,omitempty" name:"drop" sep:"," placeholder:"COL" help:"Input columns that the output leaves out, and the Reasoning of the model." group:"Output:"`
	Checkpoints   Checkpoints `json:"checkpoints" embed:"" help:"What a run resumes from."`
}

// Checkpoints says where finished rows are kept.
type Checkpoints struct {
	Directory         string `json:"directory" name:"checkpoint-dir" env:"PRISM_CHECKPOINT_DIR" job_default:"checkpoints" placeholder:"DIR" help:"Folder of the checkpoint parts; without one nothing can resume." group:"Run:"`
	Interval          int    `json:"interval" name:"checkpoint-interval" min:"1" max:"10000000" default:"50" placeholder:"N" help:"Rows per checkpoint part [50]." group:"Run:"`
	CleanupAfterMerge bool   `json:"cleanup_after_merge" kong:"-" help:"Remove a file's checkpoints and part outputs when its merge has been verified."`
}

// PartFormat is the format of the outputs of units: workbooks and Parquet are merged from CSV.
func (o *Output) PartFormat() string {
	if o.Format == "xlsx" || o.Format == "parquet" {
		return table.CSV.String()
	}
	return o.Format
}

// Monitoring says where a run writes its status and logs.
type Monitoring struct {
	StatusDir        string  `json:"status_dir" name:"status-dir" env:"PRISM_STATUS_DIR" job_default:"status" placeholder:"DIR" help:"Folder of the status files, for prism-status." group:"Run:"`
	LogsDir          string  `json:"logs_dir" name:"logs-dir" env:"PRISM_LOGS_DIR" job_default:"logs" placeholder:"DIR" help:"Folder of logs, call logs, failed rows and manifests." group:"Run:"`
	DashboardRefresh Seconds `json:"dashboard_refresh" kong:"-" min:"10ms" max:"24h" job_default:"5s" help:"Time between two updates of the dashboard."`
}

// Calls is a number of calls in flight, or AutoCalls: auto in text.
type Calls int

// AutoCalls stands for as many calls as the server works best with.
const AutoCalls Calls = -1

// IsWord tells that it is no number, to which limits would apply.
func (c Calls) IsWord() bool { return c == AutoCalls }

const autoText = "auto"

func (c Calls) String() string {
	if c == AutoCalls {
		return autoText
	}
	return strconv.Itoa(int(c))
}

// MarshalJSON writes a number, or "auto".
func (c Calls) MarshalJSON() ([]byte, error) {
	if c == AutoCalls {
		return json.Marshal(autoText)
	}
	return json.Marshal(int(c))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Calls) UnmarshalJSON(data []byte) error {
	return c.UnmarshalText(bytes.Trim(data, `"`))
}

// UnmarshalText reads the value of a flag.
func (c *Calls) UnmarshalText(text []byte) error {
	if string(text) == autoText {
		*c = AutoCalls
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return fmt.Errorf("invalid number %q (want at least 1, or auto)", text)
	}
	*c = Calls(n)
	return nil
}

// Seconds is a duration: a number of seconds, or text such as 250ms or 2m.
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

func (s Seconds) String() string { return time.Duration(s).String() }

// UnmarshalText reads the value of a flag.
func (s *Seconds) UnmarshalText(text []byte) error {
	d, err := term.ParseDuration(string(text))
	*s = Seconds(d)
	return err
}

// RunExists reports whether a worker of a run left anything in the folders of logs,
// status files and checkpoints.
func (o *Options) RunExists(runID string, worker int) bool {
	return runExists(o.Monitoring.LogsDir, o.Monitoring.StatusDir, o.Output.Checkpoints.Directory, runID, worker)
}

// ReserveRun reports whether a run ID that was made is this process's alone: of several
// processes that make the same one at once it is for one. What it makes for that is
// what the worker will use.
func (o *Options) ReserveRun(runID string, worker int) (bool, error) {
	return reserveRun(o.Monitoring.LogsDir, o.Monitoring.StatusDir, o.Output.Checkpoints.Directory, runID, worker)
}

// CheckPlaces makes sure that no link leads what a worker of a run keeps out of its folders; an empty
// run ID is one that will be made.
func (o *Options) CheckPlaces(runID string, worker int) error {
	if runID == "" {
		return nil
	}
	return checkWorkerPlaces(o.Monitoring.LogsDir, o.Monitoring.StatusDir, runID, worker)
}

// CheckFlags returns what is wrong with the numbers of options, by their flags.
// A number without a default may be 0, which stands for no flag.
func (o *Options) CheckFlags() (problems []string) {
	for _, option := range optionsIn(reflect.ValueOf(o).Elem()) {
		_, hasDefault := option.field.Tag.Lookup("default")
		if option.flag == "" || option.value.IsZero() && !hasDefault {
			continue
		}
		if problem := cli.CheckLimits(option.value, option.field.Tag); problem != "" {
			problems = append(problems, fmt.Sprintf("--%s %v: %s", option.flag, option.value.Interface(), problem))
		}
	}
	return problems
}
