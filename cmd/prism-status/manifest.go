package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// plan is what is known of a run beside its status files.
type plan struct {
	statusDir string // empty: not known
	runID     string // empty: the latest
	units     int    // 0: not known
	rows      int64  // of all units; 0: not known
}

// readManifest takes from a manifest what concerns the status of its run.
func readManifest(path string) (*plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m struct {
		RunID string `json:"run_id"`
		Paths struct {
			StatusDir string `json:"status_dir"`
		} `json:"paths"`
		Config struct {
			Monitoring struct {
				StatusDir string `json:"status_dir"`
			} `json:"monitoring"`
		} `json:"config_snapshot"`
		Units []struct {
			Rows int64 `json:"rows"`
		} `json:"units"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: no manifest: %w", path, err)
	}
	if m.RunID == "" {
		return nil, fmt.Errorf("%s: no manifest: %w", path, errors.New("it has no run_id"))
	}
	p := &plan{statusDir: m.Paths.StatusDir, runID: m.RunID, units: len(m.Units)}
	if p.statusDir == "" {
		p.statusDir = m.Config.Monitoring.StatusDir
	}
	for _, u := range m.Units {
		p.rows += u.Rows
	}
	return p, nil
}
