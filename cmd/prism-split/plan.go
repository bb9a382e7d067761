package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/term"
)

// planner plans a run of a job file.
type planner struct {
	splitter
	settings *job.Settings
	models   *job.Models
	config   *job.Config // nil: the job file could not be read
	hashes   job.Hashes
	prompt   *prompt.Prompt
	load     job.Load
	normal   map[string]*normalInput // by label
	plans    []inputPlan             // of a dry run
	mistakes []error                 // of configuration, prompt schema and inputs
}

// planRun does what --job asks for.
func (g *flags) planRun(ctx context.Context, s splitter) error {
	if err := g.checkJobFlags(); err != nil {
		return err
	}
	p := &planner{splitter: s, normal: map[string]*normalInput{}}
	defer p.closeInputs()
	p.readFiles(ctx)
	if p.config != nil {
		p.config.GroupReadable = p.config.GroupReadable || g.GroupReadable
		p.std.ShareWithGroup(p.config.GroupReadable)
	}
	if err := p.refuseStdout(); err != nil {
		return err
	}
	if g.PrintSettings {
		return p.printSettings(ctx)
	}
	if g.RefreshInputs {
		if p.config == nil || len(p.mistakes) > 0 {
			return p.checkAll(ctx)
		}
		return p.refreshInputs(ctx)
	}
	if err := p.checkAll(ctx); err != nil {
		return err
	}
	m, path, err := p.writePlan(ctx)
	if err != nil {
		return err
	}
	switch {
	case g.DryRun && g.Format == "settings":
		return p.printSettingsOf(m)
	case g.DryRun:
		return p.printPlan(m)
	}
	p.std.Infof("planned run %s: %s of %s, %s", m.RunID, term.Plural(int64(len(m.Units)), "unit"),
		term.Plural(int64(len(m.Files)), "file"), term.Plural(countRows(p.units), "row"))
	switch g.Format {
	case "args":
		return printManifestArgs(p.std.Out, path, m)
	case "settings":
		return p.printSettingsOf(m)
	}
	units := make([]job.Unit, len(m.Units))
	for i, u := range m.Units {
		units[i] = u.Unit
	}
	return printUnits(p.std.Out, g.Format, "", units)
}

// refuseStdout makes sure that what is printed is not appended to a file that the job
// reads.
func (p *planner) refuseStdout() error {
	out, ok := p.std.Out.(*os.File)
	if !ok {
		return nil
	}
	var guard fsutil.Guard
	guard.Protect("the job file", p.g.Job)
	guard.Protect("the settings", cmp.Or(p.g.Settings, defaultSettings))
	guard.Protect("the models", cmp.Or(p.g.Models, defaultModels))
	if p.config != nil {
		guard.Protect("the prompt schema", p.config.Prompts.ConfigFile)
		for _, in := range p.config.InputQueue {
			guard.Protect("an input", in.Path)
		}
	}
	if err := guard.CheckOpen("stdout", out); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}

// writePlan makes the manifest and, unless it is a dry run, writes it. Of several
// processes that make the same run ID each gets one of its own.
func (p *planner) writePlan(ctx context.Context) (m *job.Manifest, path string, err error) {
	for {
		m = job.Plan(p.chooseRunID(time.Now()), p.config, p.settings, p.units, time.Now().Truncate(time.Second))
		m.JobFile, m.Hashes, m.ModelID = p.g.Job, p.hashes, p.models.ID(m.ModelName)
		for label, n := range p.normal {
			m.SetNormalized(label, n.from)
		}
		if err := m.CheckOutputs(); err != nil {
			return nil, "", cli.Fail(cli.Usage, err, "choose another output.naming_pattern or output.directory in "+p.g.Job)
		}
		if err := m.CheckPlaces(); err != nil {
			return nil, "", cli.Fail(cli.Usage, err, "")
		}
		if p.g.DryRun {
			return m, "", nil
		}
		switch path, err = m.Write(func() error { return p.placeInputs(ctx, m) }); {
		case err == nil:
			return m, path, nil
		case errors.Is(err, job.ErrNotUTF8):
			return nil, "", cli.Fail(cli.Usage, err, "use paths relative to this folder, or rename the folder")
		case !errors.Is(err, fs.ErrExist):
			return nil, "", err
		case p.g.RunID != "":
			return nil, "", cli.Fail(cli.Usage, err, fmt.Sprintf("resume it: prism-run %s --resume --run-id %s; or name another --run-id", term.QuoteShell(p.g.Job), m.RunID))
		}
	}
}

// checkAll checks what the job file names; the error holds every mistake.
func (p *planner) checkAll(ctx context.Context) error {
	if p.config != nil {
		p.readPrompts(ctx)
		if err := p.checkInputs(ctx); err != nil {
			return exitError(ctx, err)
		}
	}
	p.steps.Clear()
	if len(p.mistakes) > 0 {
		return cli.Fail(cli.Usage, errors.Join(p.mistakes...), "")
	}
	return nil
}

func (p *planner) addMistake(err error) {
	if err != nil {
		p.mistakes = append(p.mistakes, err)
	}
}

// readFiles reads settings.json, models.json and the job file.
func (p *planner) readFiles(ctx context.Context) {
	p.settings, p.models = job.DefaultSettingsFile(), job.DefaultModels()
	if data, ok := p.readOptional(ctx, p.g.Settings, defaultSettings); ok {
		s, err := job.ParseSettings(data, cmp.Or(p.g.Settings, defaultSettings))
		p.addMistake(err)
		p.settings = s
	}
	if data, ok := p.readOptional(ctx, p.g.Models, defaultModels); ok {
		m, err := job.ParseModels(data, cmp.Or(p.g.Models, defaultModels))
		p.addMistake(err)
		p.models = m
	}
	if p.g.Job == "" {
		return
	}
	overrides := job.Overrides{Version: p.g.Tag, Getenv: os.Getenv, Replaced: func(line string) { p.std.Warnf("%s", line) }}
	if p.g.Workers != nil {
		overrides.Workers = *p.g.Workers
	}
	data, err := fsutil.ReadFileContext(ctx, p.g.Job, fsutil.MaxConfig)
	if err != nil {
		p.addMistake(err)
		return
	}
	p.hashes.JobFile = job.Hash(data)
	c, err := job.Parse(data, p.g.Job, p.settings, overrides)
	p.addMistake(err)
	p.config = c
}

// maxRunID is the most characters of a run ID: names made from it fit a file system.
const maxRunID = 120

// Where settings.json and models.json are where no flag names them.
const (
	defaultSettings = "config/settings.json"
	defaultModels   = "config/models.json"
)

// readOptional reads a file that must be there only if a flag names it.
func (p *planner) readOptional(ctx context.Context, named, usual string) ([]byte, bool) {
	data, err := fsutil.ReadFileContext(ctx, cmp.Or(named, usual), fsutil.MaxConfig)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	p.addMistake(err)
	return data, err == nil
}

func (p *planner) readPrompts(ctx context.Context) {
	path := p.config.Prompts.ConfigFile
	if path == "" {
		return
	}
	schema, err := prompt.ReadFile(ctx, path)
	if err != nil {
		p.addMistake(err)
		return
	}
	if p.config.Model.TrainsStudent() && !slices.ContainsFunc(schema.Columns, func(c prompt.Column) bool { return c.IsClosed() }) {
		p.addMistake(fmt.Errorf("model.student: no column of %s has values that are known beforehand: a student gives labels, booleans and integers of a range alone", path))
	}
	p.prompt = schema.InStyle(prompt.Style(p.config.Model.PromptStyle))
	p.hashes.Prompts = schema.Hash()
	for _, line := range schema.Warnings() {
		p.std.Warnf("%s: %s", path, line)
	}
	p.load.PromptBytes, p.load.Columns = len(p.prompt.System), len(p.prompt.Columns)
}

// chooseRunID returns the one of --run-id, else a new one.
func (p *planner) chooseRunID(now time.Time) string {
	if p.g.RunID != "" {
		return p.g.RunID
	}
	c := p.config
	return job.RunID(c.Project.Name, c.Project.Version, c.Model.ModelName(), p.models.ID(c.Model.Name), now, func(id string) bool { return c.RunExists(id, 1) })
}

func countRows(units []job.Unit) (n int64) {
	for _, u := range units {
		n += u.Rows
	}
	return n
}
