package job

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestKeysThatDoNotGoTogether: keys of a student, and of what has a student, are refused where they
// make no sense, at their place in the file.
func TestKeysThatDoNotGoTogether(t *testing.T) {
	model := func(keys string) string { return strings.Replace(least, "{name: m}", "{name: m, "+keys+"}", 1) }
	for _, c := range []struct{ name, file, want string }{
		{"a student makes no calls", model("api: student, hosts: [a], votes: 3, cache: c"), "2:39: model.hosts: \n2:51: model.votes: \n2:61: model.cache: "},
		{"a student of nothing", model("student_target: 0.9, student_text_columns: ask"), "2:34: model.student_target: \n2:61: model.student_text_columns: "},
		{"a student of a student", model("api: student, student: 100"), "2:41: model.student: "},
		{"a model of the name of its student", strings.Replace(least, "{name: m}", "{name: student, student: 100}", 1), "2:15: model.name: "},
		{"columns that it learns from are dropped", model("student: 100") + "output: {drop: [Title]}\n", "5:16: output.drop: "},
		{"rows that are drawn at random are not cut by hand", model("student: 100") + "parallelization: {split_strategy: manual, manual_ranges: [{start: 1}]}\n", "5:35: parallelization.split_strategy: "},
		{"passwords", model("hosts: ['a:1', 'http://u:secret@b'], proxy: 'http://u:secret@p'"), "2:33: model.hosts[1]: \n2:62: model.proxy: "},
		{"calls", model("parallel: 0"), "2:28: model.parallel: "},
		{"part of a call", model("parallel: 1.5"), "2:28: model.parallel: "},
		{"a list of calls", model("parallel: [1]"), "2:28: model.parallel: "},
		{"too many calls", model("parallel: 5000"), "2:28: model.parallel: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseJob(c.file)
			if err == nil {
				t.Fatalf("no error, want %s", c.want)
			}
			got, want := strings.Split(err.Error(), "\n"), strings.Split(c.want, "\n")
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], "job.yaml:"+want[i]) || strings.Contains(got[i], "secret") {
					t.Errorf("got %s, want job.yaml:%s", got[i], want[i])
				}
			}
		})
	}
}

func TestJobWithAStudent(t *testing.T) {
	c, err := parseJob(strings.Replace(least, "{name: m}", "{name: m, student: 100, parallel: auto, max_parallel: 7}", 1) + "parallelization: {workers: 4}\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Workers(); got != 1 {
		t.Errorf("workers: got %d, want one, as the rows are drawn from the whole file", got)
	}
	if got := UnitProgram(&c.Model); got != "prism-cascade" {
		t.Errorf("got program %s", got)
	}
	if got := c.Model.MostParallel(); got != 7 {
		t.Errorf("calls at once: got %d, want max_parallel", got)
	}
	c, err = parseJob(strings.Replace(least, "{name: m}", "{name: models/night.student, api: student, parallel: 3}", 1))
	if err != nil {
		t.Fatal(err)
	}
	if got := UnitProgram(&c.Model); got != "prism-classify" {
		t.Errorf("got program %s", got)
	}
	if got, want := c.Model.ModelName(), "student:night.student"; got != want {
		t.Errorf("got model %s, want %s, without its folder", got, want)
	}
	if got := c.Model.MostParallel(); got != 3 {
		t.Errorf("calls at once: got %d, want parallel", got)
	}
}

func TestCallsInJSON(t *testing.T) {
	for _, c := range []struct {
		calls Calls
		want  string
	}{{AutoCalls, `"auto"`}, {8, "8"}} {
		text, err := json.Marshal(c.calls)
		var back Calls
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || string(text) != c.want || back != c.calls {
			t.Errorf("got %s, %v, and back %v, want %s", text, err, back, c.want)
		}
	}
}
