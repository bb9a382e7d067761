package sourcetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// permissive are phrases of the licences that let PRISM be given away under its own: MIT, BSD (also
// that of Go), ISC, Apache 2.0.
var permissive = regexp.MustCompile(`Permission is hereby granted, free of charge, to any person obtaining a copy` +
	`|Redistribution and use in source and binary forms` +
	`|Permission to use, copy, modify, and/?o?r? distribute this software for any purpose` +
	`|Apache License Version 2\.0`)

// demanding are names of licences that ask more of who passes a program on.
var demanding = regexp.MustCompile(`(?i)GNU (Affero |Lesser )?General Public|Mozilla Public License|Eclipse Public License|Common Development and Distribution|Server Side Public|Business Source|All commercial use`)

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying)(\.(md|txt))?$`)

var blanks = regexp.MustCompile(`\s+`)

// TestLicences reads the licence of each module that is linked into a tool, on any of the systems
// that binaries are built for, in the cache of modules. It needs no network.
func TestLicences(t *testing.T) {
	modules := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-f", `{{with .Module}}{{.Path}} {{.Dir}}{{end}}`, "prism/cmd/...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for line := range strings.Lines(string(out)) {
			if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				modules[path] = dir
			}
		}
	}
	if len(modules) < 10 {
		t.Fatalf("only %d modules", len(modules))
	}
	for path, dir := range modules {
		if problem := judgeLicence(t, dir); problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
	}
}

// judgeLicence says what is wrong with the licence in a folder; empty: nothing.
func judgeLicence(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !licenceName.MatchString(e.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text := blanks.ReplaceAllString(string(data), " ")
		if found := demanding.FindString(text); found != "" {
			return e.Name() + " names the " + found
		}
		if permissive.MatchString(text) {
			return ""
		}
		return e.Name() + " is none that is known to be permissive"
	}
	return "there is no licence"
}

func TestJudgeLicence(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free of\ncharge, to any person obtaining a copy": "",
		"Redistribution and use in source\nand binary forms, with":                                     "",
		"                 Apache License\n           Version 2.0, January 2004":                        "",
		"GNU GENERAL PUBLIC LICENSE\nVersion 3":                                                        "LICENSE names the GNU GENERAL PUBLIC",
		"Mozilla Public License Version 2.0":                                                           "LICENSE names the Mozilla Public License",
		"All rights reserved.":                                                                         "LICENSE is none that is known to be permissive",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := judgeLicence(t, dir); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := judgeLicence(t, t.TempDir()); got != "there is no licence" {
		t.Error(got)
	}
}
