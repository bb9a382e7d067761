package measure

import (
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestFinished(t *testing.T) {
	cmd := exec.Command("go", "version")
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	s := Finished(began, cmd.ProcessState)
	if s.Wall <= 0 || s.CPU < s.System {
		t.Errorf("%+v", s)
	}
	if runtime.GOOS != "windows" && (s.Peak < 64<<10 || s.Peak > 1<<30) {
		t.Errorf("peak of %d bytes, want that of a small process", s.Peak)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []Sample
		want Sample
	}{
		{"one", []Sample{{4, 3, 2, 1}}, Sample{4, 3, 2, 1}},
		{"each figure by itself", []Sample{{1, 30, 5, 7}, {2, 10, 6, 9}, {3, 20, 4, 8}}, Sample{2, 20, 5, 8}},
		{"even number", []Sample{{Wall: 1}, {Wall: 2}}, Sample{Wall: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Median(c.in); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
