package cache

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/reply"
)

// testCache is a cache in a folder, with what it warned of.
type testCache struct {
	*Cache
	mu   sync.Mutex
	said []string
}

func open(t *testing.T, dir string, change func(*Options)) *testCache {
	t.Helper()
	c := &testCache{}
	o := Options{
		Dir: dir, Columns: 2, Rows: 10, Now: time.Now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Warn: func(format string, args ...any) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.said = append(c.said, fmt.Sprintf(format, args...))
		},
		wait: 10 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if c.Cache, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *testCache) mustClose(t *testing.T) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkSaid fails the test unless one warning has each of the texts.
func (c *testCache) checkSaid(t *testing.T, texts ...string) {
	t.Helper()
	if len(c.said) != len(texts) {
		t.Fatalf("%d warnings, want %d: %q", len(c.said), len(texts), c.said)
	}
	for i, text := range texts {
		if !strings.Contains(c.said[i], text) {
			t.Errorf("warning %q, want one with %q", c.said[i], text)
		}
	}
}

func keyOf(n int) Key { return NewKeyMaker("test").Key(fmt.Sprint(n)) }

func rowOf(n int) reply.Row {
	r := reply.Row{Values: []string{fmt.Sprint("label ", n), strings.Repeat("ä|", n%50)}, Gate: n%7 == 0}
	if n%3 == 0 {
		r.Organic = []reply.Label{{Column: "A", Label: r.Values[0]}, {Column: "", Label: "\x00\xff"}}
	}
	return r
}

// fill stores so many rows and checks that they are found, before and after they are written.
func fill(t *testing.T, dir string, rows int) {
	t.Helper()
	c := open(t, dir, nil)
	for n := range rows {
		c.Store(keyOf(n), rowOf(n))
	}
	c.checkFound(t, rows)
	c.mustClose(t)
	c = open(t, dir, nil)
	c.checkFound(t, rows)
	c.mustClose(t)
	c.checkSaid(t)
}

func (c *testCache) checkFound(t *testing.T, rows int) {
	t.Helper()
	if found := c.countFound(t, rows); found != rows {
		t.Fatalf("%d answers found, want %d", found, rows)
	}
}

// countFound looks rows up, in lookups of many sizes. What is found must be right.
func (c *testCache) countFound(t *testing.T, rows int) (found int) {
	t.Helper()
	for n := 0; n < rows; {
		var keys []Key
		for range min(1+n%200, rows-n) {
			keys = append(keys, keyOf(n+len(keys)))
		}
		for i, got := range c.Lookup(keys) {
			if want := rowOf(n + i); got != nil {
				found++
				if !reflect.DeepEqual(*got, want) {
					t.Fatalf("row %d: %+v, want %+v", n+i, *got, want)
				}
			}
		}
		n += len(keys)
	}
	return found
}

func TestAnswersAreFoundAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder?#%", "ä")
	fill(t, dir, 1000)
	c := open(t, dir, func(o *Options) { o.Columns = 3 })
	if found := c.countFound(t, 1000); found > 0 {
		t.Errorf("%d answers with another number of columns were found", found)
	}
	c.mustClose(t)
	if got := c.Lookup(nil); len(got) != 0 {
		t.Errorf("a lookup of nothing found %d answers", len(got))
	}
}

func TestAge(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(after, ttl time.Duration) *testCache {
		return open(t, dir, func(o *Options) {
			o.TTL = ttl
			o.Now = func() time.Time { return now.Add(after) }
		})
	}
	c := at(0, 0)
	c.Store(keyOf(1), rowOf(1))
	c.mustClose(t)
	tests := []struct {
		after, ttl time.Duration
		want       int
	}{
		{time.Hour, 0, 1},
		{time.Hour, time.Hour, 1},
		{time.Hour + time.Second, time.Hour, 0},
		{-time.Hour, time.Minute, 1}, // a clock that was set back
	}
	for _, tt := range tests {
		c := at(tt.after, tt.ttl)
		got := 0
		for _, r := range c.Lookup([]Key{keyOf(1)}) {
			if r != nil {
				got++
			}
		}
		c.mustClose(t)
		if got != tt.want {
			t.Errorf("%v later, with a longest age of %v: %d found, want %d", tt.after, tt.ttl, got, tt.want)
		}
	}
}

// TestSeveralAtOnce: whoever shares a cache finds what others wrote, and nothing wrong.
func TestSeveralAtOnce(t *testing.T) {
	const rows, processes = 400, 4
	dir := t.TempDir()
	var wg sync.WaitGroup
	for p := range processes {
		c := open(t, dir, func(o *Options) { o.wait = 0 })
		wg.Go(func() {
			for i := range rows {
				n := (i + p*rows/processes) % rows
				if c.Lookup([]Key{keyOf(n)})[0] == nil {
					c.Store(keyOf(n), rowOf(n))
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if len(c.said) > 0 {
				t.Errorf("warnings: %q", c.said)
			}
		})
	}
	wg.Wait()
	c := open(t, dir, nil)
	c.checkFound(t, rows)
	c.mustClose(t)
}

// connect opens the database of a cache as another program does.
func connect(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, localName))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedAnswersAreNotFound(t *testing.T) {
	const rows = 200
	tests := []struct {
		name, statement string
		most            int // answers that may be found
	}{
		{"another text", "UPDATE answers SET answer = CAST(replace(CAST(answer AS TEXT), 'label', 'LABEL') AS BLOB)", 0},
		{"a byte more", "UPDATE answers SET answer = answer || x'00'", 0},
		{"empty", "UPDATE answers SET answer = x''", 0},
		{"another sum", "UPDATE answers SET sum = sum + 1", 0},
		{"exchanged", "UPDATE answers SET (answer, sum) = (SELECT answer, sum FROM answers ORDER BY key LIMIT 1)", 1},
		{"another type", "UPDATE answers SET answer = 'text', sum = 'text'", 0},
		{"another key", "UPDATE answers SET key = key || x'00'", 0},
		{"gone", "DELETE FROM answers WHERE key > x'80'", rows},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, rows)
			execute(t, connect(t, dir), tt.statement)
			c := open(t, dir, nil)
			if found := c.countFound(t, rows); found > tt.most {
				t.Errorf("%d answers were found", found)
			}
			c.mustClose(t)
		})
	}
}

func TestDamageIsSetAside(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	noise := func(b []byte) {
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
	}
	tests := []struct {
		name   string
		damage func(file []byte) []byte
	}{
		{"all", func(b []byte) []byte { noise(b); return b }},
		{"header", func(b []byte) []byte { noise(b[:100]); return b }},
		{"middle", func(b []byte) []byte { noise(b[4096 : len(b)-4096]); return b }},
		{"half", func(b []byte) []byte { return b[:len(b)/2] }},
		{"text", func([]byte) []byte { return []byte("RowID,Message\n1,late\n") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, localName)
			fill(t, dir, 500)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := tt.damage(data)
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			c := open(t, dir, nil)
			c.countFound(t, 500)
			c.Store(keyOf(501), rowOf(501))
			c.mustClose(t)
			c.checkSaid(t, "moved it to "+path+".bad and started a new one")
			aside, err := os.ReadFile(path + ".bad")
			if err != nil || string(aside) != string(damaged) {
				t.Errorf("what was set aside is not what was there (%v)", err)
			}
			fill(t, dir, 500)
		})
	}
}

// TestDamageWhileInUse: what is found wrong later ends the use of the cache. When it is
// closed it is set aside.
func TestDamageWhileInUse(t *testing.T) {
	tests := []struct {
		name, file string
		damage     func(f *os.File, size int64) error
		says       []string
	}{
		{"noise", localName, func(f *os.File, size int64) error {
			_, err := f.WriteAt([]byte(strings.Repeat("noise", int(size/5))), 0)
			return err
		}, []string{"; the run continues without it", "is damaged: moved it to"}},
		{"cut", localName, func(f *os.File, _ int64) error { return f.Truncate(0) }, []string{"; the run continues without it", "is damaged: moved it to"}},
		{"index of the journal is cut", localName + "-shm", func(f *os.File, _ int64) error { return f.Truncate(0) }, []string{"; the run continues without it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 500)
			c := open(t, dir, nil)
			f, err := os.OpenFile(filepath.Join(dir, tt.file), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.damage(f, info.Size()); err != nil { // f stays open: closing it would end the locks of this process
				t.Fatal(err)
			}
			defer f.Close()
			c.countFound(t, 500)
			for n := range 1000 {
				c.Store(keyOf(n), rowOf(n))
			}
			c.mustClose(t)
			c.checkSaid(t, tt.says...)
			fill(t, dir, 500)
		})
	}
}

// TestSetAsideWhileInUse: who has the old database open leaves the new one alone, also when it
// writes, and when it closes.
func TestSetAsideWhileInUse(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 300)
	old := open(t, dir, nil)
	old.countFound(t, 300)
	if _, err := setAside(filepath.Join(dir, localName)); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, nil)
	if found := c.countFound(t, 300); found > 0 {
		t.Errorf("%d answers in a new cache", found)
	}
	for n := range 300 {
		c.Store(keyOf(n), rowOf(n))
		old.Store(keyOf(n), rowOf(n))
	}
	old.mustClose(t)
	c.checkFound(t, 300)
	c.mustClose(t)
	c = open(t, dir, nil)
	c.checkFound(t, 300)
	c.mustClose(t)
	c.checkSaid(t)
}

// TestSetAsideFails: a new name that cannot be looked up is an error, not a name in use.
func TestSetAsideFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 255-len(".ba"))) // .bad makes it too long
	if err := createFile(path); err != nil {
		t.Fatal(err)
	}
	if aside, err := setAside(path); err == nil {
		t.Errorf("got %q, want an error", aside)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the database is gone: %v", err)
	}
}

// TestLockedForEver: a program that never gives the database free leaves the run without it.
func TestLockedForEver(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 10)
	c := open(t, dir, nil)
	writer := connect(t, dir)
	execute(t, writer, "BEGIN IMMEDIATE")
	c.checkFound(t, 10) // readers do not wait for a writer
	c.Store(keyOf(11), rowOf(11))
	c.mustClose(t)
	c.checkSaid(t, "write the cache")
	execute(t, writer, "ROLLBACK")
	execute(t, writer, "PRAGMA locking_mode = EXCLUSIVE")
	execute(t, writer, "BEGIN EXCLUSIVE")
	_, err := Open(t.Context(), c.o)
	if err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("open a locked database: %v", err)
	}
	execute(t, writer, "COMMIT")
	execute(t, writer, "PRAGMA locking_mode = NORMAL")
	execute(t, writer, "SELECT count(*) FROM answers")
	fill(t, dir, 10)
}

// TestSharedFolder: on a network file system there is no memory that all share, and no
// file of WAL mode.
func TestSharedFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), sharedName)
	d, err := openDatabase(settings{path: path, shared: true, width: 3, wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c := &Cache{o: Options{Now: time.Now, Columns: 2}, db: d}
	if _, err := c.writeAnswers([]*entry{{keyOf(1), rowOf(1)}}, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.Lookup([]Key{keyOf(1)})[0]; got == nil || !reflect.DeepEqual(*got, rowOf(1)) {
		t.Errorf("found %v", got)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + end); err == nil {
			t.Errorf("there is %s", path+end)
		}
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

func TestFaultsAreErrors(t *testing.T) {
	err := guardFaults(func() error {
		var nowhere *database
		return nowhere.connect()
	})
	if !isDamage(err) {
		t.Errorf("a fault is %v, want damage", err)
	}
}
