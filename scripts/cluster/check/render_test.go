package check

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	strictjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

const (
	root   = "../../.."
	script = "../kubernetes"
	secret = "key-that-nobody-may-see"
)

var prismSplit string // path of the program

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "prism-cluster-check-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	prismSplit = filepath.Join(dir, "prism-split")
	build := exec.Command("go", "build", "-o", prismSplit, "./cmd/prism-split")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build prism-split: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// A plan is a run that prism-split plans in a folder of its own.
type plan struct {
	runID        string
	workers      int
	rows         int    // of the input
	more         string // lines of the job file
	model        string // more lines of its model
	absoluteLogs bool   // the folder of logs has an absolute path in the job file
}

// make plans the run and returns its folder and its manifest.
func (p plan) make(t *testing.T) (folder, manifest string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "shared $(HOME) folder") // a name that must not be expanded
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	table := []byte("RowID,Message\n")
	for row := range p.rows {
		table = fmt.Appendf(table, "%d,message %d\n", row+1, row+1)
	}
	prompts, err := os.ReadFile(filepath.Join(root, "examples/feedback/prompt.json"))
	if err != nil {
		t.Fatal(err)
	}
	logs := "logs"
	if p.absoluteLogs {
		logs = filepath.Join(folder, logs)
	}
	job := fmt.Sprintf(`project: {name: check}
model:
  name: llama3.2
%sinput_queue: [{path: table.csv}]
parallelization: {workers: %d}
prompts: {config_file: prompt.json}
monitoring: {logs_dir: %q}
%s`, p.model, p.workers, logs, p.more)
	for name, data := range map[string][]byte{"table.csv": table, "prompt.json": prompts, "job.yaml": []byte(job)} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	split := exec.Command(prismSplit, "--quiet", "--job", "job.yaml", "--run-id", p.runID)
	split.Dir = folder
	if out, err := split.CombinedOutput(); err != nil {
		t.Fatalf("prism-split: %v\n%s", err, out)
	}
	return folder, filepath.Join(folder, "logs", p.runID, "run_manifest.json")
}

// runScript runs the script with a key in its environment, which it must not show.
func runScript(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(script, args...)
	cmd.Env = append(os.Environ(), "PRISM_API_KEY="+secret, "OLLAMA_HOST=http://user:"+secret+"@gpu1")
	cmd.Stdout, cmd.Stderr = &out, &errs
	code = exitCode(t, cmd.Run())
	if strings.Contains(out.String()+errs.String(), secret) {
		t.Errorf("%q shows the key:\n%s%s", args, &out, &errs)
	}
	return out.String(), errs.String(), code
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// render runs the script with the options that every call needs, and decodes the one Job that it prints.
func render(t *testing.T, manifest string, args ...string) *batchv1.Job {
	t.Helper()
	args = append([]string{manifest, "--image", "registry.example/prism:v1", "--claim", "prism-data", "--user", "1000:1001"}, args...)
	stdout, stderr, code := runScript(t, args...)
	if code != 0 || stderr != "" {
		t.Fatalf("%q: exit code %d\n%s", args, code, stderr)
	}
	if n := strings.Count(stdout, "\n---"); n != 0 {
		t.Fatalf("got %d documents, want 1", n+1)
	}
	return decode(t, stdout)
}

// decode fails at keys that are unknown, in the wrong case or there twice, and at wrong types.
func decode(t *testing.T, text string) *batchv1.Job {
	t.Helper()
	data, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	job := new(batchv1.Job)
	strict, err := strictjson.UnmarshalStrict(data, job)
	if err := errors.Join(append(strict, err)...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		t.Errorf("got %s %s, want batch/v1 Job", job.APIVersion, job.Kind)
	}
	return job
}

func TestDecodeIsStrict(t *testing.T) {
	for _, text := range []string{"spec: {nonsense: 1}", "spec: {completionmode: Indexed}", "spec: {completions: 1, completions: 2}"} {
		data, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			continue
		}
		if strict, err := strictjson.UnmarshalStrict(data, new(batchv1.Job)); err == nil && len(strict) == 0 {
			t.Errorf("%s: no error", text)
		}
	}
}

// expand does what Kubernetes does to the arguments and the environment of a container: $(NAME)
// becomes the value of a variable that is set and stays as it is if none is, $$ becomes $.
func expand(text string, env map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, isName := strings.Cut(strings.TrimPrefix(rest, "("), ")")
		value, isSet := env[name]
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteString("$")
			text = rest[1:]
		case strings.HasPrefix(rest, "(") && isName && isSet:
			b.WriteString(value)
			text = after
		default:
			b.WriteString("$")
			text = rest
		}
	}
}

// writeStubs makes a folder with programs that record their arguments, a line each, and end with
// these exit codes.
func writeStubs(t *testing.T, codes map[string]int) string {
	t.Helper()
	dir := t.TempDir()
	for name, code := range codes {
		writeProgram(t, filepath.Join(dir, name), fmt.Sprintf("printf '%%s\\n' %s \"$@\" >>\"$STUB_LOG\"\nexit %d\n", name, code))
	}
	return dir
}

func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// containerCommand is the command of a container as a node would start it for an index.
func containerCommand(c corev1.Container, programs string, index int) *exec.Cmd {
	variables := map[string]string{"JOB_COMPLETION_INDEX": strconv.Itoa(index), "HOME": "/nowhere"}
	var words []string
	for _, word := range slices.Concat(c.Command, c.Args) {
		words = append(words, expand(word, variables))
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = []string{"PATH=" + programs + ":/usr/bin:/bin", "JOB_COMPLETION_INDEX=" + variables["JOB_COMPLETION_INDEX"]}
	return cmd
}

// runContainer returns the arguments that the stubs recorded and the exit code.
func runContainer(t *testing.T, c corev1.Container, stubs string, index int) (string, int) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	cmd := containerCommand(c, stubs, index)
	cmd.Env = append(cmd.Env, "STUB_LOG="+log)
	out, err := cmd.CombinedOutput()
	code := exitCode(t, err)
	if len(out) > 0 {
		t.Errorf("index %d printed %q", index, out)
	}
	words, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(words), code
}

// changeManifest writes a changed copy beside the manifest.
func changeManifest(t *testing.T, manifest, before, after string) string {
	t.Helper()
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(data), before, after)
	if changed == string(data) {
		t.Fatalf("%s has no %s", manifest, before)
	}
	path := filepath.Join(filepath.Dir(manifest), filepath.Base(t.TempDir())+"_"+strconv.Itoa(len(changed))+".json")
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
