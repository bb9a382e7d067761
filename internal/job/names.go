package job

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"prism/internal/table"
	"prism/internal/term"
)

// timestamp is how run IDs and names of outputs write a time.
const timestamp = "20060102_150405"

// RunID returns {project}_{version}_{model}_{YYYYMMDD_HHMMSS}, safe as a file
// name. modelID is the number of the model in models.json, written m<id>; 0 says
// that the model is not listed, then its name stands there, made safe with "-".
// While exists reports an ID as taken, it gets _2, _3 and so on.
func RunID(project, version, model string, modelID int, now time.Time, exists func(id string) bool) string {
	base := fmt.Sprintf("%s_%s_%s_%s",
		SafeName(project, '_'), SafeName(version, '_'), modelName(model, modelID), now.Format(timestamp))
	id := base
	for n := 2; exists(id); n++ {
		id = fmt.Sprintf("%s_%d", base, n)
	}
	return id
}

// modelName stands for a model in names of files.
func modelName(model string, id int) string {
	if id > 0 {
		return fmt.Sprintf("m%d", id)
	}
	return SafeName(model, '-')
}

// SafeName turns s into a part of a file name: every character but ASCII letters
// and digits, . and - becomes other. It is never empty and begins neither with a dot nor with
// a dash, as flags do.
func SafeName(s string, other rune) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return other
	}, s)
	if s == "" || s[0] == '.' || s[0] == '-' && other != '-' {
		s = string(other) + strings.TrimLeft(s, ".-")
	}
	if isReserved(s) {
		s = string(other) + s
	}
	return s
}

// IsRunID reports whether a text may name a run: a folder of it, on any system.
func IsRunID(s string) bool { return SafeName(s, '_') == s && !strings.HasSuffix(s, ".") }

// isFileName reports whether a text is the name of one file in a folder, on any system: without
// separators, control characters and what Windows gives another meaning.
func isFileName(s string) bool {
	return s != "" && utf8.ValidString(s) && !isReserved(s) &&
		!strings.ContainsAny(s, `/\<>:"|?*`) && !strings.ContainsFunc(s, unicode.IsControl) &&
		!strings.HasSuffix(s, ".") && !strings.HasSuffix(s, " ")
}

// devices are names that on Windows stand for devices, in any folder and with any ending.
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|:|$)`)

func isReserved(name string) bool { return devices.MatchString(name) }

// maxLabel is the most bytes of a label: names made from it fit a file system.
const maxLabel = 180

// SafeLabel makes a label that is safe in file names and command lines: what
// is no letter, digit, dot, dash or underscore becomes an underscore, and so
// does a dot or dash at the start and a dot at the end.
func SafeLabel(s string) string {
	var b strings.Builder
	for _, c := range s {
		if b.Len()+utf8.RuneLen(c) > maxLabel {
			break
		}
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c), unicode.IsMark(c), c == '_':
		case (c == '.' || c == '-') && b.Len() > 0:
		default:
			c = '_'
		}
		b.WriteRune(c)
	}
	label := b.String()
	if rest, isCut := strings.CutSuffix(label, "."); isCut { // Windows drops it
		label = rest + "_"
	}
	switch {
	case label == "":
		return "input"
	case isReserved(label):
		return "_" + label
	}
	return label
}

// Labels are the labels of files by their names without folder and ending,
// made different by _2, _3 and so on.
func Labels(files []string) []string {
	taken, tried := map[string]bool{}, map[string]int{}
	var labels []string
	for _, name := range files {
		base := filepath.Base(name)
		if name == "-" {
			base = "stdin"
		}
		label := SafeLabel(trimEnding(base))
		unique, n := label, max(tried[label], 2)
		for ; taken[comparedLabel(unique)]; n++ {
			unique = fmt.Sprintf("%s_%d", label, n)
		}
		tried[label], taken[comparedLabel(unique)] = n, true
		labels = append(labels, unique)
	}
	return labels
}

// comparedLabel is equal for labels that a file system may take for the same name.
func comparedLabel(label string) string { return strings.ToLower(term.CanonicalName(label)) }

// trimEnding leaves out the ending of a file name that tells its format, and before that the
// one that tells how it is compressed.
func trimEnding(name string) string {
	for _, packed := range []bool{true, false} {
		ext := filepath.Ext(name)
		_, known := table.FormatByName(name)
		switch strings.ToLower(ext) {
		case ".gz", ".zst":
			known = packed
		case ".json", ".xlsx", ".parquet":
			known = !packed
		default:
			known = known && !packed
		}
		if known && ext != name {
			name = strings.TrimSuffix(name, ext)
		}
	}
	return name
}
