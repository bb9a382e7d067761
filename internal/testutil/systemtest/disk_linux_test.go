package systemtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// mountSmallDisk mounts a file system of so many bytes at path and returns a function
// that changes its size. It needs root.
func mountSmallDisk(t *testing.T, path string, size int) (resize func(size int)) {
	t.Helper()
	if err := os.MkdirAll(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprint("size=", size)); err != nil {
		t.Skipf("NOT TESTED: a full disk. Mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return func(size int) {
		if err := syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT, fmt.Sprint("size=", size)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDisk: a full disk ends the worker with exit code 1. Finished rows are
// kept, and when there is room again the same command resumes.
func TestFullDisk(t *testing.T) {
	const rows, parallel, batch = 2000, 4, 10
	tests := []struct {
		name   string
		folder string // the one on the small disk
		size   int
		flags  []string
		says   string // the file of a checkpoint that the disk is full for is a matter of time
	}{
		{"checkpoint", "cp", 256 << 10, nil, "write checkpoint "},
		{"checkpoint, one part", "cp", 256 << 10, []string{"--checkpoint-interval", "100000"}, "write checkpoint "},
		{"output", "out", 128 << 10, []string{"-o", "out/out.csv"}, "write output"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := newInputFolder(t, rows)
			resize := mountSmallDisk(t, filepath.Join(dir, tt.folder), tt.size)
			srv := ollamatest.Start(t, schemaOptions(t)...)
			flags := append([]string{"--parallel", "4", "-o", "out.csv"}, tt.flags...)
			output := filepath.Join(dir, flags[len(flags)-1])
			if tt.folder == "cp" {
				output = filepath.Join(dir, "out.csv")
			}
			starts := 1
			w := startWorker(t, dir, srv.URL, nil, flags...)
			w.waitExit(1)
			w.checkPrinted("no space left on device")
			w.checkPrinted(tt.says)
			w.checkPrinted("rows saved; to continue: prism-classify ")
			if _, err := os.Stat(output); err == nil {
				t.Error("a worker that failed left an output")
			}
			saved := finishedRows(t, dir)
			if saved < 100 || saved == rows && tt.folder == "cp" {
				t.Errorf("%d rows saved", saved)
			}
			for size := 2 * tt.size; ; size *= 2 { // it fills up again and again
				resize(size)
				w = startWorker(t, dir, srv.URL, nil, flags...)
				<-w.done
				if starts++; w.cmd.ProcessState.ExitCode() == 0 {
					break
				}
				w.waitExit(1)
				if n := finishedRows(t, dir); n < saved {
					t.Fatalf("%d rows saved, before there were %d", n, saved)
				}
			}
			checkLabels(t, w.input, output)
			if most := rows + starts*parallel*batch; srv.Totals().Rows > most {
				t.Errorf("%d rows sent in %d starts, want at most %d", srv.Totals().Rows, starts, most)
			}
			checkNoTemporaryFiles(t, dir)
		})
	}
}

// TestFullDiskOfLogs: if the disk of the logs is full, the labels are complete.
func TestFullDiskOfLogs(t *testing.T) {
	dir := newInputFolder(t, 500)
	mountSmallDisk(t, filepath.Join(dir, "logs"), 16<<10)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	w := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	w.waitExit(0)
	w.checkPrinted("warning: append to call log")
	if n := strings.Count(w.stderr.String(), "\n"); n > 5 {
		t.Errorf("%d lines of warnings:\n%s", n, &w.stderr)
	}
	checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
}

// TestFullDiskOfParts: a split that has no room leaves no part.
func TestFullDiskOfParts(t *testing.T) {
	dir := newInputFolder(t, 5000)
	parts := filepath.Join(dir, "parts")
	resize := mountSmallDisk(t, parts, 64<<10)
	split := func() (string, error) {
		cmd := exec.Command(filepath.Join(bin, "prism-split"), "--write", "parts", "--workers", "4", "in.csv")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := split()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "no space left on device\nhint: free space on that disk") {
		t.Errorf("%v\n%s", err, out)
	}
	if left, err := os.ReadDir(parts); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	resize(16 << 20)
	if out, err := split(); err != nil {
		t.Errorf("with room: %v\n%s", err, out)
	}
}

// TestFullDiskOfInputs: a job whose inputs have no room in normal form is not planned, and
// nothing of it is left; with room the same command plans it.
func TestFullDiskOfInputs(t *testing.T) {
	dir := newInputFolder(t, 5000)
	resize := mountSmallDisk(t, filepath.Join(dir, "logs"), 128<<10)
	pack(t, filepath.Join(dir, "in.csv"), filepath.Join(dir, "packed.csv.gz"))
	jobFile := fmt.Sprintf("project: {name: p}\nmodel: {name: m}\ninput_queue: [{path: packed.csv.gz}]\nprompts: {config_file: %q}\n", schemaPath(t))
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(jobFile), 0o666); err != nil {
		t.Fatal(err)
	}
	plan := func() (string, error) {
		cmd := exec.Command(filepath.Join(bin, "prism-split"), "--job", "job.yaml", "--run-id", "r")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := plan()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "error: write logs/r/inputs/packed.csv: ") || !strings.Contains(out, "no space left on device\nhint: free space on that disk") {
		t.Errorf("%v\n%s", err, out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "logs", "r", "[^r]*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	resize(16 << 20)
	if out, err := plan(); err != nil {
		t.Errorf("with room: %v\n%s", err, out)
	}
	sameFiles(t, filepath.Join(dir, "in.csv"), filepath.Join(dir, "logs", "r", "inputs", "packed.csv"))
}

func sameFiles(t *testing.T, a, b string) {
	t.Helper()
	first, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("%s (%d bytes) differs from %s (%d bytes)", b, len(second), a, len(first))
	}
}

// TestFullDiskOfCache: if the disk of the cache is full, the labels are complete, and what
// is in the cache serves the next run.
func TestFullDiskOfCache(t *testing.T) {
	const rows = 2000
	dir := newInputFolder(t, rows)
	mountSmallDisk(t, filepath.Join(dir, "cache"), 256<<10)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	w := startWorker(t, dir, srv.URL, nil, "--cache", "cache", "-o", "out.csv")
	w.waitExit(0)
	w.checkPrinted("warning: write the cache cache/answers.db: database or disk is full")
	checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
	if err := os.RemoveAll(filepath.Join(dir, "cp")); err != nil {
		t.Fatal(err)
	}
	w = startWorker(t, dir, srv.URL, nil, "--cache", "cache", "-o", "out.csv")
	w.waitExit(0)
	checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
}

// TestFullDiskOfTemporaryFiles: one error names the file, and says where else it can be; nothing is left.
func TestFullDiskOfTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	tmp := filepath.Join(dir, "tmp")
	mountSmallDisk(t, tmp, 64<<10)
	result := "RowID,Message,Topic\n"
	for id := range 4000 {
		result += fmt.Sprintf("%d,a message with some words,Billing\n", id)
	}
	for name, text := range map[string]string{
		"result.csv": result, "fix.csv": "RowID,Topic\n7,Product\n",
		"prompt.json": `{"system_prompt": "p", "columns_to_code": ["Topic"], "columns": {"Topic": {"labels": ["Billing", "Product"]}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"prism-stats", "--review", "4000", "-o", "out.xlsx"},
		{"prism-merge", "--overrides", "fix.csv", "-o", "out.csv"},
	} {
		cmd := exec.Command(filepath.Join(bin, args[0]), append(args[1:], "--prompts-config", "prompt.json", "result.csv")...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+tmp)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
			t.Errorf("%s: got %v, want exit code 1", args[0], err)
		}
		got := stderr.String()
		if strings.Count(got, "error: write "+tmp) != 1 || !strings.HasSuffix(got, ": no space left on device\nhint: TMPDIR names another folder for temporary files\n") {
			t.Errorf("%s: got %s", args[0], got)
		}
	}
	checkNoTemporaryFiles(t, dir)
	if left, err := filepath.Glob(filepath.Join(dir, "out.*")); err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
}

// TestFullDiskOfScripts: a script that a full disk ends says how to go on, and with room that command completes.
func TestFullDiskOfScripts(t *testing.T) {
	needPrograms(t, "bash", "flock", "jq", "xargs")
	scripts, err := filepath.Abs("../../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]string{
		"prism-run":  "prism-run ../job.yaml --run-id r",
		"prism-tune": "prism-tune --dir tune --models fake --styles classic --batch-sizes 5 --prompts-config " + schemaPath(t) + " ../gold.csv",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newInputFolder(t, 2000)
			gold := "RowID,Message,Topic\n"
			for id := range 1000 {
				gold += fmt.Sprintf("%d,a message with some words,Billing\n", id)
			}
			jobFile := fmt.Sprintf("project: {name: p}\nmodel: {name: fake}\ninput_queue: [{path: ../in.csv}]\n"+
				"prompts: {config_file: %q}\nerror_handling: {max_worker_retries: 0}\n", schemaPath(t))
			for file, text := range map[string]string{"gold.csv": gold, "job.yaml": jobFile} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			disk := filepath.Join(dir, "disk")
			resize := mountSmallDisk(t, disk, 192<<10)
			srv := ollamatest.Start(t, schemaOptions(t)...)
			run := func(command string) (stderr string, err error) {
				cmd := exec.Command("bash", "-c", command)
				cmd.Dir, cmd.Env = disk, append(os.Environ(), "PATH="+bin+":"+scripts+":"+os.Getenv("PATH"), "OLLAMA_HOST="+srv.URL)
				var said bytes.Buffer
				cmd.Stderr = &said
				err = cmd.Run()
				return said.String(), err
			}
			stderr, err := run(command)
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(stderr, "no space left on device") {
				t.Fatalf("got %v, want exit code 1\n%s", err, stderr)
			}
			hint := strings.TrimSpace(stderr[strings.LastIndex(stderr, "hint: ")+1:])
			_, again, _ := strings.Cut(hint, ": "+name)
			resize(64 << 20)
			if stderr, err := run(name + again); again == "" || err != nil {
				t.Errorf("after the hint %q: %v\n%s", hint, err, stderr)
			}
		})
	}
}
