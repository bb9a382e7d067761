package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"prism/internal/manual"
)

// describeFlag prints the grammar as JSON, of which internal/manual makes man pages and
// completions, and ends the command.
type describeFlag bool

// BeforeReset runs before values are checked.
func (describeFlag) BeforeReset(app *kong.Kong) error {
	e := json.NewEncoder(app.Stdout)
	e.SetEscapeHTML(false)
	if err := e.Encode(describe(app.Model)); err != nil {
		return err
	}
	app.Exit(OK)
	return nil
}

func describe(app *kong.Application) *manual.Page {
	p := &manual.Page{Name: app.Name, Usage: []string{strings.TrimSpace(app.Summary())}, Files: len(app.Positional) > 0}
	for _, flags := range app.AllFlags(false) {
		for _, f := range flags {
			p.Flags = append(p.Flags, describeOne(f))
		}
	}
	return p
}

func describeOne(f *kong.Flag) manual.Flag {
	m := manual.Flag{Name: f.Name, Help: f.Help, Env: f.Envs, Hidden: f.Hidden}
	if f.Short != 0 {
		m.Short = string(f.Short)
	}
	if f.Group != nil {
		m.Group = strings.TrimSuffix(f.Group.Title, ":")
	}
	if f.IsBool() || f.IsCounter() {
		return m
	}
	m.Value = f.PlaceHolder
	if m.Value == "" { // the last word of its name
		m.Value = strings.ToUpper(f.Name[strings.LastIndex(f.Name, "-")+1:])
	}
	if f.Enum != "" {
		m.Values = slices.DeleteFunc(f.EnumSlice(), func(v string) bool { return v == "" })
	}
	return m
}
