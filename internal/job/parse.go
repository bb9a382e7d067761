package job

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"prism/internal/table"
	"prism/internal/term"
)

// Parse reads a job file under settings. The error holds every mistake in it, a
// line each: "NAME:LINE:COLUMN: what".
func Parse(data []byte, name string, s *Settings, o Overrides) (*Config, error) {
	d := &decoder{file: name}
	for _, option := range optionsIn(reflect.ValueOf(new(Config)).Elem()) {
		if _, text := option.lookupEnv(o.Getenv); text != "" {
			d.supplied = append(d.supplied, option.path)
		}
	}
	c := jobFileDefaults(s)
	d.decode(data, c)
	err := c.applyOverrides(d, o)
	if d.locations[""] != (location{}) { // else nothing was read
		c.checkConfig(d)
	}
	c.fillLabels()
	c.inheritInputKeys(d)
	return c, errors.Join(err, d.joinMistakes())
}

// checkConfig finds what no single value shows.
func (c *Config) checkConfig(d *decoder) {
	c.checkNames(d)
	c.checkQueue(d)
	c.checkRanges(d)
	c.checkInputKeys(d)
	c.checkPattern(d)
	c.checkCredentials(d)
	if c.Model.Timeout == 0 {
		d.reject("model.timeout", "want more than 0 seconds")
	}
	if c.Model.CacheTTL > 0 && c.Model.Cache == "" && !slices.Contains(d.supplied, "model.cache") {
		d.reject("model.cache_ttl", "requires model.cache")
	}
	c.checkStudentAPI(d)
	c.checkStudentTraining(d)
	if c.Monitoring.DashboardRefresh == 0 {
		d.reject("monitoring.dashboard_refresh", "want more than 0 seconds")
	}
	if slices.Contains(c.Output.Drop, "RowID") {
		d.reject("output.drop", "RowID cannot be dropped: the merge requires it")
	}
}

// checkStudentAPI refuses keys that are for servers.
func (c *Config) checkStudentAPI(d *decoder) {
	if !c.Model.UsesStudent() {
		return
	}
	for _, path := range []string{"model.hosts", "model.proxy", "model.cache", "model.cache_ttl", "model.votes"} {
		if _, given := d.locations[path]; given {
			d.reject(path, "cannot be combined with model.api student, which makes no calls")
		}
	}
}

// checkStudentTraining refuses what does not go with model.student, and its keys without it.
func (c *Config) checkStudentTraining(d *decoder) {
	given := func(path string) bool { _, ok := d.locations[path]; return ok }
	if !given("model.student") {
		for _, path := range []string{"model.student_target", "model.student_text_columns"} {
			if given(path) {
				d.reject(path, "requires model.student: how many rows a student learns from")
			}
		}
		return
	}
	if c.Model.UsesStudent() {
		d.reject("model.student", "a student learns from a model: model.api student has none to ask")
	} else if c.Model.Name == StudentAPI {
		d.reject("model.name", "the model is named student, as its student is in Labelled_By")
	}
	if given("output.drop") {
		d.reject("output.drop", "cannot be combined with model.student: it learns from the columns of the model's result")
	}
	if c.Parallelization.SplitStrategy == manual {
		d.reject("parallelization.split_strategy", "manual cannot be combined with model.student: each file is one unit, whose rows are drawn at random")
	}
}

// checkCredentials refuses passwords in the file: it is copied, and each worker
// would need them from the manifest, which others may read.
func (c *Config) checkCredentials(d *decoder) {
	for i, host := range c.Model.Hosts {
		if path := fmt.Sprintf("model.hosts[%d]", i); term.HasCredentials(host) {
			d.reject(path, "a job file must not hold a password (set OLLAMA_HOST=%s for the workers)", term.HideCredentials(host))
		}
	}
	if term.HasCredentials(c.Model.Proxy) {
		d.reject("model.proxy", "a job file must not hold a password (want env, and HTTPS_PROXY=%s for the workers)", term.HideCredentials(c.Model.Proxy))
	}
}

func (c *Config) checkNames(d *decoder) {
	for path, text := range map[string]string{"project.name": c.Project.Name, "project.version": c.Project.Version} {
		if _, given := d.locations[path]; given && text != "" && SafeName(text, '_') != text {
			d.reject(path, "invalid name %q (want letters, digits, _ . and -)", text)
		}
	}
	for path, text := range map[string]string{
		"project.name": c.Project.Name, "project.version": c.Project.Version, "model.name": c.Model.Name,
		"prompts.config_file": c.Prompts.ConfigFile, "output.directory": c.Output.Directory,
		"output.checkpoints.directory": c.Output.Checkpoints.Directory, "output.naming_pattern": c.Output.NamingPattern,
		"monitoring.status_dir": c.Monitoring.StatusDir, "monitoring.logs_dir": c.Monitoring.LogsDir,
		"merge.sort_by": c.Merge.SortBy, "model.think": c.Model.Think, "model.cache": c.Model.Cache,
	} {
		if at, given := d.locations[path]; given && strings.TrimSpace(text) == "" && !d.hasMistakeAt(at) {
			d.reject(path, "must not be empty")
		}
	}
}

// hasMistakeAt reports whether a mistake at a location is known already.
func (d *decoder) hasMistakeAt(at location) bool {
	return slices.ContainsFunc(d.mistakes, func(m mistake) bool { return m.at == at })
}

func (c *Config) checkQueue(d *decoder) {
	at, given := d.locations["input_queue"]
	if given && len(c.InputQueue) == 0 && !d.hasMistakeAt(at) {
		d.reject("input_queue", "want at least one file")
	}
	seen := map[string]int{}
	for i, in := range c.InputQueue {
		path := fmt.Sprintf("input_queue[%d]", i)
		if at, given := d.locations[path+".path"]; given && in.Path == "" && !d.hasMistakeAt(at) {
			d.reject(path+".path", "must not be empty")
		}
		if in.Label == "" {
			continue
		}
		key := comparedLabel(in.Label)
		if first, twice := seen[key]; twice {
			d.reject(path+".label", "duplicate label %q (first in input_queue[%d])", in.Label, first)
		}
		seen[key] = i
		if SafeLabel(in.Label) != in.Label {
			d.reject(path+".label", "unsafe label %q (want for example %q)", in.Label, SafeLabel(in.Label))
		}
	}
}

func (c *Config) checkRanges(d *decoder) {
	p := c.Parallelization
	if at := d.locations["parallelization.split_strategy"]; p.SplitStrategy == manual && len(p.ManualRanges) == 0 && !d.hasMistakeAt(at) {
		d.reject("parallelization.split_strategy", "manual requires manual_ranges")
	}
	for i, r := range p.ManualRanges {
		path := fmt.Sprintf("parallelization.manual_ranges[%d]", i)
		if r.End != 0 && r.End < r.Start {
			d.reject(path+".end", "%d is before the start, %d", r.End, r.Start)
		}
		for j, other := range p.ManualRanges[:i] {
			a, b := Range(r), Range(other)
			if a.endsAfter(b.Start) && b.endsAfter(a.Start) && a.Start > 0 && b.Start > 0 {
				d.reject(path, "%s overlaps manual_ranges[%d], %s", a, j, b)
			}
		}
	}
}

// placeholder is one of a naming pattern.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

var placeholders = []string{"{run_id}", "{label}", "{project}", "{version}", "{model}", "{timestamp}"}

func (c *Config) checkPattern(d *decoder) {
	const path = "output.naming_pattern"
	pattern := c.Output.NamingPattern
	for _, p := range placeholder.FindAllString(pattern, -1) {
		if !slices.Contains(placeholders, p) {
			d.reject(path, "unknown placeholder %q%s", p, term.DidYouMean(p, placeholders))
		}
	}
	rest := placeholder.ReplaceAllString(pattern, "x")
	if pattern != "" && strings.TrimSpace(pattern) != "" && SafeLabel(rest) != rest {
		d.reject(path, "unsafe file name %q", pattern)
	}
	if ending := table.NameEnding(rest); ending != "" {
		d.reject(path, "ends in %s (want it without: output.format adds .%s)", ending, c.Output.Format)
	}
	if len(c.InputQueue) > 1 && !strings.Contains(pattern, "{label}") {
		d.reject(path, "requires {label}: more than one input would write the same output")
	}
}

// fillLabels gives a label to each input that has none.
func (c *Config) fillLabels() {
	names := make([]string, 0, 2*len(c.InputQueue))
	for _, in := range c.InputQueue {
		if in.Label != "" {
			names = append(names, in.Label)
		}
	}
	given := len(names)
	for _, in := range c.InputQueue {
		if in.Label == "" {
			names = append(names, in.Path)
		}
	}
	labels := Labels(names)[given:]
	for i := range c.InputQueue {
		if c.InputQueue[i].Label == "" {
			c.InputQueue[i].Label, labels = labels[0], labels[1:]
		}
	}
}
