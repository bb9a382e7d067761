package job

import (
	"fmt"
	"path/filepath"
	"strings"

	"prism/internal/term"
)

// MergeCommand is the command that merges the outputs of a file's units to CSV.
func (m *Manifest) MergeCommand(label string) string {
	return "prism-merge -o NAME.csv " + term.QuoteShell(m.Path(filepath.Join(m.Paths.OutputDir, m.RunID+"_"+label))) + "_w*." + m.Config.Output.PartFormat()
}

// ResumeCommand is the command that resumes the run, as a shell takes it.
func (m *Manifest) ResumeCommand() string {
	path := m.Path(m.JobFile)
	if strings.HasPrefix(path, "-") { // else it reads as a flag
		path = "./" + path
	}
	return fmt.Sprintf("prism-run %s --resume --run-id %s", term.QuoteShell(path), term.QuoteShell(m.RunID))
}
