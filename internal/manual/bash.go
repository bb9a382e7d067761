package manual

import (
	"fmt"
	"strings"
)

// bashScript completes without other files, also in bash 3.2. Words from outside, such as
// the names of models, are never expanded. Where it has nothing to offer, the shell offers
// files. Of a word with = or : the shell replaces what follows the last of these alone.
const bashScript = `# Completion of NAME for bash, made by internal/manual.
FUNCTION() {
  local line=${COMP_LINE:0:COMP_POINT} cur prev words='' word left
  cur=${line##*[[:space:]]}
  prev=${line%"$cur"}
  prev=${prev%"${prev##*[![:space:]]}"}
  prev=${prev##*[[:space:]]}
  case $cur in --*=*) prev=${cur%%=*} cur=${cur#*=} ;; esac
  case $prev in
CASES    *) [ "${cur:0:1}" != - ] || words='LISTED' ;;
  esac
  left=''
  if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then
    left=${cur%"${cur##*:}"}
  fi
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ -n $word && $word == "$cur"* ]]; then
      printf -v word %q "${word#"$left"}"
      COMPREPLY+=("$word")
    fi
  done <<<"$words"
}

# FUNCTION_typed prints flag and value of those flags that are typed already.
FUNCTION_typed() { # FLAG…
  local flag
  for flag in "$@"; do
    if [[ $line =~ [[:space:]]$flag[=[:space:]]+([^[:space:]]+)[[:space:]] ]]; then
      printf '%s\n' "$flag=${BASH_REMATCH[1]}"
    fi
  done
}

# FUNCTION_ask prints what a tool prints, or nothing.
FUNCTION_ask() { # FLAGS TOOL ARGUMENT…
  local typed=() value
  while IFS= read -r value; do
    [ -z "$value" ] || typed+=("$value")
  done <<<"$(FUNCTION_typed $1)"
  "${@:2}" ${typed[@]+"${typed[@]}"} 2>/dev/null </dev/null
}

complete -o default -F FUNCTION NAME
`

// query is how a tool is asked for values: the flags that are passed on where they are typed,
// and the command.
type query struct{ typed, command string }

var queries = map[kind]query{
	models: {"--host --api", "prism-classify --list-models --timeout=2s --quiet"},
	runs:   {"--status-dir", "prism-status --list=runs --quiet"},
	labels: {"--manifest", "prism-status --list=labels --quiet"},
}

// Bash is the completion for bash.
func (p *Page) Bash() string {
	var cases, flags strings.Builder
	function := "_" + strings.ReplaceAll(p.Name, "-", "_")
	for _, f := range p.visible() {
		names := f.names()
		flags.WriteString("\n" + names[len(names)-1])
		if f.kind() == noValue {
			continue
		}
		offer := ""
		if q, asked := queries[f.kind()]; asked {
			offer = fmt.Sprintf(" words=$(%s_ask '%s' %s)", function, q.typed, q.command)
		} else if values := f.valuesOf(); f.kind() == words {
			offer = " words='" + strings.Join(values, "\n") + "'"
		}
		fmt.Fprintf(&cases, "    %s)%s ;;\n", strings.Join(names, " | "), offer)
	}
	return strings.NewReplacer("FUNCTION", function, "NAME", p.Name, "CASES", cases.String(), "LISTED", flags.String()[1:]).Replace(bashScript)
}
