// Package manual makes man pages, and completions for bash, zsh and fish, of a program
// from the description of its flags. The tools describe themselves by their grammars; the
// usage text of a script is read. It knows neither programs nor shells that run.
package manual

import (
	"slices"
	"strings"
)

// Page describes a program.
type Page struct {
	Name        string    `json:"name"`  // as typed
	Usage       []string  `json:"usage"` // ways to call it, with its name
	Description string    `json:"-"`
	Flags       []Flag    `json:"flags"`
	Files       bool      `json:"files"` // whether its arguments are files
	Sections    []Section `json:"-"`     // what else there is to say, in order
}

// Section is a text under a heading.
type Section struct{ Title, Text string }

// Flag is one flag of a program.
type Flag struct {
	Name   string   `json:"name,omitempty"`  // without dashes; empty: it has a letter alone
	Short  string   `json:"short,omitempty"` // a letter
	Value  string   `json:"value,omitempty"` // what stands for its value; empty: a switch
	Values []string `json:"values,omitempty"`
	Help   string   `json:"help"`
	Env    []string `json:"env,omitempty"`
	Group  string   `json:"group,omitempty"` // heading; empty: none
	Hidden bool     `json:"hidden,omitempty"`
}

// kind is where the values of a flag are looked up.
type kind int

const (
	noValue  kind = iota // it is a switch
	anything             // a number, a name: nothing to offer
	words                // Values
	files
	folders
	models // of the server
	runs   // of the folder of status files
	labels // of the files of --manifest
)

// formats are the values of flags for which FORMAT stands, unless their grammar lists others.
var formats = []string{"csv", "tsv", "jsonl"}

// valuesOf lists the words that a flag takes, if it takes no others.
func (f *Flag) valuesOf() []string {
	if len(f.Values) == 0 && f.Value == "FORMAT" {
		return formats
	}
	return f.Values
}

// kind is told by what stands for the value, and by the name of the flag.
func (f *Flag) kind() kind {
	switch {
	case f.Value == "":
		return noValue
	case len(f.valuesOf()) > 0:
		return words
	case f.Value == "DIR":
		return folders
	case strings.Contains(f.Value, "FILE") || strings.Contains(f.Value, ".") || slices.Contains([]string{"INPUT", "RESULT", "GOLD"}, f.Value):
		return files
	case f.Name == "model" || f.Name == "models":
		return models
	case f.Name == "run-id":
		return runs
	case f.Value == "LABEL":
		return labels
	}
	return anything
}

// names are the forms of a flag as typed, the letter first.
func (f *Flag) names() []string {
	var names []string
	if f.Short != "" {
		names = append(names, "-"+f.Short)
	}
	if f.Name != "" {
		names = append(names, "--"+f.Name)
	}
	return names
}

// summary is the first sentence or clause of the help, for a line of a terminal.
func (f *Flag) summary() string {
	text := f.Help
	for _, end := range []string{". ", "; ", ": ", " [", " ("} {
		text, _, _ = strings.Cut(text, end)
	}
	return strings.TrimRight(text, ".:;")
}

// summary is the first sentence of the description.
func (p *Page) summary() string {
	text, _, _ := strings.Cut(strings.Join(strings.Fields(p.Description), " "), ". ")
	return strings.TrimSuffix(text, ".")
}

// visible are the flags that people see, those of a group beside each other.
func (p *Page) visible() []Flag {
	flags := slices.DeleteFunc(slices.Clone(p.Flags), func(f Flag) bool { return f.Hidden })
	place := func(f Flag) int {
		return slices.IndexFunc(p.Flags, func(first Flag) bool { return first.Group == f.Group })
	}
	slices.SortStableFunc(flags, func(a, b Flag) int { return place(a) - place(b) })
	return flags
}
