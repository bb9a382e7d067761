package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"prism/internal/bench/measure"
	"prism/internal/prompt"
)

// bench is what a measurement works with.
type bench struct {
	*config
	schema        *prompt.Schema
	gateway       *gateway
	plain, repeat labelled
}

// labelled is a table with its right labels.
type labelled struct {
	table, gold string // files
	rows        int
}

// prepare opens the gateway, makes the table with repeated rows, loads the model and writes what the peers ask.
func (c *config) prepare() (*bench, error) {
	data, err := os.ReadFile(c.prompts)
	if err != nil {
		return nil, err
	}
	b := &bench{config: c}
	if b.schema, err = prompt.Parse(data, c.prompts); err != nil {
		return nil, err
	}
	if err := b.makeTables(); err != nil {
		return nil, err
	}
	if b.gateway, err = openGateway(c.server); err != nil {
		return nil, err
	}
	if err := b.writePeerCalls(); err != nil {
		return nil, errors.Join(err, b.gateway.close())
	}
	return b, nil
}

// makeTables writes the table with repeated rows.
func (b *bench) makeTables() error {
	table, err := readRecords(b.input)
	if err != nil {
		return err
	}
	gold, err := readRecords(b.gold)
	if err != nil {
		return err
	}
	b.plain = labelled{b.input, b.config.gold, len(table) - 1}
	b.repeat = labelled{filepath.Join(b.dir, "repeats.csv"), filepath.Join(b.dir, "repeats_gold.csv"), len(table) - 1}
	manyTable, manyGold, err := repeatRows(table, gold, b.seed)
	if err != nil {
		return err
	}
	return errors.Join(writeRecords(b.repeat.table, manyTable), writeRecords(b.repeat.gold, manyGold))
}

// peerFolder is the folder of the calls with some number of rows.
func (b *bench) peerFolder(batch int) string {
	return filepath.Join(b.dir, fmt.Sprintf("calls_%d", batch))
}

// writePeerCalls lets prism-classify label the table with as many rows a call as peers have, unmeasured, and writes
// what it asked. Without peers it does so once, since it also loads the model.
func (b *bench) writePeerCalls() error {
	batches := []int{1}
	for _, p := range peers {
		if slices.Contains(b.peers, p.script) {
			batches = append(batches, p.batches...)
		}
	}
	slices.Sort(batches)
	for _, batch := range slices.Compact(batches) {
		fmt.Fprintf(b.errOut, "warming up: %d rows a call\n", batch)
		s := setting{style: prompt.Classic, batch: batch, parallel: slices.Max(b.parallels)}
		bodies, err := b.gateway.keep(func() error {
			_, err := b.label(&s, filepath.Join(b.dir, "warm.csv"))
			return err
		})
		if err != nil && batch > 1 { // the peers with as many rows a call find no folder and are left out
			fmt.Fprintf(b.errOut, "no calls of %d rows: %v\n", batch, err)
			continue
		}
		if err != nil {
			return err
		}
		calls, err := readCalls(bodies)
		if err != nil {
			return err
		}
		if err := calls.write(b.peerFolder(batch)); err != nil {
			return err
		}
	}
	b.gateway.takeUsage()
	return nil
}

// result is a setting with the figures of its rounds.
type result struct {
	setting
	runs []figures
}

// measureRounds measures every setting once a round. Each round begins with another one. A setting that labels
// nothing is left out, with the reason: a small model may be unable to answer fifteen rows at once. It is an error if
// prism-classify labels with none.
func (b *bench) measureRounds(settings []setting) (results []result, failed []string, err error) {
	for _, s := range settings {
		results = append(results, result{setting: s})
	}
	for round := range b.rounds {
		for i := range results {
			r := &results[(round+i)%len(results)]
			if round > 0 && len(r.runs) == 0 {
				continue
			}
			f, err := b.measure(&r.setting)
			if err != nil {
				fmt.Fprintf(b.errOut, "LEFT OUT: %s: %v\n", r, err)
				failed = append(failed, fmt.Sprintf("%s: %s", r, firstLine(err)))
				r.runs = nil
				continue
			}
			r.runs = append(r.runs, f)
			fmt.Fprintf(b.errOut, "round %d of %d: %s: %.1f rows/s\n", round+1, b.rounds, r, f.rowsPerSec)
		}
	}
	results = slices.DeleteFunc(results, func(r result) bool { return len(r.runs) == 0 })
	if !slices.ContainsFunc(results, func(r result) bool { return r.isGrid() }) {
		return nil, nil, fmt.Errorf("prism-classify labels nothing: %s", strings.Join(failed, "; "))
	}
	return results, failed, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// measure labels the table of a setting once.
func (b *bench) measure(s *setting) (figures, error) {
	data := b.plain
	if s.repeats {
		data = b.repeat
	}
	out := filepath.Join(b.dir, "out.csv")
	b.gateway.takeUsage()
	sample, err := b.label(s, out)
	if err != nil {
		return figures{}, err
	}
	used := b.gateway.takeUsage()
	records, err := readRecords(out)
	if err != nil {
		return figures{}, fmt.Errorf("no row is labelled: %w", err)
	}
	columns, err := b.readAccuracy(data.gold, out)
	if err != nil {
		return figures{}, err
	}
	n := len(records) - 1
	return figures{
		rowsPerSec: float64(n) / sample.Wall.Seconds(), generated: float64(used.generated) / float64(n), prompt: float64(used.prompt) / float64(n),
		cpu: sample.CPU.Seconds() / float64(n), missing: data.rows - n, columns: columns,
	}, nil
}

// label labels the table of a setting into a file.
func (b *bench) label(s *setting, out string) (measure.Sample, error) {
	if s.peer != nil {
		return b.labelByPeer(s, out)
	}
	table := b.plain.table
	if s.repeats {
		table = b.repeat.table
	}
	args := []string{"--quiet", "--model", b.model, "--host", b.gateway.url, "--prompts-config", b.prompts, "--labels", "strict", "--prompt-style", string(s.style),
		"--batch-size", strconv.Itoa(s.batch), "--parallel", strconv.Itoa(s.parallel), "-o", out, table}
	if s.cache {
		folder := filepath.Join(b.dir, "cache")
		if err := os.RemoveAll(folder); err != nil {
			return measure.Sample{}, err
		}
		args = append([]string{"--cache", folder}, args...)
	}
	if err := os.RemoveAll(out); err != nil {
		return measure.Sample{}, err
	}
	cmd := exec.Command(filepath.Join(b.bin, "prism-classify"), args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PRISM_") })
	sample, _, err := runMeasured(cmd, 3) // some rows failed: the table says how many
	return sample, err
}

// labelByPeer lets a peer make the calls, then makes the table of its replies, which is not measured.
func (b *bench) labelByPeer(s *setting, out string) (measure.Sample, error) {
	replies, err := os.Create(filepath.Join(b.dir, "replies.jsonl"))
	if err != nil {
		return measure.Sample{}, err
	}
	defer replies.Close()
	cmd := exec.Command(filepath.Join(b.scripts, s.peer.script), b.peerFolder(s.batch))
	cmd.Stdout = replies
	cmd.Env = append(os.Environ(), "OLLAMA_HOST="+b.gateway.url, "IN_FLIGHT="+strconv.Itoa(s.parallel), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	sample, said, err := runMeasured(cmd, 0)
	if err != nil {
		return sample, err
	}
	if _, err := replies.Seek(0, io.SeekStart); err != nil {
		return sample, err
	}
	table, err := os.Create(out)
	if err != nil {
		return sample, err
	}
	rows, err := convertReplies(replies, b.schema.InStyle(prompt.Classic), table)
	if err == nil && rows == 0 {
		err = fmt.Errorf("no reply has a valid row: %s", said)
	}
	return sample, errors.Join(err, table.Close())
}

// runMeasured runs a program that may end with exit code 0 or another one. It returns what it said on stderr, too.
func runMeasured(cmd *exec.Cmd, orCode int) (sample measure.Sample, said string, err error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err = cmd.Run()
	said = cmp.Or(strings.TrimSpace(stderr.String()), "it said nothing")
	if cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() != orCode {
		return sample, said, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, said)
	}
	return measure.Finished(began, cmd.ProcessState), said, nil
}
