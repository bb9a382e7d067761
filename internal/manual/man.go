package manual

import (
	"fmt"
	"strings"
)

// Man is the man page, in section 1, of a version of a date (2006-01-02).
func (p *Page) Man(version, date string, others []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".\\\" made by internal/manual\n.TH %s 1 %s \"PRISM %s\" PRISM\n", roff(strings.ToUpper(p.Name)), date, roff(version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", roff(p.Name), roff(lowerFirst(p.summary())))
	for i, usage := range p.Usage {
		if i > 0 {
			b.WriteString(".br\n")
		}
		rest, _ := strings.CutPrefix(usage, p.Name)
		fmt.Fprintf(&b, ".B %s\n%s\n", roff(p.Name), roff(strings.TrimSpace(rest)))
	}
	b.WriteString(".SH DESCRIPTION\n")
	writeText(&b, p.Description)
	b.WriteString(".SH OPTIONS\n")
	group := ""
	for _, f := range p.visible() {
		if f.Group != group {
			fmt.Fprintf(&b, ".SS %s\n", roff(f.Group))
			group = f.Group
		}
		fmt.Fprintf(&b, ".TP\n%s\n%s\n", f.manTag(), roff(f.Help))
		if len(f.Env) > 0 {
			fmt.Fprintf(&b, "The environment variable %s sets it too.\n", roff(strings.Join(f.Env, " or ")))
		}
	}
	for _, section := range p.Sections {
		fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(section.Title)))
		writeText(&b, section.Text)
	}
	b.WriteString(".SH SEE ALSO\n")
	var refs []string
	for _, name := range others {
		if name != p.Name {
			refs = append(refs, roff(name)+"(1)")
		}
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(refs, ", "))
	return b.String()
}

// manTag is the line of a flag in a list: its names in bold, what stands for its value in italics.
func (f *Flag) manTag() string {
	var names []string
	for _, name := range f.names() {
		names = append(names, `\fB`+roff(name)+`\fR`)
	}
	tag := strings.Join(names, ", ")
	if f.Value != "" {
		tag += ` \fI` + roff(f.Value) + `\fR`
	}
	return tag
}

// writeText writes paragraphs; lines with blanks before them stay as they are.
func writeText(b *strings.Builder, text string) {
	verbatim, blank := false, true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, " "); indented != verbatim && line != "" {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
			verbatim = indented
		}
		if line == "" && !blank {
			b.WriteString(".PP\n")
		}
		blank = line == ""
		if blank {
			continue
		}
		fmt.Fprintln(b, roff(line))
	}
	if verbatim {
		b.WriteString(".fi\n")
	}
}

// roff escapes what has a meaning in a man page.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}
