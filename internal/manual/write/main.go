// Write makes the man pages and the completions of programs, by what they print by --help;
// the flags of tools by their grammar, which --describe prints.
//
//	write [--version V] [--date 2006-01-02] FOLDER PROGRAM…
//
// It writes FOLDER/man1/NAME.1, FOLDER/bash/NAME, FOLDER/zsh/_NAME and FOLDER/fish/NAME.fish.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"prism/internal/manual"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("write", flag.ContinueOnError)
	flags.SetOutput(stderr)
	version := flags.String("version", "", "version of the programs")
	date := flags.String("date", "", "date of the version")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() < 2 {
		fmt.Fprintln(stderr, "usage: write [--version V] [--date DATE] FOLDER PROGRAM…")
		return 2
	}
	if err := writeAll(flags.Arg(0), flags.Args()[1:], *version, *date); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

func writeAll(folder string, programs []string, version, date string) error {
	pages, names := make([]*manual.Page, len(programs)), make([]string, len(programs))
	for i, program := range programs {
		p, err := describe(program)
		if err != nil {
			return err
		}
		pages[i], names[i] = p, p.Name
	}
	for _, p := range pages {
		for name, text := range map[string]string{
			"man1/" + p.Name + ".1":    p.Man(version, date, names),
			"bash/" + p.Name:           p.Bash(),
			"zsh/_" + p.Name:           p.Zsh(),
			"fish/" + p.Name + ".fish": p.Fish(),
		} {
			path := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// describe asks a program for its flags.
func describe(program string) (*manual.Page, error) {
	name := filepath.Base(program)
	start := make([]byte, 2)
	f, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Read(start); err != nil {
		return nil, fmt.Errorf("read %s: %w", program, err)
	}
	help, err := exec.Command(program, "--help").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --help: %w", program, err)
	}
	if string(start) == "#!" {
		return manual.ParseUsage(name, string(help))
	}
	text, err := exec.Command(program, "--describe").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --describe: %w", program, err)
	}
	p := new(manual.Page)
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("%s --describe: %w", program, err)
	}
	p.ReadHelp(string(help))
	return p, nil
}
