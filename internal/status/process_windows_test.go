package status

import (
	"os"
	"os/exec"
	"testing"
)

func TestProcessOfWindows(t *testing.T) {
	self := os.Getpid()
	start := ProcessStart(self)
	if start == "" || start != ProcessStart(self) {
		t.Errorf("this process started at %q, then at %q", start, ProcessStart(self))
	}
	if ProcessGroup(self) != 0 {
		t.Errorf("process group %d, want none", ProcessGroup(self))
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	if pid := child.Process.Pid; ProcessAlive(pid, "") {
		t.Errorf("process %d has ended and counts as alive", pid)
	}
}
