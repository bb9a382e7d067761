package merge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"prism/internal/extsort"
	"prism/internal/record"
	"golang.org/x/sys/unix"
)

func TestZZ(t *testing.T) {
	kind := os.Getenv("KIND")
	if kind == "" {
		t.Skip()
	}
	names, _ := filepath.Glob("/tmp/rb/data/" + kind + "_part*.csv")
	mem, _ := strconv.ParseInt(os.Getenv("MEM"), 10, 64)
	var in []Input
	for _, n := range names {
		f, err := record.Open(n, nil)
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, Input{File: f, Options: record.Options{Name: n}})
	}
	cpu := func() (u, s time.Duration) {
		var r syscall.Rusage
		syscall.Getrusage(0, &r)
		return time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano())
	}
	for range 3 {
		out, _ := os.Create("/tmp/rb/zz.csv")
		w := time.Now()
		u, s := cpu()
		var first time.Time
		_, err := Write(context.Background(), in, Options{Memory: mem << 20, OnDuplicate: extsort.KeepLast}, Output{Writer: probe{out, &first, new(int64), new(int64)}, Again: func() error { return nil }})
		u2, s2 := cpu()
		fmt.Println(err, "wall", time.Since(w).Round(time.Millisecond), "first byte", first.Sub(w).Round(time.Millisecond), "user", (u2 - u).Round(time.Millisecond), "sys", (s2 - s).Round(time.Millisecond))
		w = time.Now()
		out.Sync()
		fmt.Println("sync", time.Since(w).Round(time.Millisecond))
		out.Close()
		os.Remove("/tmp/rb/zz.csv")
	}
}

type probe struct {
	*os.File
	first *time.Time
	done, told *int64
}

func (p probe) Write(b []byte) (int, error) {
	if len(b) > 1000 && p.first.IsZero() {
		*p.first = time.Now()
	}
	n, err := p.File.Write(b)
	if os.Getenv("SFR") != "" {
		*p.done += int64(n)
		if *p.done-*p.told >= 16<<20 {
			unix.SyncFileRange(int(p.File.Fd()), *p.told, *p.done-*p.told, unix.SYNC_FILE_RANGE_WRITE)
			*p.told = *p.done
		}
	}
	return n, err
}
