package manual

import (
	"fmt"
	"strings"

	"prism/internal/term"
)

// zshAsk offers what a tool prints; flags that are typed already are passed on.
const zshAsk = `_prism_ask() { # FLAGS TOOL ARGUMENT…
  local -a typed found
  local flag i
  for flag in ${=1}; do
    for ((i = 1; i < CURRENT; i++)); do
      [[ $words[i] != $flag=* ]] || typed+=("$words[i]")
      [[ $words[i] != $flag ]] || typed+=("$flag=$words[i+1]")
    done
  done
  shift
  found=(${(f)"$("$@" $typed 2>/dev/null </dev/null)"})
  compadd -- $found
}

`

// Zsh is the completion for zsh.
func (p *Page) Zsh() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\n# Completion of %s for zsh, made by internal/manual.\n\n%s_arguments -S", p.Name, p.Name, zshAsk)
	for _, f := range p.visible() {
		names := f.names()
		for _, name := range names {
			spec := "*" + name
			switch {
			case f.Value != "" && strings.HasPrefix(name, "--"):
				spec += "="
			case f.Value != "":
				spec += "+"
			}
			spec += "[" + zshEscape(f.summary()) + "]" + f.zshAction()
			fmt.Fprintf(&b, " \\\n  %s", term.QuoteShell(spec))
		}
	}
	if p.Files {
		b.WriteString(" \\\n  '*:FILE:_files'")
	}
	b.WriteString("\n")
	return b.String()
}

// zshAction is how the value of a flag is completed.
func (f *Flag) zshAction() string {
	message := ":" + zshEscape(f.Value) + ":"
	if q, asked := queries[f.kind()]; asked {
		return message + fmt.Sprintf(`{_prism_ask "%s" %s}`, q.typed, q.command)
	}
	switch f.kind() {
	case noValue:
		return ""
	case words:
		return message + "(" + strings.Join(f.valuesOf(), " ") + ")"
	case files:
		return message + "_files"
	case folders:
		return message + "_files -/"
	}
	return message
}

func zshEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`).Replace(text)
}
