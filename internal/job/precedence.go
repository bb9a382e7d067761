package job

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
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

// Options are those of the run, with paths from the current folder.
func (m *Manifest) Options() Options {
	o := m.Config.Options
	for _, path := range []*string{
		&o.Prompts.ConfigFile, &o.Output.Directory, &o.Output.Checkpoints.Directory, &o.Monitoring.StatusDir, &o.Monitoring.LogsDir,
	} {
		*path = m.Path(*path)
	}
	return o
}

// Overrides are what counts more than a job file.
type Overrides struct {
	Version string                   // of --tag; empty: none
	Workers int                      // of --workers; 0: none
	Getenv  func(name string) string // the environment; nil: none
}

// override gives a configuration the values of flags and environment.
func (c *Config) override(o Overrides) error {
	var errs []error
	for _, option := range optionsIn(reflect.ValueOf(c).Elem()) {
		name, text := option.environment(o.Getenv)
		if text == "" {
			continue
		}
		if err := option.setText(text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
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

// Defaults is a job file that says nothing, under these settings.
func Defaults(s *Settings) *Config {
	c := defaultConfig()
	c.Model.Retries, c.Model.Delay, c.Output.Checkpoints.Interval = s.RetryAttempts, s.RetryDelay, s.CheckpointInterval
	return c
}

// defaultConfig has the defaults that the tags of Config and Options name.
func defaultConfig() *Config {
	c := new(Config)
	for _, option := range optionsIn(reflect.ValueOf(c).Elem()) {
		text := option.field.Tag.Get("default")
		if key, ok := option.field.Tag.Lookup("job_default"); ok {
			text = key
		}
		if text == "" {
			continue
		}
		if err := option.setText(text); err != nil {
			panic(fmt.Sprintf("bug: default of %s: %v", option.path, err))
		}
	}
	return c
}

// CheckFlags returns what is wrong with the numbers of options, by their flags.
// A number without a default may be 0, which stands for no flag.
func (o *Options) CheckFlags() (problems []string) {
	for _, option := range optionsIn(reflect.ValueOf(o).Elem()) {
		least, err := strconv.ParseFloat(option.field.Tag.Get("min"), 64)
		if err != nil || option.flag == "" {
			continue
		}
		number, ok := option.number()
		_, hasDefault := option.field.Tag.Lookup("default")
		if ok && (number >= least && !math.IsInf(number, 0) || number == 0 && !hasDefault) {
			continue
		}
		problems = append(problems, fmt.Sprintf("--%s %v: want at least %g", option.flag, option.value, least))
	}
	return problems
}

// option is one field of a struct of options.
type option struct {
	path  string // keys of the job file, joined by dots
	flag  string // of prism-classify; empty: none
	field reflect.StructField
	value reflect.Value
}

// optionsIn lists the options in a struct and in the structs in it, in order.
func optionsIn(v reflect.Value) []option {
	var out []option
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for _, f := range reflect.VisibleFields(v.Type()) {
			value, key := v.FieldByIndex(f.Index), join(path, keyOf(f))
			switch {
			case f.Anonymous:
			case f.Type.Kind() == reflect.Struct:
				walk(value, key)
			default:
				out = append(out, option{path: key, flag: f.Tag.Get("name"), field: f, value: value})
			}
		}
	}
	walk(v, "")
	return out
}

// environment is the variable that gives an option its value when a run is
// planned, and that value.
func (o option) environment(getenv func(string) string) (name, text string) {
	if _, local := o.field.Tag.Lookup("local"); local || getenv == nil {
		return "", ""
	}
	for name := range strings.SplitSeq(o.field.Tag.Get("env"), ",") {
		if name != "" && getenv(name) != "" {
			return name, getenv(name)
		}
	}
	return "", ""
}

func (o option) number() (float64, bool) {
	switch {
	case o.value.CanInt():
		return float64(o.value.Int()), true
	case o.value.CanFloat():
		return o.value.Float(), true
	}
	return 0, false
}

// setText sets an option to a value that stands in a tag or in the environment.
func (o option) setText(text string) error {
	if u, ok := o.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch o.value.Kind() {
	case reflect.String:
		o.value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("invalid value %q (want true or false)", text)
		}
		o.value.SetBool(b)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("invalid number %q", text)
		}
		o.value.SetFloat(f)
	case reflect.Int, reflect.Int64:
		n, err := strconv.Atoi(text)
		least, lerr := strconv.Atoi(o.field.Tag.Get("min"))
		if err != nil || lerr == nil && n < least {
			return fmt.Errorf("invalid number %q (want at least %d)", text, least)
		}
		o.value.SetInt(int64(n))
	default:
		return fmt.Errorf("%s cannot be set from text", o.field.Type)
	}
	return nil
}
