package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type grammar struct {
	Files  []string `arg:"" optional:""`
	Out    string   `short:"o"`
	Wait   Duration
	Big    Size
	On     bool `short:"n"`
	Start  int64
	Ratio  float64  `min:"0" max:"10"`
	Calls  int      `min:"1" max:"64" env:"TOOL_CALLS"`
	Least  Size     `min:"1MiB" max:"1GiB"`
	Pause  Duration `min:"1s" max:"24h"`
	Rows   *int64   `min:"1"`
	Title  string   `filled:""`
	Titles []string `filled:"" sep:","`
	Common
}

func main(args []string, run func(g *grammar, std Std) error) (code int, out, errOut string) {
	var g grammar
	var o, e bytes.Buffer
	code = Main(Command{Name: "tool", Manual: Manual{Purpose: "Does it."}, Grammar: &g, Run: func(_ context.Context, std Std) error {
		return run(&g, std)
	}}, args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestArgumentsInAnyOrder(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		files []string
		out   string
		on    bool
	}{
		{"flags between", []string{"a", "-o", "x", "b", "--on", "c"}, []string{"a", "b", "c"}, "x", true},
		{"flags joined", []string{"a", "-ox", "b", "--out=y"}, []string{"a", "b"}, "y", false},
		{"stdin", []string{"-", "--on", "b"}, []string{"-", "b"}, "", true},
		{"after --", []string{"--on", "--", "-o", "--x"}, []string{"-o", "--x"}, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, errOut := main(tt.args, func(g *grammar, _ Std) error {
				if diff := cmp.Diff([]any{g.Files, g.Out, g.On}, []any{tt.files, tt.out, tt.on}); diff != "" {
					return errors.New(diff)
				}
				return nil
			})
			if code != OK {
				t.Errorf("code %d: %s", code, errOut)
			}
		})
	}
}

func TestExitCodesAndMessages(t *testing.T) {
	tests := []struct {
		name string
		args []string
		err  error
		code int
		want string // on stderr
	}{
		{"done", nil, nil, OK, ""},
		{"failed", nil, io.ErrUnexpectedEOF, Failed, "error: unexpected EOF\n"},
		{"hint", nil, Fail(Unreachable, errors.New("no server"), "start it"), Unreachable, "error: no server\nhint: start it\n"},
		{"wrapped", nil, fmt.Errorf("merge: %w", Usagef("%q is odd", "x")), Usage, "error: merge: \"x\" is odd\n"},
		{"several", nil, errors.Join(errors.New("a:1: x"), errors.New("a:2: y")), Failed, "error: a:1: x\nerror: a:2: y\n"},
		{"temporary file", nil, fmt.Errorf("sort: %w", &fs.PathError{Op: "write", Path: filepath.Join(os.TempDir(), "prism-sort-7.tmp"), Err: errors.New("full")}), Failed,
			"error: sort: write " + filepath.Join(os.TempDir(), "prism-sort-7.tmp") + ": full\nhint: TMPDIR names another folder for temporary files\n"},
		{"said already", nil, Fail(Partial, nil, ""), Partial, ""},
		{"unknown flag", []string{"--nope"}, nil, Usage, "error: unknown flag --nope\nhint: tool --help lists the flags\n"},
		{"bad duration", []string{"--wait", "soon"}, nil, Usage, "error: --wait: invalid duration \"soon\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, got := main(tt.args, func(*grammar, Std) error { return tt.err })
			if code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("stderr %q, want %q", got, tt.want)
			}
		})
	}
}

func TestQuietLeavesErrors(t *testing.T) {
	code, _, got := main([]string{"--quiet"}, func(_ *grammar, std Std) error {
		std.Infof("hello")
		std.Warnf("careful")
		return errors.New("broken")
	})
	if code != Failed || got != "error: broken\n" {
		t.Errorf("code %d, stderr %q", code, got)
	}
}

func TestHelpAndVersion(t *testing.T) {
	never := func(*grammar, Std) error { t.Error("the command ran"); return nil }
	code, out, _ := main([]string{"--help"}, never)
	if code != OK || !strings.Contains(out, "Does it.") || !strings.Contains(out, "Exit codes:") {
		t.Errorf("code %d, help %q", code, out)
	}
	code, out, _ = main([]string{"--version"}, never)
	if code != OK || !strings.HasPrefix(out, "tool ") {
		t.Errorf("code %d, version %q", code, out)
	}
}

func TestLimitsOfFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--calls 64 --ratio 10 --least 1MiB --pause 24h --rows 1": "",
		"--title x --titles a,b":                                  "",
		"--title= --titles=a,":                                    "error: --title: must not be empty\n",
		"--titles=a,,b":                                           "error: --titles: must not be empty\n",
		"--titles= --title=\t":                                    "error: --title: must not be empty\nerror: --titles: must not be empty\n",
		"--calls 1000000000":                                      "error: --calls 1000000000: want at most 64\n",
		"--calls 0":                                               "error: --calls 0: want at least 1\n",
		"--ratio NaN":                                             "error: --ratio NaN: want a number from 0 to 10\n",
		"--ratio Inf":                                             "error: --ratio +Inf: want at most 10\n",
		"--least 2GiB":                                            "error: --least 2048MiB: want at most 1GiB\n",
		"--pause 0":                                               "error: --pause 0s: want at least 1s\n",
		"--rows=-1":                                               "error: --rows -1: want at least 1\n",
		"--pause 25h --calls 65":                                  "error: --calls 65: want at most 64\nerror: --pause 25h0m0s: want at most 24h\n",
	} {
		code, _, got := main(strings.Fields(args), func(*grammar, Std) error { return nil })
		if got != want || (code == Usage) != (want != "") {
			t.Errorf("%s: code %d, %q, want %q", args, code, got, want)
		}
	}
	t.Setenv("TOOL_CALLS", "99")
	if code, _, got := main(nil, func(*grammar, Std) error { return nil }); code != Usage || got != "error: --calls 99: want at most 64\n" {
		t.Errorf("environment: code %d, %q", code, got)
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		in   string
		want time.Duration
		bad  bool
	}{
		{"250ms", 250 * time.Millisecond, false}, {"5s", 5 * time.Second, false}, {"5", 5 * time.Second, false},
		{"0.5", 500 * time.Millisecond, false}, {"0", 0, false}, {"-1s", 0, true}, {"soon", 0, true}, {"NaN", 0, true},
		{"1e300", 0, true}, {"", 0, true},
	}
	for _, tt := range tests {
		var d Duration
		err := d.UnmarshalText([]byte(tt.in))
		if (err != nil) != tt.bad || time.Duration(d) != tt.want {
			t.Errorf("%q: %v, %v", tt.in, time.Duration(d), err)
		}
	}
}

func TestSize(t *testing.T) {
	tests := []struct {
		in   string
		want int64
		bad  bool
	}{
		{"256MiB", 256 << 20, false}, {"1GB", 1e9, false}, {"1.5KiB", 1536, false}, {"100", 100, false}, {"64m", 64 << 20, false},
		{" 2 GiB ", 2 << 30, false}, {"-1", 0, true}, {"much", 0, true}, {"1e30", 0, true}, {"", 0, true},
	}
	for _, tt := range tests {
		var s Size
		err := s.UnmarshalText([]byte(tt.in))
		if (err != nil) != tt.bad || int64(s) != tt.want {
			t.Errorf("%q: %d, %v", tt.in, int64(s), err)
		}
	}
}

func TestFlagsThatGoTogether(t *testing.T) {
	typed := map[string]bool{"rows": true, "output": true, "o": true}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"one is missing", RequireFlag(typed, "--select", "o", "rows", "draw"), "-o requires --select\n--rows requires --select"},
		{"two exclude each other", RefuseBeside(typed, "--job", "see the job file", "rows"), "--rows cannot be combined with --job"},
		{"none was typed", RefuseBeside(typed, "--job", "", "draw"), ""},
	} {
		got := ""
		if c.err != nil {
			got = c.err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
