package systemtest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/testutil/ollamatest"
)

// bin is the folder of the binaries under test: PRISM_TEST_BIN, else they are built.
var bin string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// toolVariables are the environment variables that the tools read, without
// PRISM_. They are removed, so that the environment of the person who runs the
// tests does not change the results.
var toolVariables = []string{"MODEL", "HOST", "PROMPTS_CONFIG", "BATCH_SIZE", "PARALLEL", "OUTPUT_DIR", "CHECKPOINT_DIR", "STATUS_DIR", "LOGS_DIR", "MEMORY", "GROUP_READABLE"}

func runTests(m *testing.M) int {
	for _, name := range toolVariables {
		if err := os.Unsetenv("PRISM_" + name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // else workers would ignore it where the tests run under nohup
	bin = os.Getenv("PRISM_TEST_BIN")
	var err error
	if bin == "" {
		bin, err = os.MkdirTemp("", "prism-bin-")
		if err == nil {
			defer os.RemoveAll(bin)
			err = buildTools(bin)
		}
	}
	if err == nil {
		err = runMoreAtATime()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// runMoreAtATime runs more tests in parallel than there are cores, unless -parallel says how
// many: they mostly wait for processes that wait for a server.
func runMoreAtATime() error {
	flag.Parse()
	isSet := false
	flag.Visit(func(f *flag.Flag) { isSet = isSet || f.Name == "test.parallel" })
	if isSet {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
}

func buildTools(dir string) error {
	out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", dir, "prism/cmd/...").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the tools: %w\n%s", err, out)
	}
	return nil
}

// TestFake runs the scripts against fake servers, which they start.
func TestFake(t *testing.T) {
	testscript.Run(t, scriptParams("testdata/fake", "127.0.0.1:1", "fake"))
}

// TestReal runs the scripts against the real server.
func TestReal(t *testing.T) {
	testscript.Run(t, scriptParams("testdata/real", realHost(t), realModel))
}

// TestEngines runs the scripts that start workers with other programs' servers, of which each script
// starts its own.
func TestEngines(t *testing.T) {
	if os.Getenv("PRISM_TEST_ENGINES") == "" {
		t.Skip("make test-engines starts OpenSSH and Slurm for this test")
	}
	testscript.Run(t, scriptParams("testdata/engines", "127.0.0.1:1", "fake"))
}

// TestWindows runs the scripts on Windows binaries, which run under Wine.
func TestWindows(t *testing.T) {
	if os.Getenv("PRISM_TEST_WINDOWS") == "" {
		t.Skip("make check-windows builds the Windows binaries for this test")
	}
	testscript.Run(t, scriptParams("testdata/windows", "127.0.0.1:1", "fake"))
}

const realModel = "prism-tiny"

func realHost(t *testing.T) string {
	t.Helper()
	host := os.Getenv("PRISM_TEST_OLLAMA")
	if host == "" {
		t.Skip("PRISM_TEST_OLLAMA names no real Ollama server; make test starts one")
	}
	return host
}

// serverKey is the key under which a script's fake server is kept in its values.
type serverKey struct{}

func scriptParams(dir, host, model string) testscript.Params {
	examples, err := filepath.Abs("../../../examples/feedback")
	if err != nil {
		panic(err)
	}
	scripts, err := filepath.Abs("../../../scripts")
	if err != nil {
		panic(err)
	}
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			list := string(os.PathListSeparator)
			env.Setenv("PATH", bin+list+scripts+list+env.Getenv("PATH"))
			env.Setenv("OLLAMA_HOST", host)
			env.Setenv("MODEL", model)
			env.Setenv("EXAMPLES", examples)
			env.Setenv("P", filepath.Join(examples, "prompt.json"))
			env.Values[serverKey{}] = new(*ollamatest.Server)
			env.Values[proxyKey{}] = new(*scriptProxy)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "long" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Getenv("PRISM_TEST_LONG") != "", nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fake":         cmdFake,
			"release":      cmdRelease,
			"answer":       cmdAnswer,
			"auth":         cmdAuth,
			"proxy":        cmdProxy,
			"proxied":      cmdProxied,
			"rows":         cmdRows,
			"labelled":     cmdLabelled,
			"confident":    cmdConfident,
			"orders":       cmdOrders,
			"complete":     cmdComplete,
			"sent":         cmdSent,
			"listed":       cmdListed,
			"valid":        cmdValid,
			"head":         cmdHead,
			"code":         cmdCode,
			"await":        cmdAwait,
			"signal":       cmdSignal,
			"server":       cmdServer,
			"terminal":     cmdTerminal,
			"gold":         cmdGold,
			"examples":     cmdExamples,
			"lessaccurate": cmdLessAccurate,
			"knowing":      cmdKnowing,
			"manual":       cmdManual,
			"truth":        cmdTruth,
			"workbook":     cmdWorkbook,
		},
	}
}
