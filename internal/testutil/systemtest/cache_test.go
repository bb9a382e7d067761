package systemtest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/testutil/ollamatest"
)

// TestKilledWorkersShareACache: four workers with the same rows, each in its own order, share a
// cache and are killed at random moments until all are done. Every row has its right labels, the
// database is whole and was never set aside, and a fifth worker has nearly every answer from it.
func TestKilledWorkersShareACache(t *testing.T) {
	const workers, rows, parallel, batch, kills = 4, 1500, 2, 10, 8
	dir := t.TempDir()
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(25*time.Millisecond))...)
	cache := filepath.Join(dir, "cache")
	var wg sync.WaitGroup
	for n := range workers {
		own := filepath.Join(dir, fmt.Sprint("w", n))
		if err := os.Mkdir(own, 0o777); err != nil {
			t.Fatal(err)
		}
		input := filepath.Join(own, "in.csv")
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		writeShuffledRows(t, input, rows, rng)
		wg.Go(func() { labelUnderKills(t, srv.URL, own, input, kills, rng, "--cache", cache) })
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sent := srv.Totals().Rows
	t.Logf("%d rows sent for %d × %d", sent, workers, rows)
	if most := workers * rows; sent > most { // a kill loses the answers of some moments: more on a busy machine
		t.Errorf("%d rows sent, want at most %d: the workers share nothing", sent, most)
	}
	for n := range workers {
		own := filepath.Join(dir, fmt.Sprint("w", n))
		checkLabels(t, filepath.Join(own, "in.csv"), filepath.Join(own, "out.csv"))
	}
	if aside, err := filepath.Glob(cache + "/*.bad*"); err != nil || len(aside) > 0 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
	out, err := exec.Command("sqlite3", filepath.Join(cache, "answers.db"), "PRAGMA integrity_check").CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrNotFound) || err == nil && string(out) != "ok\n" {
		t.Errorf("integrity check: %v: %s", err, out)
	}
	last := filepath.Join(dir, "last")
	cmd, stderr := startClassify(t, srv.URL, ollamatest.DefaultModel, last, filepath.Join(dir, "w0", "in.csv"), "--cache", cache)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	checkLabels(t, filepath.Join(dir, "w0", "in.csv"), filepath.Join(last, "out.csv"))
	if again := srv.Totals().Rows - sent; again > workers*kills*parallel*batch {
		t.Errorf("%d rows were not in the cache", again)
	}
}

// labelUnderKills starts a worker again and again until its work is done; the first times it is
// killed.
func labelUnderKills(t *testing.T, host, dir, input string, kills int, rng *rand.Rand, flags ...string) {
	for killed := 0; ; {
		cmd, stderr := classifyCommand(t, host, ollamatest.DefaultModel, dir, input, append(flags, "--parallel", "2", "--batch-size", "10")...)
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		var moment <-chan time.Time
		if killed < kills {
			moment = time.After(time.Duration(20+rng.IntN(700)) * time.Millisecond)
		}
		select {
		case <-moment:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
			killed++
			if <-done != nil {
				continue
			}
			return
		case err := <-done:
			if err != nil || strings.Contains(stderr.String(), "warning: ") && !strings.Contains(stderr.String(), "incomplete write") {
				t.Errorf("%s: %v\n%s", dir, err, stderr)
			}
			return
		}
	}
}

// writeShuffledRows writes made rows in another order.
func writeShuffledRows(t *testing.T, path string, rows int, rng *rand.Rand) {
	t.Helper()
	var b bytes.Buffer
	if err := ollamatest.WriteCSV(&b, 1, rows); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rng.Shuffle(rows, func(i, j int) { records[i+1], records[j+1] = records[j+1], records[i+1] })
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
