package job

import (
	"errors"
	"fmt"
	"path/filepath"

	"prism/internal/fsutil"
)

// CheckOutputs makes sure that no output of the run, of a unit or merged, takes the
// place of a file that the run reads or of another output. The error names
// every one that does.
func (m *Manifest) CheckOutputs() error {
	var guard fsutil.Guard
	for _, f := range m.Files {
		guard.Protect("an input of the run", m.Path(f.InputFile))
		guard.Protect("an input of the run", m.Path(f.Original()))
	}
	guard.Protect("the prompt schema", m.Path(m.Paths.PromptsConfig))
	guard.Protect("the job file", m.Path(m.JobFile))
	if m.Config.Model.UsesStudent() {
		guard.Protect("the student", m.Path(m.Config.Model.Name))
	}
	guard.Protect("the manifest", filepath.Join(m.RunDir(), manifestName))
	guard.ProtectAll("a file of the checkpoints", m.Path(m.Paths.CheckpointDir), CheckpointPrefix(""))
	m.guardCache(&guard)
	guard.ProtectAll("a file of the run", m.RunDir(), "")
	guard.ProtectAll("a status file", m.StatusDir(), "")
	var errs []error
	for _, u := range m.Units {
		path := m.UnitOutput(u)
		if err := guard.Check(path); err != nil {
			errs = append(errs, fmt.Errorf("output of unit %d: %w", u.Unit.Unit, err))
		}
	}
	for _, u := range m.Units {
		guard.Protect(fmt.Sprintf("the output of unit %d", u.Unit.Unit), m.UnitOutput(u))
	}
	for _, f := range m.Files {
		path := m.Path(m.MergedName(f.Label))
		if err := guard.Check(path); err != nil {
			errs = append(errs, fmt.Errorf("output.naming_pattern %q: %w", m.Config.Output.NamingPattern, err))
		}
		guard.Protect(fmt.Sprintf("the merged output of %s", f.Label), path)
	}
	return errors.Join(errs...)
}

// GuardFiles guards every file that the run reads or keeps, whether or not it is there
// yet, but its summary and its figures, which are made again and again.
func (m *Manifest) GuardFiles(guard *fsutil.Guard) {
	const what = "a file of the run"
	for _, path := range []string{
		m.Path(m.Paths.PromptsConfig), m.Path(m.JobFile), filepath.Join(m.RunDir(), manifestName), m.StopFlagPath(), m.MachinesPath(),
	} {
		guard.Protect(what, path)
	}
	for _, f := range m.Files {
		for _, path := range []string{m.Path(f.InputFile), m.Path(f.Original()), m.Path(m.MergedName(f.Label))} {
			guard.Protect(what, path)
		}
	}
	for _, u := range m.Units {
		guard.Protect(what, m.UnitOutput(u))
	}
	for _, prefix := range keptOfRun {
		guard.ProtectAll(what, m.RunDir(), prefix)
	}
	guard.ProtectAll(what, m.Path(m.Paths.CheckpointDir), CheckpointPrefix(""))
	guard.ProtectAll(what, m.StatusDir(), "")
	m.guardCache(guard)
}

// CachePrefix begins the name of every file of a cache of answers.
const CachePrefix = "answers"

func (m *Manifest) guardCache(guard *fsutil.Guard) {
	if dir := m.Config.Model.Cache; dir != "" {
		guard.ProtectAll("a file of the cache", m.Path(dir), CachePrefix)
	}
}
