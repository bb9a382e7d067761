package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"

	"prism/internal/bench/measure"
)

// figures are those of one run, or the medians of several.
type figures struct {
	rowsPerSec        float64 // rows with labels
	prompt, generated float64 // tokens a row with labels, as the server counts them
	cpu               float64 // seconds of the client, its children included, a row with labels
	missing           int     // rows without labels
	columns           []columnAccuracy
}

// columnAccuracy says how right the labels of a column are, by gold. What is not known is NaN.
type columnAccuracy struct {
	column    string
	accuracy  float64
	low, high float64 // 95% interval of the accuracy
	kappa     float64 // Cohen's
}

// readAccuracy asks prism-stats how right the labels of a table are, in the columns that take one label of a list.
func (b *bench) readAccuracy(gold, table string) ([]columnAccuracy, error) {
	cmd := exec.Command(filepath.Join(b.bin, "prism-stats"), "--quiet", "--prompts-config", b.prompts, "--gold", gold, "--format", "json", table)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("prism-stats: %w\n%s", err, &said)
	}
	columns, err := parseAccuracy(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read the figures of prism-stats: %w", err)
	}
	return columns, nil
}

// parseAccuracy reads the JSON of prism-stats --gold.
func parseAccuracy(data []byte) ([]columnAccuracy, error) {
	var stats struct {
		Gold struct {
			Columns []struct {
				Column, Kind string
				Accuracy     *float64
				AccuracyLow  *float64 `json:"accuracy_low"`
				AccuracyHigh *float64 `json:"accuracy_high"`
				Kappa        *float64
			}
		}
	}
	if err := json.Unmarshal(data, &stats); err != nil {
		return nil, err
	}
	var columns []columnAccuracy
	for _, c := range stats.Gold.Columns {
		if c.Kind == "label" {
			columns = append(columns, columnAccuracy{c.Column, orNaN(c.Accuracy), orNaN(c.AccuracyLow), orNaN(c.AccuracyHigh), orNaN(c.Kappa)})
		}
	}
	return columns, nil
}

func orNaN(value *float64) float64 {
	if value == nil {
		return math.NaN()
	}
	return *value
}

// summarize returns the median of each figure by itself; the upper one of an even number. There must be a run.
func summarize(runs []figures) figures {
	m := figures{
		rowsPerSec: measure.MedianOf(runs, func(f figures) float64 { return f.rowsPerSec }),
		prompt:     measure.MedianOf(runs, func(f figures) float64 { return f.prompt }),
		generated:  measure.MedianOf(runs, func(f figures) float64 { return f.generated }),
		cpu:        measure.MedianOf(runs, func(f figures) float64 { return f.cpu }),
		missing:    measure.MedianOf(runs, func(f figures) int { return f.missing }),
	}
	for i, c := range runs[0].columns {
		m.columns = append(m.columns, columnAccuracy{
			column:   c.column,
			accuracy: measure.MedianOf(runs, func(f figures) float64 { return f.columns[i].accuracy }),
			low:      measure.MedianOf(runs, func(f figures) float64 { return f.columns[i].low }),
			high:     measure.MedianOf(runs, func(f figures) float64 { return f.columns[i].high }),
			kappa:    measure.MedianOf(runs, func(f figures) float64 { return f.columns[i].kappa }),
		})
	}
	return m
}

// meanAccuracy is the mean of the columns' accuracies.
func (f *figures) meanAccuracy() float64 {
	sum := 0.0
	for _, c := range f.columns {
		sum += c.accuracy
	}
	return sum / float64(len(f.columns))
}
