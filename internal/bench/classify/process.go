package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"prism/internal/bench/measure"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// fakeServer is a running fake server.
type fakeServer struct {
	url string
	cmd *exec.Cmd
}

// startServer starts a fake server that knows the labels of the prompt schema.
func (c *config) startServer(flags ...string) (*fakeServer, error) {
	labels, err := c.labelFlag()
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
		return nil, fmt.Errorf("start the fake server: %w", errors.Join(err, cmd.Wait()))
	}
	return &fakeServer{url: strings.TrimSpace(url), cmd: cmd}, nil
}

func (s *fakeServer) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended
	s.cmd.Wait()
}

// labelFlag returns the fake server's --labels for the prompt schema.
func (c *config) labelFlag() (string, error) {
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

// makeTable returns the path of a table of generated rows, which is written once.
func (c *config) makeTable(rows int) (string, error) {
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

// classifier is a running prism-classify.
type classifier struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	began  time.Time
	dir    string // of all its files
}

// startClassify starts prism-classify on input in a folder of its own, with stderr
// kept if it is nil. Each process gets a new folder, because some file systems
// create files slowly where others were removed a moment before.
func (c *config) startClassify(s *fakeServer, name, input string, stderr io.Writer, flags ...string) (*classifier, error) {
	dir, err := os.MkdirTemp(c.work, name+"-")
	if err != nil {
		return nil, err
	}
	p := &classifier{dir: dir}
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

// withStatusAndLogs appends flags to those that make prism-classify write its
// status and its logs.
func withStatusAndLogs(flags ...string) []string {
	return append([]string{"--status-dir", "status", "--logs-dir", "logs"}, flags...)
}

// waitSuccess waits until the process has ended with exit code 0.
func (p *classifier) waitSuccess() (measure.Sample, error) {
	if err := p.cmd.Wait(); err != nil {
		return measure.Sample{}, fmt.Errorf("%w: %s", err, p.stderr.String())
	}
	return measure.Finished(p.began, p.cmd.ProcessState), nil
}

// classify runs prism-classify to its end.
func (c *config) classify(s *fakeServer, name, input string, flags ...string) (measure.Sample, error) {
	p, err := c.startClassify(s, name, input, nil, flags...)
	if err != nil {
		return measure.Sample{}, err
	}
	return p.waitSuccess()
}

// callLog is where the calls are logged.
func (p *classifier) callLog() string {
	return job.CallLogPath(job.RunDir(filepath.Join(p.dir, "logs"), "bench"), 1)
}

// waitFirstCall waits for the first line of the call log, at most for limit, and
// returns how long after the start that call was sent.
func (p *classifier) waitFirstCall(limit time.Duration) (time.Duration, error) {
	path := p.callLog()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		data, _ := os.ReadFile(path) // may not exist yet, or be incomplete
		line, _, complete := strings.Cut(string(data), "\n")
		if !complete {
			continue
		}
		var call struct{ Time time.Time }
		if err := json.Unmarshal([]byte(line), &call); err != nil {
			return 0, fmt.Errorf("read the call log: %w", err)
		}
		return call.Time.Sub(p.began), nil
	}
	p.cmd.Process.Kill()
	p.cmd.Wait()
	return 0, fmt.Errorf("no call within %v: %s", limit, p.stderr.String())
}
