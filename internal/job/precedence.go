package job

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"

	"prism/internal/term"
)

// Where the value of an option comes from; what stands first counts most.
//
//	when a run is planned (Parse)   in a worker (Resolve)
//	1. flag                         1. flag
//	2. environment                  2. environment, of local options
//	3. job file                     3. manifest
//	4. settings.json                4. environment, of other options
//	5. default                      5. default
//
// The manifest holds what planning decided. The server is a local option: each
// worker looks for it on its own machine when it starts.

// Resolve returns the options of a worker of a planned run. flags are those of
// its command line, as kong fills them: typed, else from the environment, else
// the default. planned are those of the manifest; typed tells which flags are on
// the command line itself.
func Resolve(flags, planned *Options, typed map[string]bool) Options {
	resolved := *planned
	from := optionsIn(reflect.ValueOf(flags).Elem())
	for i, to := range optionsIn(reflect.ValueOf(&resolved).Elem()) {
		_, local := to.field.Tag.Lookup("local")
		if typed[to.flag] || local && !from[i].value.IsZero() {
			to.value.Set(from[i].value)
		}
	}
	return resolved
}

// Options are those of the run's workers, with paths from the current folder.
func (m *Manifest) Options() Options {
	o := m.Config.Options
	o.Output.Format = o.Output.PartFormat()
	o.Model.MaxParallel = cmp.Or(o.Model.MaxParallel, tagDefaults().Model.MaxParallel) // earlier versions wrote none
	for _, path := range []*string{
		&o.Prompts.ConfigFile, &o.Model.Cache, &o.Output.Directory, &o.Output.Checkpoints.Directory, &o.Monitoring.StatusDir, &o.Monitoring.LogsDir,
	} {
		*path = m.Path(*path)
	}
	if o.Model.UsesStudent() {
		o.Model.Name = m.Path(o.Model.Name)
	}
	return o
}

// Overrides are what counts more than a job file.
type Overrides struct {
	Version string                   // of --tag; empty: none
	Workers int                      // of --workers; 0: none
	Getenv  func(name string) string // the environment; nil: none

	// Replaced, if not nil, is told of each value of the file that the environment replaces.
	Replaced func(line string)
}

// applyOverrides gives a configuration the values of flags and environment.
func (c *Config) applyOverrides(d *decoder, o Overrides) error {
	var errs []error
	for _, option := range optionsIn(reflect.ValueOf(c).Elem()) {
		name, text := option.lookupEnv(o.Getenv)
		if text == "" {
			continue
		}
		was := fmt.Sprint(option.value)
		if err := option.setText(text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		at, inFile := d.locations[option.path]
		if is := fmt.Sprint(option.value); inFile && o.Replaced != nil && is != was {
			o.Replaced(fmt.Sprintf("%s:%d: %s is %s, but %s takes precedence: it is %s", d.file, at.line, option.path, term.QuoteShell(was), name, term.QuoteShell(is)))
		}
	}
	if o.Version != "" {
		c.Project.Version = o.Version
	}
	if o.Workers != 0 {
		c.Parallelization.Enabled, c.Parallelization.Workers = true, o.Workers
	}
	return errors.Join(errs...)
}
