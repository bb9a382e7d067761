package job

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostileNames leave a folder, or mean something else than a file on some system.
var hostileNames = []string{
	"..", ".", "../x", "a/../../x", "/etc/x", `..\x`, `C:\x`, "C:x", "a/b", "x\x00y", "x\ny", "x\ry", "NUL", "con", "Aux.csv", "com1", "LPT9.txt", "COM¹", "x.", "x ", "a:b",
}

func TestNamesThatLeaveTheirFolder(t *testing.T) {
	for _, name := range append(hostileNames, "", "-x") {
		if name != "-x" && isFileName(name) {
			t.Errorf("%q is taken for a file name", name)
		}
		if IsRunID(name) && name != "" {
			t.Errorf("%q is taken for a run ID", name)
		}
		for made, isSafe := range map[string]bool{SafeLabel(name): isFileName(SafeLabel(name)) && isFileName(SafeLabel(name)+".csv"), SafeName(name, '_'): isFileName(SafeName(name, '_') + "_x")} {
			if !isSafe {
				t.Errorf("of %q comes %q, which is not safe", name, made)
			}
		}
	}
	for _, name := range []string{"a", "first.run-2", "console", "com10", "nullable", "größe.csv", "x y"} {
		if !isFileName(name) {
			t.Errorf("%q is no file name", name)
		}
	}
}

// A manifest that somebody wrote may name anything.
func TestManifestNamesStayInTheirFolders(t *testing.T) {
	base := func() *Manifest {
		s := DefaultSettingsFile()
		c := jobFileDefaults(s)
		c.Project.Name, c.Project.Version, c.Model.Name = "p", "v1", "m"
		c.InputQueue = []Input{{Path: "in.csv", Label: "in"}}
		return Plan("r", c, s, []Unit{{Unit: 1, Label: "in", Input: "in.csv", RowStart: 1, RowEnd: 1, Rows: 1}}, time.Unix(0, 0))
	}
	read := func(m *Manifest) error {
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parseManifest(data, "run_manifest.json")
		return err
	}
	if err := read(base()); err != nil {
		t.Fatal(err)
	}
	for what, set := range map[string]func(m *Manifest, name string){
		"run ID": func(m *Manifest, name string) { m.RunID = name },
		"label": func(m *Manifest, name string) {
			m.Files[0].Label, m.Units[0].Label, m.Config.InputQueue[0].Label = name, name, name
		},
		"output of a unit": func(m *Manifest, name string) { m.Units[0].OutputName = name },
		"naming pattern":   func(m *Manifest, name string) { m.Config.Output.NamingPattern = name + "/{label}" },
		"project": func(m *Manifest, name string) {
			m.Project, m.Config.Output.NamingPattern = name+"/", "{project}{label}"
		},
		"format": func(m *Manifest, name string) { m.Config.Output.Format = "x/" + name },
		"normal form": func(m *Manifest, name string) {
			m.Files[0].NormalizedFrom, m.Files[0].InputFile = &Source{Path: "in.xlsx"}, "logs/r/inputs/"+name
		},
	} {
		for _, name := range hostileNames {
			m := base()
			set(m, name)
			if err := read(m); !errors.Is(err, ErrNoManifest) {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
}

func TestLinksOfARunLeadNowhereElse(t *testing.T) {
	t.Chdir(t.TempDir())
	s := DefaultSettingsFile()
	c := jobFileDefaults(s)
	c.InputQueue = []Input{{Path: "in.csv", Label: "in"}}
	m := Plan("r", c, s, []Unit{{Unit: 1, Label: "in", Input: "in.csv", RowStart: 1, RowEnd: 1, Rows: 1}}, time.Unix(0, 0))
	for _, path := range []string{
		"logs/r", "status/r", "logs/r/run_manifest.json", "logs/r/orchestrator.pid", "logs/r/inputs", "logs/r/inputs/in.csv", "status/r/worker_1.json", "output/r_in_w1.csv",
		"output/r_in.csv", "output/report_r.html",
	} {
		for _, dir := range []string{"logs", "status", "output"} {
			if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.CheckPlaces(); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(t.TempDir(), path)); err != nil {
			t.Skip(err)
		}
		if err := m.CheckPlaces(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
