package cli

import (
	"errors"
	"fmt"
	"math"
	"prism/internal/term"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Duration is a flag's time span: Go's form (250ms, 5s) or a bare number of seconds.
type Duration time.Duration

// UnmarshalText reads what term.ParseDuration takes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := term.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes Go's form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string { return time.Duration(d).String() }

// Size is a flag's number of bytes: 256MiB, 1GB or a bare number of bytes.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}, {"b", 1},
}

// UnmarshalText reads a size of at least 0 bytes.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.ToLower(strings.TrimSpace(string(text))), int64(1)
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || v < 0 || math.IsNaN(v) || v*float64(unit) >= math.MaxInt64 {
		return fmt.Errorf("invalid size %q (want 256MiB, 1GiB or a number of bytes)", text)
	}
	*s = Size(v * float64(unit))
	return nil
}

// MarshalText writes what String returns.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String is a whole number of MiB, or else of bytes.
func (s Size) String() string {
	if s > 0 && s%(1<<20) == 0 {
		return fmt.Sprintf("%dMiB", int64(s)>>20)
	}
	return strconv.FormatInt(int64(s), 10)
}

// ExplicitFlags names the flags that are on the command line itself, not in the
// environment, with one letter (o) also those of one: for a kong AfterApply hook.
func ExplicitFlags(ctx *kong.Context) map[string]bool {
	typed := map[string]bool{}
	for _, p := range ctx.Path {
		if p.Flag != nil {
			typed[p.Flag.Name] = true
			if p.Flag.Short != 0 {
				typed[string(p.Flag.Short)] = true
			}
		}
	}
	return typed
}

// RequireFlag returns an error for each of flags that was typed: it requires another one, needed, which was not.
func RequireFlag(typed map[string]bool, needed string, flags ...string) error {
	return refuseFlags(typed, flags, "requires "+needed, "")
}

// RefuseBeside returns an error for each of flags that was typed: it cannot be combined with other.
// hint says what to do instead; it may be empty.
func RefuseBeside(typed map[string]bool, other, hint string, flags ...string) error {
	return refuseFlags(typed, flags, "cannot be combined with "+other, hint)
}

func refuseFlags(typed map[string]bool, flags []string, why, hint string) error {
	var errs []error
	for _, flag := range flags {
		dashes := "--"
		if len(flag) == 1 {
			dashes = "-"
		}
		if typed[flag] {
			errs = append(errs, errors.New(dashes+flag+" "+why))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return Fail(Usage, errors.Join(errs...), hint)
}

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
