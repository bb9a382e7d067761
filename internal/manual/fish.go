package manual

import (
	"fmt"
	"strings"
)

// fishAsk prints what a tool prints; flags that are typed already are passed on.
const fishAsk = `function __prism_ask -a flags
    set -l words (commandline -opc)
    set -l typed
    for flag in (string split ' ' -- $flags)
        for i in (seq (count $words))
            if test "$words[$i]" = $flag
                set -a typed $flag=$words[(math $i + 1)]
            else if string match -q -- "$flag=*" $words[$i]
                set -a typed $words[$i]
            end
        end
    end
    $argv[2..] $typed 2>/dev/null </dev/null
end

`

// Fish is the completion for fish.
func (p *Page) Fish() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Completion of %s for fish, made by internal/manual.\n\n%s", p.Name, fishAsk)
	if !p.Files {
		fmt.Fprintf(&b, "complete -c %s -f\n", p.Name)
	}
	for _, f := range p.visible() {
		fmt.Fprintf(&b, "complete -c %s", p.Name)
		if f.Short != "" {
			fmt.Fprintf(&b, " -s %s", f.Short)
		}
		if f.Name != "" {
			fmt.Fprintf(&b, " -l %s", f.Name)
		}
		fmt.Fprintf(&b, "%s -d %s\n", f.fishValues(), fishQuote(f.summary()))
	}
	return b.String()
}

func (f *Flag) fishValues() string {
	if q, asked := queries[f.kind()]; asked {
		return fmt.Sprintf(" -x -a %s", fishQuote("(__prism_ask '"+q.typed+"' "+q.command+")"))
	}
	switch f.kind() {
	case noValue:
		return ""
	case words:
		return " -x -a " + fishQuote(strings.Join(f.valuesOf(), " "))
	case files:
		return " -r -F"
	case folders:
		return " -x -a '(__fish_complete_directories)'"
	}
	return " -x"
}

func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
