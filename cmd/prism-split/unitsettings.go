package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"

	"prism/internal/cli"
	"prism/internal/job"
)

// printUnitSettings prints what prism-cascade needs of a unit of a run with a student, as assignments that a
// shell may evaluate.
func (g *flags) printUnitSettings(ctx context.Context, out io.Writer) error {
	if !g.PrintSettings {
		return cli.RequireFlag(g.typed, "--print-settings", "manifest", "unit")
	}
	if g.Job != "" {
		return cli.RefuseBeside(g.typed, "--job", "", "manifest", "unit")
	}
	if g.Manifest == "" {
		return cli.Usagef("--unit requires --manifest")
	}
	m, err := job.AwaitManifest(ctx, g.Manifest)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	model := &m.Config.Model
	switch {
	case g.Unit < 1 || g.Unit > len(m.Units):
		return cli.Usagef("--unit %d: run %q has units 1 to %d", g.Unit, m.RunID, len(m.Units))
	case !model.TrainsStudent():
		return cli.Fail(cli.Usage, fmt.Errorf("run %q has no student: the job file does not set model.student", m.RunID), "prism-classify "+job.UnitArgs(g.Manifest, g.Unit)+" labels the unit")
	}
	if err := m.CheckPlaces(); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	u := m.Units[g.Unit-1]
	a := assignments{bufio.NewWriter(out)}
	a.setText("run_id", m.RunID)
	a.setText("table", m.Path(u.Input))
	a.setText("unit_sum", u.InputSum)
	a.setText("output", m.UnitOutput(u))
	a.setText("dir", m.CascadeDir(u.Label))
	a.setText("unit_done", m.CascadeDonePath(u.Label))
	a.setText("unit_calls", job.CallLogPath(m.RunDir(), u.Unit.Unit))
	a.setText("unit_texts_calls", job.CallLogPath(m.TextsDir(u.Label), u.Unit.Unit))
	a.setText("prompts", m.Path(m.Paths.PromptsConfig))
	a.setText("model_name", m.ModelName)
	a.setNumber("learn", model.Student)
	a.setText("target", strconv.FormatFloat(cmp.Or(model.StudentTarget, job.StudentTarget), 'f', -1, 64))
	a.setText("text_columns", cmp.Or(model.StudentTextColumns, "skip"))
	a.setBool("group_readable", m.Config.GroupReadable)
	a.setColumns(m.ColumnsOf(u.Label), m.File(u.Label).Format)
	return a.w.Flush()
}

// setColumns sets the flags that say how a table is read: for all tools, for those that read a table or a result, for what a
// student learns from, and for prism-classify alone.
func (a assignments) setColumns(c job.InputColumns, format string) {
	var read, inputs, others []string
	add := func(list *[]string, flag, value string) {
		if value != "" {
			*list = append(*list, flag+"="+value)
		}
	}
	add(&read, "--delimiter", c.Delimiter)
	add(&read, "--input-format", format)
	add(&inputs, "--text-column", c.TextColumn)
	add(&inputs, "--title-column", c.TitleColumn)
	add(&inputs, "--sentiment-column", c.SentimentColumn)
	add(&inputs, "--context-columns", job.JoinNames(c.ContextColumns))
	add(&others, "--blank-rows", c.BlankRows)
	a.setText("id_column", c.IDColumn)
	a.setList("read", read)
	a.setList("input_flags", inputs)
	a.setList("other_flags", others)
}
