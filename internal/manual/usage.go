package manual

import (
	"fmt"
	"regexp"
	"strings"
)

// optionLine is a line of a usage text that begins with an option: its names, what stands for
// its value (words with capitals, a choice of words, or a text in quotes), and its help.
var optionLine = regexp.MustCompile(`^  (-[a-zA-Z]|--[a-z][a-z-]*)(?: ('[^']*'|[A-Z]\S*|[a-z]+(?:\|[a-z]+)+))?(?: +(\S.*))?$`)

// continuation is a further line of the help of an option.
var continuation = regexp.MustCompile(`^ {12,}(\S.*)$`)

// ParseUsage reads what a script prints by --help: usage lines, options with two blanks
// before them, under headings that end with a colon, and paragraphs.
func ParseUsage(name, text string) (*Page, error) {
	p := &Page{Name: name, Flags: []Flag{{Name: "help", Short: "h", Help: "Print a help text and exit."}}}
	var description []string
	group, inOption := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n ")
		usage, isUsage := strings.CutPrefix(line, "usage: ")
		option := optionLine.FindStringSubmatch(line)
		further := continuation.FindStringSubmatch(line)
		switch {
		case isUsage:
			p.Usage = append(p.Usage, usage)
		case option != nil:
			p.Flags = append(p.Flags, parseOption(option, group))
		case inOption && further != nil:
			last := &p.Flags[len(p.Flags)-1]
			last.Help = strings.TrimSpace(last.Help + " " + further[1])
		case strings.HasSuffix(line, ":") && !strings.HasPrefix(line, " "):
			group = line
		default:
			description = append(description, line)
		}
		inOption = option != nil || inOption && further != nil
	}
	if len(p.Usage) == 0 || len(p.Flags) == 1 {
		return nil, fmt.Errorf("%s: no usage line or no options in its help", name)
	}
	p.Description = strings.TrimSpace(strings.Join(description, "\n"))
	p.Files = strings.Contains(p.Usage[0], "FILE") || strings.Contains(p.Usage[0], "TABLE")
	return p, nil
}

func parseOption(found []string, group string) Flag {
	f := Flag{Value: strings.Trim(found[2], "'"), Help: found[3], Group: group}
	if name, isLong := strings.CutPrefix(found[1], "--"); isLong {
		f.Name = name
	} else {
		f.Short = strings.TrimPrefix(found[1], "-")
	}
	if strings.Contains(f.Value, "|") {
		f.Values = strings.Split(f.Value, "|")
	}
	return f
}
