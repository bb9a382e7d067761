package job

import (
	"slices"
	"strings"
)

// Settings is settings.json: values for all jobs that do not set their own.
type Settings struct {
	CheckpointInterval   int                 `json:"checkpoint_interval" min:"1" max:"10000000" help:"Rows per checkpoint part."`
	RetryAttempts        int                 `json:"retry_attempts" min:"0" max:"1000" help:"Times a call is repeated."`
	RetryDelay           Seconds             `json:"retry_delay_seconds" max:"24h" help:"Wait before the first retry."`
	RequiredInputColumns []string            `json:"required_input_columns" help:"Columns that every input must have."`
	InputFilename        string              `json:"input_filename" help:"Name of a project's input, in its folder data/inputs."`
	ProjectStructure     map[string][]string `json:"project_structure" help:"Folders of a project and the folders in them."`
	LogSettings          LogSettings         `json:"log_settings" help:"What is written beside the results."`
	InteractiveVersion   string              `json:"interactive_version" help:"Version tag of guided runs."`
}

// LogSettings switches what is written beside the results.
type LogSettings struct {
	SaveTerminalLogs bool `json:"save_terminal_logs" help:"Keep what workers and guided runs print."`
	CreateSummaries  bool `json:"create_summaries" help:"Write a summary in Markdown."`
	CreateAnalytics  bool `json:"create_analytics" help:"Write the figures as CSV."`
	CreateReports    bool `json:"create_reports" help:"Write an HTML report beside the outputs."`
}

// DefaultSettingsFile returns the settings of a job without settings.json.
func DefaultSettingsFile() *Settings {
	c := tagDefaults()
	return &Settings{
		CheckpointInterval: c.Output.Checkpoints.Interval, RetryAttempts: c.Model.Retries, RetryDelay: c.Model.Delay,
		RequiredInputColumns: []string{"RowID", "Message"}, InputFilename: "input.csv",
		ProjectStructure: map[string][]string{
			"data": {"inputs", "outputs"}, "checkpoints": {}, "logs": {"terminal_logs", "summaries"}, "analytics": {},
		},
		LogSettings:        LogSettings{SaveTerminalLogs: true, CreateSummaries: true, CreateAnalytics: true, CreateReports: true},
		InteractiveVersion: "v_public",
	}
}

// ParseSettings reads settings.json. The error holds every mistake in it.
func ParseSettings(data []byte, name string) (*Settings, error) {
	s, d := DefaultSettingsFile(), &decoder{file: name}
	d.decode(data, s)
	for i, c := range s.RequiredInputColumns {
		if c == "" {
			d.reject(indexPath("required_input_columns", i), "must not be empty")
		}
	}
	if name := s.InputFilename; !isFileName(name) {
		d.reject("input_filename", "invalid file name %q (want a name without a folder)", name)
	}
	if v := s.InteractiveVersion; SafeName(v, '_') != v {
		d.reject("interactive_version", "invalid name %q (want letters, digits, _ . and -)", v)
	}
	for _, dir := range s.ProjectFolders() {
		if slices.ContainsFunc(strings.Split(dir, "/"), func(name string) bool { return !isFileName(name) }) {
			d.reject("project_structure", "invalid folder %q (want a path inside the project)", dir)
		}
	}
	return s, d.joinMistakes()
}

// ProjectFolders lists the folders of a project, sorted.
func (s *Settings) ProjectFolders() []string {
	var out []string
	for dir, subs := range s.ProjectStructure {
		out = append(out, dir)
		for _, sub := range subs {
			out = append(out, dir+"/"+sub)
		}
	}
	slices.Sort(out)
	return out
}

// Models is models.json: models and batch sizes to choose from.
type Models struct {
	Available  []ModelEntry `json:"available_models" help:"Models to choose from."`
	BatchSizes []BatchSize  `json:"batch_sizes" help:"Batch sizes to choose from."`
}

// ModelEntry is a model to choose; its ID stands for it in run IDs.
type ModelEntry struct {
	ID             int    `json:"id" need:"" min:"1" help:"Number of the model in run IDs, as in m1."`
	Name           string `json:"name" need:"" help:"Name of the model in Ollama."`
	Description    string `json:"description" help:"Free text, for readers."`
	RecommendedFor string `json:"recommended_for" help:"Free text, for readers."`
}

// BatchSize is a batch size to choose.
type BatchSize struct {
	Size            int     `json:"size" need:"" min:"1" max:"10000" help:"Rows per call."`
	Description     string  `json:"description" help:"Free text, for readers."`
	SpeedMultiplier float64 `json:"speed_multiplier" min:"0" help:"Speed relative to one row a call."`
}

// DefaultModels are the batch sizes of a job without models.json; no model is listed.
func DefaultModels() *Models {
	return &Models{BatchSizes: []BatchSize{
		{1, "Maximum accuracy", 1}, {5, "Balanced", 5}, {10, "Fast", 10}, {15, "Very fast", 15},
	}}
}

// ParseModels reads models.json. The error holds every mistake in it.
func ParseModels(data []byte, name string) (*Models, error) {
	m, d := DefaultModels(), &decoder{file: name}
	d.decode(data, m)
	for i, a := range m.Available {
		for j, b := range m.Available[:i] {
			if a.ID == b.ID {
				d.reject(indexPath("available_models", i)+".id", "duplicate ID %d (first in available_models[%d])", a.ID, j)
			}
			if a.Name == b.Name {
				d.reject(indexPath("available_models", i)+".name", "duplicate name %q (first in available_models[%d])", a.Name, j)
			}
		}
	}
	for i, a := range m.BatchSizes {
		for j, b := range m.BatchSizes[:i] {
			if a.Size == b.Size {
				d.reject(indexPath("batch_sizes", i)+".size", "duplicate size %d (first in batch_sizes[%d])", a.Size, j)
			}
		}
	}
	return m, d.joinMistakes()
}

// ID is the number of a model; 0: it is not listed. A name without a tag is
// that with the tag latest, as in Ollama.
func (m *Models) ID(model string) int {
	for _, a := range m.Available {
		if strings.TrimSuffix(a.Name, ":latest") == strings.TrimSuffix(model, ":latest") {
			return a.ID
		}
	}
	return 0
}

// speedOf returns the speed of a batch size beside one row a call, between those that
// are listed in proportion; 0: unknown.
func (m *Models) speedOf(size int) float64 {
	sizes := slices.Clone(m.BatchSizes)
	slices.SortFunc(sizes, func(a, b BatchSize) int { return a.Size - b.Size })
	for i, b := range sizes {
		switch {
		case b.Size == size:
			return b.SpeedMultiplier
		case b.Size > size && i == 0:
			return b.SpeedMultiplier * float64(size) / float64(b.Size)
		case b.Size > size:
			a := sizes[i-1]
			part := float64(size-a.Size) / float64(b.Size-a.Size)
			return a.SpeedMultiplier + part*(b.SpeedMultiplier-a.SpeedMultiplier)
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	return sizes[len(sizes)-1].SpeedMultiplier
}
