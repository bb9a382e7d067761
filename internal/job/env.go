package job

import (
	"errors"
	"fmt"
	"strconv"
)

// FromEnvironment are the overrides that the environment gives: PRISM_MODEL and
// others. The server (OLLAMA_HOST) is no part of a plan: workers look for it
// themselves, each time they start.
func FromEnvironment(getenv func(string) string) (Overrides, error) {
	o := Overrides{
		Model: getenv("PRISM_MODEL"), Prompts: getenv("PRISM_PROMPTS_CONFIG"),
		OutputDir: getenv("PRISM_OUTPUT_DIR"), CheckpointDir: getenv("PRISM_CHECKPOINT_DIR"),
		StatusDir: getenv("PRISM_STATUS_DIR"), LogsDir: getenv("PRISM_LOGS_DIR"),
	}
	var errs []error
	for name, to := range map[string]*int{"PRISM_BATCH_SIZE": &o.BatchSize, "PRISM_PARALLEL": &o.Parallel} {
		text := getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			errs = append(errs, fmt.Errorf("%s: %q is no number from 1", name, text))
			continue
		}
		*to = n
	}
	return o, errors.Join(errs...)
}

// RunExists tells whether a run of this ID left anything in the folders of the job.
func (c *Config) RunExists(runID string) bool {
	return RunExists(c.Monitoring.LogsDir, c.Monitoring.StatusDir, c.Output.Checkpoints.Directory, runID, 1)
}
