package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"prism/internal/fsutil"
	"prism/internal/term"
)

// syncs is how many small writes are made safe to see how long one takes. A run makes
// one a batch at most, so slowSync is what would be felt.
const (
	syncs    = 9
	slowSync = 100 * time.Millisecond
)

func (e *Examiner) examineDisk(folder string) {
	dir := existingFolder(folder)
	took, err := syncTime(dir, e.Now)
	if err != nil {
		e.say("disk", Failed, "write to another folder: -o, --output-dir, --checkpoint-dir", "%v", err)
		return
	}
	shared, err := fsutil.IsShared(dir)
	switch {
	case err == nil && shared:
		e.say("disk", Warning, "put --checkpoint-dir and --cache on a disk of this machine, if other machines need not see them",
			"%s is on a file system that other machines may use; a small write is safe after %v", dir, took.Round(10*time.Microsecond))
	case took > slowSync:
		e.say("disk", Warning, "a larger --batch-size writes less often", "a small write to %s is safe after %v only", dir, took.Round(time.Millisecond))
	default:
		e.say("disk", OK, "", "a small write to %s is safe after %v", dir, took.Round(10*time.Microsecond))
	}
}

// existingFolder is the folder, or the nearest one above it that exists: a run makes the others.
func existingFolder(dir string) string {
	for {
		_, err := os.Stat(dir)
		above := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || above == dir {
			return dir
		}
		dir = above
	}
}

// syncTime is the median time of an append that is made safe in a folder.
func syncTime(dir string, now func() time.Time) (took time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".prism-doctor-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	var times []time.Duration
	for range syncs {
		began := now()
		if _, err := f.WriteString("a row\n"); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		times = append(times, now().Sub(began))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// examineLimits looks at how many files a worker may have open: its own, and a connection a call.
func (e *Examiner) examineLimits() {
	const own = 64
	needed := uint64(own + max(e.MaxParallel, e.Parallel))
	limit, err := openFiles()
	switch {
	case err != nil:
		e.say("open files", Skipped, "", "%v", err)
	case limit < needed:
		e.say("open files", Warning, "raise it (ulimit -n), or use a smaller --parallel", "at most %d, and a worker may need %d", limit, needed)
	default:
		e.say("open files", OK, "", "at most %d", limit)
	}
}

// adviseTools says how to get the programs of the scripts on a system.
func adviseTools(system string, packages []string) string {
	list := strings.Join(packages, " ")
	switch system {
	case "windows":
		return "a Unix system, such as WSL"
	case "darwin":
		return "brew install " + list
	}
	return "sudo apt-get install " + list
}

// tools are programs that scripts use, with the package that has each.
var tools = [...]struct{ name, pkg, user string }{
	{"xargs", "findutils", "prism-run"},
	{"jq", "jq", "prism-tune and prism-cascade"},
	{"parallel", "parallel", "prism-run --backend parallel and ssh"},
}

func (e *Examiner) examineTools() {
	var missing, packages []string
	for _, t := range tools {
		if _, err := exec.LookPath(t.name); err != nil {
			missing, packages = append(missing, fmt.Sprintf("%s for %s", t.name, t.user)), append(packages, t.pkg)
		}
	}
	if len(missing) > 0 {
		e.say("tools", Warning, "the tools work without them; for the scripts: "+adviseTools(runtime.GOOS, packages),
			"missing: %s", strings.Join(missing, ", "))
		return
	}
	e.say("tools", OK, "", "%s of the scripts are there", term.Plural(int64(len(tools)), "program"))
}
