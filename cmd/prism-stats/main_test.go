package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/testutil/covered"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"prism-stats": covered.Command("prism-stats", main)})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PRISM_PROMPTS_CONFIG", "")
			return nil
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
