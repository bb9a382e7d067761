package main

import (
	"fmt"
	"strings"
	"unicode"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/term"
)

// resumeCommand is the command that resumes a planned run, as a shell takes it.
func resumeCommand(m *job.Manifest) string {
	path := m.Path(m.JobFile)
	if strings.HasPrefix(path, "-") { // else it reads as a flag
		path = "./" + path
	}
	return fmt.Sprintf("prism-run %s --resume --run-id %s", quoteVisibly(path), term.QuoteShell(m.RunID))
}

// quoteVisibly quotes a text for bash and zsh in one line without control characters.
func quoteVisibly(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return term.QuoteShell(text)
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
	}
	return "$'" + b.String() + "'"
}

// unmergedNote says of a run that nobody works on that a file of it is not merged, and
// how to go on; empty if there is nothing to say.
func unmergedNote(p *runPlan, v *status.View) string {
	if p.manifest == nil || !p.manifest.Config.Merge.AutoMerge || v.Active() || p.isHeld() {
		return ""
	}
	for _, f := range p.manifest.Files {
		merged := (f.Status == job.Completed || f.Status == job.Partial) && fsutil.IsRegular(p.manifest.Path(f.MergedOutput))
		if (p.label == "" || p.label == f.Label) && !merged {
			return fmt.Sprintf("run %s is not merged; to continue: %s\n", p.runID, resumeCommand(p.manifest))
		}
	}
	return ""
}

// isHeld reports whether a prism-run or what it started works on the run. A lock that
// cannot be looked at counts as held.
func (p *runPlan) isHeld() bool {
	for _, path := range []string{p.manifest.OrchestratorLockPath(), p.manifest.WorkersLockPath()} {
		if held, err := fsutil.IsLocked(path); held || err != nil {
			return true
		}
	}
	return false
}
