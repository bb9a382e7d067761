package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"text/tabwriter"

	"prism/internal/calllog"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/stats"
	"prism/internal/term"
)

// printManifestArgs prints the flags of prism-classify for each unit.
func printManifestArgs(out io.Writer, path string, m *job.Manifest) error {
	w := bufio.NewWriter(out)
	for _, u := range m.Units {
		fmt.Fprintln(w, job.UnitArgs(path, u.Unit.Unit))
	}
	return w.Flush()
}

// callsText says how many calls each worker has in flight.
func callsText(o *job.CallOptions) string {
	if o.Parallel == job.AutoCalls {
		return fmt.Sprintf("as many in flight of each worker as the server works best with, at most %d", o.MaxParallel)
	}
	return term.Plural(int64(o.Parallel), "call") + " in flight of each worker"
}

// printPlan prints a plan for people.
func (p *planner) printPlan(m *job.Manifest) error {
	w := new(bytes.Buffer)
	c := p.config
	fmt.Fprintf(w, "run        %s\n", m.RunID)
	if c.Model.UsesStudent() {
		fmt.Fprintf(w, "model      %s, no calls\n", c.Model.ModelName())
	} else {
		fmt.Fprintf(w, "model      %s, %s a call, %s\n", c.Model.Name, term.Plural(int64(c.Model.BatchSize), "row"), callsText(&c.Model))
	}
	style := ""
	if p.prompt.Style != prompt.Classic {
		style = fmt.Sprintf(", in %s style", p.prompt.Style)
	}
	if c.Model.TrainsStudent() {
		fmt.Fprintf(w, "student    learns from %s rows of each file, drawn at random, and labels those of which it is sure\n", term.Count(int64(c.Model.Student)))
	}
	fmt.Fprintf(w, "prompts    %s%s\n", c.Prompts.ConfigFile, style)
	fmt.Fprintf(w, "workers    %d in parallel, one file after another\n\n", c.Workers())
	for _, plan := range p.plans {
		plan.writeColumns(w)
	}
	fmt.Fprintln(w)
	p.printUnitTable(w, m)
	rate, err := findLatestRate(m)
	if err != nil {
		return err
	}
	e := c.Estimate(p.load, rate, p.models)
	if c.Model.TrainsStudent() {
		fmt.Fprintf(w, "\ncalls      %s without a student; what it saves is known when it is trained\n", term.Count(e.Calls))
	} else {
		fmt.Fprintf(w, "\ncalls      %s at least\n", term.Count(e.Calls))
	}
	fmt.Fprintf(w, "tokens     about %s in prompts, %s generated\n", term.Count(e.PromptTokens), term.Count(e.Tokens))
	if rate.RowsPerSec > 0 {
		fmt.Fprintf(w, "time       about %s, as run %s made %s rows/s\n", term.Duration(e.Time), rate.RunID, term.Rate(rate.RowsPerSec))
	} else {
		fmt.Fprintln(w, "time       unknown: no earlier run of this model has a call log under", c.Monitoring.LogsDir)
	}
	fmt.Fprintln(w)
	for _, f := range m.Files {
		fmt.Fprintf(w, "output     %s\n", m.MergedName(f.Label))
	}
	fmt.Fprintf(w, "manifest   %s\n", job.ManifestPath(m.Paths.LogsDir, m.RunID))
	for _, plan := range p.plans {
		plan.writeFirstRow(w, p.prompt)
	}
	fmt.Fprintf(w, "\nnothing was written; prism-run %s starts it\n", p.g.Job)
	_, err = io.WriteString(p.std.Out, term.PrintableLines(w.String()))
	return err
}

func (p *planner) printUnitTable(w io.Writer, m *job.Manifest) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "UNIT\tLABEL\tINPUT\tROWS\tFROM\tTO\tCALLS")
	batch := int64(p.config.Model.BatchSize)
	for _, u := range m.Units {
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%d\t%d\t%d\n", u.Unit.Unit, u.Label, term.Printable(m.File(u.Label).Original()), u.Rows, u.RowStart, u.RowEnd, (u.Rows+batch-1)/batch)
	}
	t.Flush()
	fmt.Fprintf(w, "%s, %s, %s\n", term.Plural(int64(len(m.Units)), "unit"), term.Plural(int64(len(m.Files)), "file"),
		term.Plural(countRows(p.units), "row"))
}

// findLatestRate returns what the call logs of the newest run of the same model tell;
// zero if there is none.
func findLatestRate(m *job.Manifest) (job.Rate, error) {
	paths, err := job.FindManifests(m.Paths.LogsDir)
	if err != nil {
		return job.Rate{}, nil // a folder that is not a pattern has no runs to learn from
	}
	var latest job.Rate
	var when = m.CreatedAt
	found := false
	for _, path := range paths {
		old, err := job.ReadManifest(path)
		if err != nil || old.ModelName != m.ModelName || old.Config.Model.PromptStyle != m.Config.Model.PromptStyle || found && !old.CreatedAt.After(when) {
			continue
		}
		calls, err := readCallLogs(filepath.Dir(path))
		if err != nil {
			return job.Rate{}, err
		}
		if calls == nil || calls.RowsPerSec == 0 {
			continue
		}
		found, when = true, old.CreatedAt
		latest = job.Rate{
			RunID: old.RunID, BatchSize: old.Config.Model.BatchSize, RowsPerSec: calls.RowsPerSec,
			TokensPerRow: calls.TokensPerRow, PromptTokensPerRow: calls.PromptTokensPerRow,
		}
	}
	return latest, nil
}

// readCallLogs sums up the call logs of a run; nil if the folder cannot be searched for them.
func readCallLogs(dir string) (*stats.Calls, error) {
	logs, err := job.FindCallLogs(dir)
	if err != nil {
		return nil, nil
	}
	var sum stats.CallCounter
	for _, name := range logs {
		if err := readCallLog(&sum, name); err != nil {
			return nil, err
		}
	}
	return sum.Result(), nil
}

func readCallLog(sum *stats.CallCounter, name string) error {
	f, err := fsutil.OpenRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := calllog.NewReader(f, name)
	for {
		c, err := r.Next()
		var torn *calllog.LineError
		switch {
		case err == nil:
			sum.AddCall(c)
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &torn):
		default:
			return err
		}
	}
}
