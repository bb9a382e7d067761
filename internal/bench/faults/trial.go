package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"prism/internal/testutil/ollamatest"
)

// trial is one tool with one fault.
type trial struct {
	config   *config
	tool     tool
	fault    fault
	work     string // folder where the tool runs
	input    string
	versions [][]ollamatest.Row // of the table: as it was at the start, and after an edit
	srv      *ollamatest.Server
	cmd      *exec.Cmd
}

// killed is the exit code that shells tell of a killed command.
const killed = 137

// outcome is what a trial showed.
type outcome struct {
	verdict
	repeated int   // how often a row was asked for after a good answer
	codes    []int // exit codes of the command, which is given again if the first one is not 0
}

// try puts a fault on a tool in a new folder.
func (c *config) try(f fault, t tool) (outcome, error) {
	if f.onDisk && t.isLarge {
		return outcome{}, fmt.Errorf("%w: its files do not fit the small disk", errLeftOut)
	}
	dir, err := os.MkdirTemp(c.dir, "trial-")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(dir)
	r := &trial{config: c, tool: t, fault: f, work: filepath.Join(dir, "work"), input: filepath.Join(dir, "in.jsonl")}
	if err := os.Mkdir(r.work, 0o777); err != nil {
		return outcome{}, err
	}
	if f.onDisk {
		unmount, err := mountDisk(r.work)
		if err != nil {
			return outcome{}, err
		}
		defer unmount()
	}
	if err := os.Mkdir(filepath.Join(r.work, "tmp"), 0o777); err != nil {
		return outcome{}, err
	}
	return r.runCommands()
}

// runCommands runs the command, and once more if it does not end with exit code 0.
func (t *trial) runCommands() (outcome, error) {
	table := make([]ollamatest.Row, t.config.rows)
	for i := range table {
		table[i] = ollamatest.MakeRow(i + 1)
		table[i].Sentiment = ""
	}
	if t.fault.prepare != nil {
		t.fault.prepare(table)
	}
	t.versions = [][]ollamatest.Row{table}
	if err := os.WriteFile(t.input, encodeTable(table), 0o666); err != nil {
		return outcome{}, err
	}
	options := append([]ollamatest.Option{
		ollamatest.Model{Name: ollamatest.DefaultModel, ContextLength: contextTokens},
		ollamatest.Latency(t.config.latency), ollamatest.Seed(t.config.seed),
	}, t.fault.server...)
	for _, column := range t.config.columns {
		options = append(options, column)
	}
	t.srv = ollamatest.New(options...)
	if err := t.srv.Listen("127.0.0.1:0"); err != nil {
		return outcome{}, err
	}
	defer t.srv.Close()
	if t.fault.strike != nil {
		t.srv.HoldAfter(t.config.rows * 3 / 4) // a tool that is fast, or a machine that is busy, does not end before it is struck
	}
	code, err := t.runCommand(t.fault.strike)
	if err == nil && t.fault.mend != nil {
		err = t.fault.mend(t)
	}
	o := outcome{codes: []int{code}}
	if err == nil && code != 0 {
		code, err = t.runCommand(nil)
		o.codes = append(o.codes, code)
	}
	if err != nil {
		return outcome{}, err
	}
	o.repeated = t.srv.Totals().Repeated
	result, err := readResult(filepath.Join(t.work, "out.jsonl"), t.config.columns)
	failed, errFailed := t.tool.failed(t.work)
	o.verdict = judgeVersions(t.versions, t.config.columns, result, failed)
	return o, errors.Join(err, errFailed)
}

// runCommand runs the tool's command to its end, with strike when half of the rows are answered,
// and returns its exit code.
func (t *trial) runCommand(strike func(*trial) error) (code int, err error) {
	log, err := os.Create(filepath.Join(filepath.Dir(t.work), "printed"))
	if err != nil {
		return 0, err
	}
	defer log.Close()
	t.cmd = t.tool.command(t.srv.URL, t.input)
	if t.cmd.Env == nil {
		t.cmd.Env = os.Environ()
	}
	t.cmd.Env = append(t.cmd.Env, "TMPDIR="+filepath.Join(t.work, "tmp"))
	t.cmd.Dir, t.cmd.Stdout, t.cmd.Stderr = t.work, log, log // a file: what outlives the command keeps no pipe open
	startGroup(t.cmd)
	if err := t.cmd.Start(); err != nil {
		return 0, err
	}
	done, struck := make(chan struct{}), make(chan error, 1)
	go func() { struck <- t.strikeHalfway(strike, done) }()
	t.cmd.Wait() // the exit code is looked at below
	close(done)
	if err := <-struck; err != nil {
		return 0, err
	}
	if t.config.verbose {
		text, err := os.ReadFile(log.Name())
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(t.config.errOut, "%s: %s\n%s", t.tool.name, t.fault.name, text)
	}
	code = t.cmd.ProcessState.ExitCode()
	if code < 0 {
		code = killed
	}
	return code, nil
}

// strikeHalfway waits until half of the rows are answered and strikes; a command that ends
// before is not struck, which is an error.
func (t *trial) strikeHalfway(strike func(*trial) error, done <-chan struct{}) error {
	if strike == nil {
		return nil
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for t.srv.Totals().Answered < t.config.rows/2 {
		select {
		case <-done:
			return errors.New("the command ended before half of the rows were answered")
		case <-tick.C:
		}
	}
	time.Sleep(t.config.latency / 2) // calls are in flight most of the time, and not just answered
	defer t.srv.Release()
	return strike(t)
}
