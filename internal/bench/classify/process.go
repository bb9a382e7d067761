package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// server is a fake server at work.
type server struct {
	url string
	cmd *exec.Cmd
}

// serve starts a fake server that knows the labels of the prompt schema.
func (c *config) serve(flags ...string) (*server, error) {
	labels, err := c.labels()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.fake, append([]string{"--labels", labels}, flags...)...)
	cmd.Stderr = c.errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the fake server does not start: %w", errors.Join(err, cmd.Wait()))
	}
	return &server{url: strings.TrimSpace(url), cmd: cmd}, nil
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	s.cmd.Wait()
}

func (c *config) labels() (string, error) {
	data, err := os.ReadFile(c.prompts)
	if err != nil {
		return "", err
	}
	schema, err := prompt.Parse(data, c.prompts)
	if err != nil {
		return "", err
	}
	var columns []string
	for _, col := range schema.Columns {
		text := col.Name
		if col.Labels != nil {
			text += "=" + strings.Join(col.Labels, "|")
		}
		columns = append(columns, text)
	}
	return strings.Join(columns, ","), nil
}

// table returns a table of so many made rows, written once.
func (c *config) table(rows int) (string, error) {
	path := filepath.Join(c.dir, fmt.Sprintf("rows_%d.csv", rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return "", err
	}
	err = errors.Join(ollamatest.WriteCSV(f, 1, rows), f.Close())
	if err != nil {
		return "", err
	}
	return path, os.Rename(path+".tmp", path)
}

// process is a prism-classify at work.
type process struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	began  time.Time
	dir    string // of all its files
}

// start labels input in a folder of its own, a new one each time: on some file
// systems files are made slowly where others were removed a moment before.
func (c *config) start(s *server, name, input string, stderr io.Writer, flags ...string) (*process, error) {
	dir, err := os.MkdirTemp(c.work, name+"-")
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir}
	args := append([]string{
		"--model", ollamatest.DefaultModel, "--host", s.url, "--prompts-config", c.prompts, "--labels", "strict", "--run-id", "bench",
		"--checkpoint-dir", "cp", "-o", "out.csv",
	}, flags...)
	p.cmd = exec.Command(filepath.Join(c.bin, "prism-classify"), append(args, input)...)
	p.cmd.Dir = p.dir
	if p.cmd.Stderr = stderr; stderr == nil {
		p.cmd.Stderr = &p.stderr
	}
	p.began = time.Now()
	return p, p.cmd.Start()
}

// logged are the flags that make it write its status and logs.
func logged(more ...string) []string {
	return append([]string{"--status-dir", "status", "--logs-dir", "logs"}, more...)
}

// wait waits for the end, which must be a good one, and returns what it took.
func (p *process) wait() (wall, cpu time.Duration, err error) {
	err = p.cmd.Wait()
	wall = time.Since(p.began)
	cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, p.stderr.String())
	}
	return wall, cpu, err
}

// label runs a whole job.
func (c *config) label(s *server, name, input string, flags ...string) (wall, cpu time.Duration, err error) {
	p, err := c.start(s, name, input, nil, flags...)
	if err != nil {
		return 0, 0, err
	}
	return p.wait()
}

func rowRange(first, last int) []string {
	return []string{"--row-start", strconv.Itoa(first), "--row-end", strconv.Itoa(last)}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
