// Package check tests scripts/cluster/kubernetes: it decodes what the script prints into the types
// that Kubernetes publishes, as strictly as its server does, and runs the commands of the
// containers with a prism-classify that only records its arguments. No cluster is needed. It is a
// module of its own so that PRISM does not depend on Kubernetes.
package check

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestUnits(t *testing.T) {
	host := []string{"--host", "http://ollama:11434"}
	for _, c := range []struct {
		name                         string
		plan                         plan
		args                         []string
		units, atOnce, failures      int32
		jobName, hostVariable, value string
	}{
		{"the manifest's workers", plan{runID: "Run_1.a", workers: 4, rows: 40}, host, 4, 4, 4, "prism-run-1-a", "OLLAMA_HOST", "http://ollama:11434"},
		{"more units than workers", plan{runID: "r", workers: 12, rows: 40}, append(host, "--workers=5", "--name=123"), 12, 5, 12, "123", "OLLAMA_HOST", "http://ollama:11434"},
		{"more workers than units", plan{runID: "r", workers: 2, rows: 40}, append(host, "--workers", "9"), 2, 2, 2, "prism-r", "OLLAMA_HOST", "http://ollama:11434"},
		{"one worker", plan{runID: "r", workers: 4, rows: 40, more: "error_handling: {strategy: stop_on_failure}"}, append(host, "--workers", "1"), 4, 1, 0, "prism-r", "OLLAMA_HOST", "http://ollama:11434"},
		{"logs under an absolute path", plan{runID: "r", workers: 3, rows: 9, absoluteLogs: true}, host, 3, 3, 3, "prism-r", "OLLAMA_HOST", "http://ollama:11434"},
		{"hosts of the job", plan{runID: "r", workers: 1, rows: 9, model: "  hosts: [http://gpu1:11434]\n"}, nil, 1, 1, 1, "prism-r", "", ""},
		{"OpenAI's API", plan{runID: "r", workers: 1, rows: 9, model: "  api: openai\n  hosts: [http://gpu1:8000/v1]\n"}, []string{"--host", "http://gpu2:8000/v1"}, 1, 1, 1, "prism-r", "PRISM_HOST", "http://gpu2:8000/v1"},
		{"a long run ID", plan{runID: strings.Repeat("Long_", 20) + "2026", workers: 11, rows: 22}, host, 11, 11, 11, "prism-g-" + strings.Repeat("long-", 8) + "2026", "OLLAMA_HOST", "http://ollama:11434"},
		{"a run ID without letters", plan{runID: "_._", workers: 1, rows: 2}, host, 1, 1, 1, "prism", "OLLAMA_HOST", "http://ollama:11434"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder, manifest := c.plan.make(t)
			job := render(t, manifest, c.args...)
			if *job.Spec.CompletionMode != batchv1.IndexedCompletion {
				t.Errorf("completionMode %s", *job.Spec.CompletionMode)
			}
			got := []int32{*job.Spec.Completions, *job.Spec.Parallelism, *job.Spec.MaxFailedIndexes}
			if want := []int32{c.units, c.atOnce, c.failures}; !slices.Equal(got, want) {
				t.Errorf("got completions, parallelism and maxFailedIndexes %d, want %d", got, want)
			}
			if job.Name != c.jobName || job.Annotations["prism/run-id"] != c.plan.runID {
				t.Errorf("got name %q of run %q, want %q of %q", job.Name, job.Annotations["prism/run-id"], c.jobName, c.plan.runID)
			}
			checkNames(t, job)
			checkPod(t, job.Spec.Template.Spec, folder)
			want := map[string]string{}
			if c.hostVariable != "" {
				want[c.hostVariable] = c.value
			}
			container := job.Spec.Template.Spec.Containers[0]
			if got := plainEnvironment(t, container); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got environment %q, want %q", got, want)
			}
			checkUnits(t, container, manifest)
		})
	}
}

// checkNames checks the names of the Job and of the host of its last pod.
func checkNames(t *testing.T, job *batchv1.Job) {
	t.Helper()
	names := []string{job.Name}
	if job.Spec.CompletionMode != nil {
		names = append(names, fmt.Sprintf("%s-%d", job.Name, *job.Spec.Completions-1))
	}
	for _, name := range names {
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			t.Errorf("name %q: %s", name, problems)
		}
	}
	for key := range job.Annotations {
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			t.Errorf("annotation %q: %s", key, problems)
		}
	}
}

// checkPod checks what the pods of both Jobs have in common.
func checkPod(t *testing.T, pod corev1.PodSpec, mount string) {
	t.Helper()
	s := pod.SecurityContext
	if pod.RestartPolicy != corev1.RestartPolicyNever || !*s.RunAsNonRoot || *s.RunAsUser != 1000 || *s.RunAsGroup != 1001 {
		t.Errorf("restartPolicy %s, securityContext %+v", pod.RestartPolicy, s)
	}
	if *pod.TerminationGracePeriodSeconds < 30 || *pod.AutomountServiceAccountToken || *pod.EnableServiceLinks {
		t.Errorf("terminationGracePeriodSeconds %d, automountServiceAccountToken %v, enableServiceLinks %v",
			*pod.TerminationGracePeriodSeconds, *pod.AutomountServiceAccountToken, *pod.EnableServiceLinks)
	}
	if len(pod.Containers) != 1 {
		t.Fatalf("got %d containers, want 1", len(pod.Containers))
	}
	container := pod.Containers[0]
	if c := container.SecurityContext; !*c.ReadOnlyRootFilesystem || *c.AllowPrivilegeEscalation || !slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("securityContext of the container %+v", c)
	}
	if container.Image != "registry.example/prism:v1" || container.Resources.Requests.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
		t.Errorf("image %s, resources %+v", container.Image, container.Resources)
	}
	mounts := map[string]string{}
	for _, m := range container.VolumeMounts {
		mounts[m.MountPath] = m.Name
	}
	for _, v := range pod.Volumes {
		isClaim := v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "prism-data" && mounts[mount] == v.Name
		isTmp := v.EmptyDir != nil && mounts["/tmp"] == v.Name
		if !isClaim && !isTmp {
			t.Errorf("volume %+v, mounts %q", v, mounts)
		}
	}
	if len(pod.Volumes) != 2 || len(mounts) != 2 {
		t.Errorf("got %d volumes and %d mounts, want 2", len(pod.Volumes), len(mounts))
	}
}

// plainEnvironment returns the variables whose values are in the Job.
func plainEnvironment(t *testing.T, c corev1.Container) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			values[v.Name] = expand(v.Value, nil)
		}
	}
	return values
}

// checkUnits runs the command of every index: together they must do each unit of the manifest once.
func checkUnits(t *testing.T, c corev1.Container, manifest string) {
	t.Helper()
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var planned struct{ Units []struct{ Unit int } }
	if err := json.Unmarshal(data, &planned); err != nil {
		t.Fatal(err)
	}
	stubs := writeStubs(t, map[string]int{"prism-classify": 0})
	for index, unit := range planned.Units {
		got, code := runContainer(t, c, stubs, index)
		want := fmt.Sprintf("prism-classify\n--quiet\n--manifest\n%s\n--unit\n%d\n", manifest, unit.Unit)
		if got != want || code != 0 {
			t.Errorf("index %d: got %q and exit code %d, want %q", index, got, code, want)
		}
	}
}

func TestExitCodesOfUnits(t *testing.T) {
	_, manifest := plan{runID: "r", workers: 1, rows: 2}.make(t)
	job := render(t, manifest, "--host", "http://ollama:11434", "--retry-failed")
	for code, c := range map[int]struct {
		want   int
		action batchv1.PodFailurePolicyAction // empty: it counts, and the unit is started again
	}{
		0:   {0, ""},
		1:   {1, ""},
		2:   {2, batchv1.PodFailurePolicyActionFailIndex},
		3:   {0, ""},
		4:   {4, ""},
		137: {137, ""},
		143: {143, batchv1.PodFailurePolicyActionIgnore},
	} {
		stubs := writeStubs(t, map[string]int{"prism-classify": code})
		words, got := runContainer(t, job.Spec.Template.Spec.Containers[0], stubs, 0)
		if got != c.want || actionOf(job, got) != c.action {
			t.Errorf("%d: got %d and action %q, want %d and %q", code, got, actionOf(job, got), c.want, c.action)
		}
		if !strings.Contains(words, "\n--retry-failed\n") {
			t.Errorf("got arguments %q, want --retry-failed", words)
		}
	}
	if *job.Spec.BackoffLimitPerIndex < 1 || job.Spec.BackoffLimit != nil || *job.Spec.PodReplacementPolicy != batchv1.Failed {
		t.Errorf("backoffLimitPerIndex %d, backoffLimit %v, podReplacementPolicy %s",
			*job.Spec.BackoffLimitPerIndex, job.Spec.BackoffLimit, *job.Spec.PodReplacementPolicy)
	}
	checkDisruption(t, job)
}

// actionOf is what the Job's policy does about an exit code; empty: nothing.
func actionOf(job *batchv1.Job, code int) batchv1.PodFailurePolicyAction {
	for _, rule := range job.Spec.PodFailurePolicy.Rules {
		on := rule.OnExitCodes
		if on != nil && on.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && slices.Contains(on.Values, int32(code)) &&
			*on.ContainerName == job.Spec.Template.Spec.Containers[0].Name {
			return rule.Action
		}
	}
	return ""
}

// checkDisruption wants the first rule to ignore pods that the cluster ended.
func checkDisruption(t *testing.T, job *batchv1.Job) {
	t.Helper()
	first := job.Spec.PodFailurePolicy.Rules[0]
	if first.Action != batchv1.PodFailurePolicyActionIgnore || len(first.OnPodConditions) != 1 ||
		first.OnPodConditions[0].Type != corev1.DisruptionTarget || first.OnPodConditions[0].Status != corev1.ConditionTrue {
		t.Errorf("first rule %+v", first)
	}
}

// A node sends TERM to the shell of a container alone.
func TestTermReachesTheWorker(t *testing.T) {
	_, manifest := plan{runID: "r", workers: 1, rows: 2}.make(t)
	job := render(t, manifest, "--host", "http://ollama:11434")
	programs := t.TempDir()
	writeProgram(t, filepath.Join(programs, "prism-classify"), `trap 'kill "$!"; echo saved; exit 143' TERM
sleep 60 &
echo started
wait "$!"
`)
	cmd := containerCommand(job.Spec.Template.Spec.Containers[0], programs, 0)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	if !lines.Scan() || lines.Text() != "started" {
		t.Errorf("got %q, want started", lines.Text())
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() || lines.Text() != "saved" {
		t.Errorf("got %q, want saved", lines.Text())
	}
	if code := exitCode(t, cmd.Wait()); code != 143 {
		t.Errorf("got exit code %d, want 143", code)
	}
}

func TestKeyIsInTheSecretAlone(t *testing.T) {
	_, manifest := plan{runID: "r", workers: 1, rows: 2}.make(t)
	job := render(t, manifest, "--host", "http://ollama:11434", "--key-secret", "prism.key")
	for _, v := range job.Spec.Template.Spec.Containers[0].Env {
		if v.Name != "PRISM_API_KEY" {
			continue
		}
		if ref := v.ValueFrom.SecretKeyRef; v.Value != "" || ref.Name != "prism.key" || ref.Key != "PRISM_API_KEY" {
			t.Errorf("got %+v, want a reference to the Secret prism.key", v)
		}
		return
	}
	t.Error("PRISM_API_KEY is not set")
}

func TestMerge(t *testing.T) {
	folder, manifest := plan{runID: "r", workers: 3, rows: 9}.make(t)
	mount := filepath.Dir(folder)
	job := render(t, manifest, "--merge", "--namespace", "labels", "--mount", mount+"/./")
	if job.Name != "prism-r-merge" || job.Namespace != "labels" || job.Spec.CompletionMode != nil || job.Spec.Completions != nil {
		t.Errorf("name %s, namespace %s, completionMode %v, completions %v", job.Name, job.Namespace, job.Spec.CompletionMode, job.Spec.Completions)
	}
	checkNames(t, job)
	checkPod(t, job.Spec.Template.Spec, mount)
	checkDisruption(t, job)
	merge := "prism-merge\n--manifest\n" + manifest + "\n"
	stats := "prism-stats\n--manifest\n" + manifest + "\n--save\n"
	for _, c := range []struct {
		merge, stats, want int
		words              string
		action             batchv1.PodFailurePolicyAction
	}{
		{0, 0, 0, merge + stats, ""},
		{3, 0, 3, merge + stats, batchv1.PodFailurePolicyActionFailJob},
		{2, 0, 2, merge, batchv1.PodFailurePolicyActionFailJob},
		{1, 0, 1, merge, ""},
		{0, 1, 1, merge + stats, ""},
	} {
		stubs := writeStubs(t, map[string]int{"prism-merge": c.merge, "prism-stats": c.stats})
		words, got := runContainer(t, job.Spec.Template.Spec.Containers[0], stubs, 0)
		if got != c.want || words != c.words || actionOf(job, got) != c.action {
			t.Errorf("%+v: got exit code %d, action %q and %q", c, got, actionOf(job, got), words)
		}
	}
}
