package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// optionLine is a line of a usage text that begins with an option: its name, what stands for
// its value (words with capitals, a choice of words, or a text in quotes), and its help.
var optionLine = regexp.MustCompile(`^  (-[a-zA-Z]|--[a-z][a-z-]*)(?: ('[^']*'|[A-Z]\S*|[a-z]+(?:\|[a-z]+)+))?(?: +(\S.*))?$`)

// continuation is a further line of the help of an option.
var continuation = regexp.MustCompile(`^ {12,}(\S.*)$`)

// flagLine begins a list of flags.
var flagLine = regexp.MustCompile(`^ +-`)

// sectionTitles are the headings of what is no list of flags.
var sectionTitles = []string{"examples", "arguments", "exit codes", "files", "environment"}

// section is a part of a help text under a heading.
type section struct {
	title   string // without the colon; empty: above all headings
	lines   []string
	isFlags bool
}

// cutSections cuts a help text at its headings: lines that end with a colon and have a list of
// flags below them, or that sectionTitles has.
func cutSections(text string) []section {
	sections := []section{{}}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " ")
		title, isHeading := strings.CutSuffix(line, ":")
		isFlags := i+1 < len(lines) && flagLine.MatchString(lines[i+1])
		if isHeading && !strings.HasPrefix(line, " ") && (isFlags || slices.Contains(sectionTitles, strings.ToLower(title))) {
			sections = append(sections, section{title: title, isFlags: isFlags})
			continue
		}
		last := &sections[len(sections)-1]
		last.lines = append(last.lines, line)
	}
	return sections
}

// text is that of the section, without empty lines around it.
func (s *section) text() string { return strings.Trim(strings.Join(s.lines, "\n"), "\n") }

// ParseUsage reads what a script prints by --help: usage lines, options with two blanks
// before them, sections under headings, and paragraphs.
func ParseUsage(name, text string) (*Page, error) {
	p := &Page{Name: name, Flags: []Flag{{Name: "help", Short: "h", Help: "Print a help text and exit."}}}
	for _, s := range cutSections(text) {
		if s.title != "" && !s.isFlags {
			p.Sections = append(p.Sections, Section{s.title, s.text()})
			continue
		}
		p.addOptions(&s)
	}
	if len(p.Usage) == 0 || len(p.Flags) == 1 {
		return nil, fmt.Errorf("%s: no usage line or no options in its help", name)
	}
	p.Files = strings.Contains(p.Usage[0], "FILE") || strings.Contains(p.Usage[0], "TABLE")
	return p, nil
}

// addOptions adds the options of a section; other lines describe the program.
func (p *Page) addOptions(s *section) {
	group := s.title
	if group == "options" {
		group = ""
	}
	var text []string
	inOption := false
	for _, line := range s.lines {
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
		default:
			text = append(text, line)
		}
		inOption = option != nil || inOption && further != nil
	}
	p.Description = strings.Trim(p.Description+"\n\n"+strings.Trim(strings.Join(text, "\n"), "\n"), "\n")
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

// ReadHelp takes description and sections from what a tool prints by --help; its flags
// are known better from its grammar.
func (p *Page) ReadHelp(text string) {
	_, text, _ = strings.Cut(text, "\n\n") // after the usage
	for i, s := range cutSections(text) {
		switch {
		case i == 0:
			p.Description = s.text()
		case !s.isFlags:
			p.Sections = append(p.Sections, Section{s.title, s.text()})
		}
	}
}
