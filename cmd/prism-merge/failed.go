package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
)

// gap is consecutive positions of one unit that have no labels.
type gap struct {
	Start  int64  `json:"start"` // positions, inclusive
	End    int64  `json:"end"`
	Unit   int    `json:"unit"`
	Reason string `json:"reason"`
}

// gaps are those of a file, in its order.
type gaps struct {
	list []gap
	rows int64
}

// addPosition takes the next missing position.
func (g *gaps) addPosition(pos int64, unit int) {
	g.rows++
	if n := len(g.list); n > 0 && g.list[n-1].End+1 == pos && g.list[n-1].Unit == unit {
		g.list[n-1].End = pos
		return
	}
	g.list = append(g.list, gap{Start: pos, End: pos, Unit: unit})
}

// String is the first gaps, for people.
func (g *gaps) String() string {
	if len(g.list) == 0 {
		return "unknown"
	}
	var shown []string
	for i, r := range g.list {
		if i == 5 {
			shown = append(shown, "…")
			break
		}
		text := fmt.Sprint(r.Start)
		if r.End > r.Start {
			text = fmt.Sprintf("%d-%d", r.Start, r.End)
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, ", ")
}

// failedRow is a row that was given up, as its worker lists it.
type failedRow struct {
	Unit int `json:"unit"`
	checkpoint.Failure
}

// failedFile is what is missing of a file.
type failedFile struct {
	Label     string      `json:"label"`
	InputFile string      `json:"input_file"`
	Missing   int64       `json:"missing_rows"`
	Ranges    []gap       `json:"ranges"`
	Rows      []failedRow `json:"rows"` // those that were given up
}

const (
	notCompleted = "unit not completed"
	gaveUp       = "rows given up"
)

// addGaps takes the gaps of a merged file.
func (f *failedFile) addGaps(m *job.Manifest, units []job.UnitPlan, g *gaps, without []int) {
	f.Missing = g.rows
	for _, r := range g.list {
		r.Reason = gaveUp
		if slices.Contains(without, r.Unit) {
			r.Reason = notCompleted
		}
		f.Ranges = append(f.Ranges, r)
	}
	if f.Missing > 0 {
		f.addRows(m, units)
	}
}

// addUnits takes all rows of the units that did not complete.
func (f *failedFile) addUnits(m *job.Manifest, units []job.UnitPlan, without []int) {
	for _, u := range units {
		if slices.Contains(without, u.Unit.Unit) {
			f.Missing += u.Rows
			f.Ranges = append(f.Ranges, gap{u.RowStart, u.RowEnd, u.Unit.Unit, notCompleted})
		}
	}
	f.addRows(m, units)
}

// addRows takes the rows that the workers list as given up, without the replies,
// which can be long. A list that cannot be read is left out: the ranges have
// its rows too.
func (f *failedFile) addRows(m *job.Manifest, units []job.UnitPlan) {
	for _, u := range units {
		list, err := fsutil.OpenRegular(job.FailedRowsPath(m.RunDir(), u.Unit.Unit))
		if err != nil {
			continue
		}
		eachFailure(json.NewDecoder(list), func(r checkpoint.Failure) {
			r.Reply = ""
			f.Rows = append(f.Rows, failedRow{u.Unit.Unit, r})
		})
		list.Close()
	}
}

// eachFailure reads the rows of a worker's list one by one, as far as it can be read.
func eachFailure(d *json.Decoder, each func(checkpoint.Failure)) {
	if _, err := d.Token(); err != nil {
		return
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return
		}
		if key != "rows" {
			if d.Decode(new(json.RawMessage)) != nil {
				return
			}
			continue
		}
		if _, err := d.Token(); err != nil {
			return
		}
		for d.More() {
			var r checkpoint.Failure
			if d.Decode(&r) != nil {
				return
			}
			each(r)
		}
		return
	}
}

// failedFiles is failed_ranges.json of a run: its files that miss rows.
type failedFiles struct {
	RunID string       `json:"run_id"`
	Files []failedFile `json:"files"`
}

// updateFailedFiles puts what is missing of a file into the list of the run, while no other
// merge changes it.
func (r *runMerger) updateFailedFiles(ctx context.Context, file failedFile) error {
	lock, err := job.LockManifest(ctx, r.g.Manifest)
	if err != nil {
		return err
	}
	list, err := readFailedFiles(r.m)
	if err == nil {
		list.setFile(file)
		err = list.writeList(r.m)
	}
	return errors.Join(err, lock.Release())
}

// readFailedFiles reads the list that earlier merges wrote.
func readFailedFiles(m *job.Manifest) (failedFiles, error) {
	out := failedFiles{RunID: m.RunID}
	data, err := fsutil.ReadFile(m.FailedRangesPath(), job.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, cli.Fail(cli.Failed, fmt.Errorf("%s: %w", m.FailedRangesPath(), err), "remove it, then run prism-merge without --label: it lists the missing rows of all files")
	}
	return out, nil
}

// setFile puts a file into the list, or takes it off if it misses nothing.
func (f *failedFiles) setFile(file failedFile) {
	f.Files = slices.DeleteFunc(f.Files, func(old failedFile) bool { return old.Label == file.Label })
	if file.Missing > 0 {
		f.Files = append(f.Files, file)
	}
}

// writeList writes the list where the job file wants it; an empty one goes.
func (f *failedFiles) writeList(m *job.Manifest) error {
	path := m.FailedRangesPath()
	if len(f.Files) == 0 || !m.Config.ErrorHandling.SaveFailedRanges {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	order := m.Labels()
	slices.SortStableFunc(f.Files, func(a, b failedFile) int { return slices.Index(order, a.Label) - slices.Index(order, b.Label) })
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return fsutil.ReplaceFile(path, append(data, '\n'))
}
