package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// flagsFirst moves the arguments that are no flags behind those that are, so that
// `tool a.csv --quiet b.csv` works: kong ends a list of arguments at a flag. What
// follows -- stays as it is.
func flagsFirst(app *kong.Application, args []string) []string {
	takes := map[string]bool{} // flag as typed: whether it takes a value of its own
	for _, group := range app.AllFlags(true) {
		for _, f := range group {
			value := !f.IsBool() && !f.IsCounter()
			takes["--"+f.Name] = value
			if f.Short != 0 {
				takes["-"+string(f.Short)] = value
			}
		}
	}
	var flags, others []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			others = append(others, args[i+1:]...)
			i = len(args)
		case a == "-" || !strings.HasPrefix(a, "-") || isNegativeNumber(a):
			others = append(others, a)
		case takes[a] && i+1 < len(args):
			flags = append(flags, a, args[i+1])
			i++
		default:
			flags = append(flags, a)
		}
	}
	if len(others) == 0 {
		return flags
	}
	return append(append(flags, "--"), others...)
}

func isNegativeNumber(s string) bool { return len(s) > 1 && strings.Trim(s[1:], "0123456789") == "" }
