package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/testutil/covered"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"prism-merge": covered.Command("prism-merge", main)})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir+"/tmp")
			return os.Mkdir(e.WorkDir+"/tmp", 0o777)
		},
	})
}
