// Package cache keeps the answers of models by content, in a folder that many processes and
// runs share. It knows how answers are stored and found again; which question and which row a
// key stands for, and what is done with rows that wait for the answer of another, is
// left to package classify.
//
// The answers are in a SQLite database, in WAL mode: any number of processes of one machine
// read it while one writes, and a process that is killed leaves it whole. WAL mode needs memory that
// the processes share. In a folder that other machines may use too, the answers are in another file,
// with a rollback journal, which needs no more than locks.
//
// A cache may cost calls, never rows and never the end of a run. So it is opened in these steps:
//
//  1. The folder is made, for its owner alone, and a lock taken that all who open it take.
//  2. The database is opened and checked. If it is damaged it is renamed, with the files beside it, and a
//     new one made. No process that has the old one open writes to the new one, as SQLite sees that
//     its file was moved.
//  3. Whatever else is wrong with it, such as a full disk, leaves the run without a cache.
//
// Answers are written by a goroutine of their own, those of some moments in one transaction. Until
// then a lookup finds them in memory. An answer is found again only if its checksum, which includes its
// key, is right. What goes wrong later ends the use of the cache for this process, with one
// warning; where it is damage, Close sets the file aside.
package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// Names of the files in the folder. The database of a folder that other machines may use
// has another name, so that nobody opens it in WAL mode.
const (
	localName  = job.CachePrefix + ".db"
	sharedName = job.CachePrefix + "_shared.db"
	lockName   = job.CachePrefix + ".lock"
)

// Options say which answers a cache has and what it needs.
type Options struct {
	Dir     string
	TTL     time.Duration // older answers are as good as none; 0: any age will do
	Columns int           // values that an answer has
	Rows    int           // that are looked up together, most often
	Now     func() time.Time
	Sleep   func(ctx context.Context, d time.Duration) error
	Warn    func(format string, args ...any)

	wait time.Duration // for other processes; 0: busyWait
}

// Cache is an open cache. One goroutine may look up answers while another stores some.
type Cache struct {
	o  Options
	db *database

	mu     sync.Mutex
	queued map[Key]*entry // not written yet, being written included
	order  []*entry       // those of them that are not being written
	bytes  int            // of the queued answers, about
	late   bool           // somebody was told that answers were left out
	ended  error          // after which the database is not used; nil: none yet

	wake    chan struct{} // there are answers to write
	closing context.Context
	quit    context.CancelFunc // of closing
	done    chan struct{}      // the writer has ended
	args    []any              // of lookUp
}

// busyWait is how long the cache waits for other processes: a statement, and twice as long
// Open for others that open it.
const busyWait = 3 * time.Second

// Open opens the cache of a folder. Its error means that there is none for this run.
func Open(ctx context.Context, o Options) (*Cache, error) {
	o.wait = cmp.Or(o.wait, busyWait)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	shared, err := fsutil.IsShared(o.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := o.acquireLock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Release() // nothing was written to it
	s := settings{path: filepath.Join(o.Dir, localName), shared: shared, width: min(max(o.Rows, 1), maxKeys), wait: o.wait}
	if shared {
		s.path = filepath.Join(o.Dir, sharedName)
	}
	db, err := openDatabase(s)
	if isDamage(err) {
		aside, asideErr := setAside(s.path)
		if asideErr != nil {
			return nil, errors.Join(err, asideErr)
		}
		o.Warn("cannot read the cache %s (%v): moved it to %s and started a new one", s.path, err, aside)
		db, err = openDatabase(s)
	}
	if err != nil {
		return nil, err
	}
	c := &Cache{o: o, db: db, queued: map[Key]*entry{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	c.closing, c.quit = context.WithCancel(context.Background())
	go c.writeQueued()
	return c, nil
}

// acquireLock takes the lock that all take who open the cache or set it aside.
func (o *Options) acquireLock(ctx context.Context) (*fsutil.Lock, error) {
	path := filepath.Join(o.Dir, lockName)
	if err := createFile(path); err != nil {
		return nil, err
	}
	return fsutil.WaitForLock(ctx, path, 2*o.wait, o.Sleep)
}

// setAside renames a database and the files beside it. It returns the new name of the
// database. The journals go first: without its database nobody takes one for his own.
func setAside(path string) (string, error) {
	aside := path + ".bad"
	for n := 2; ; n++ {
		_, err := os.Lstat(aside)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return "", err
		}
		aside = fmt.Sprintf("%s.bad%d", path, n)
	}
	for _, end := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// end ends the use of the database after an error, and says so once, with its path.
func (c *Cache) end(warning string, err error) {
	c.mu.Lock()
	first := c.ended == nil
	if first {
		c.ended = err
	}
	c.mu.Unlock()
	if first {
		c.o.Warn(warning, c.db.path, err)
	}
}

// Close writes what is queued, and sets a database aside that proved to be damaged.
func (c *Cache) Close() error {
	c.quit()
	<-c.done
	var fault *faultError
	if errors.As(c.ended, &fault) {
		return c.setAsideDamaged() // what it was doing has not ended: it stays open
	}
	err := guardFaults(c.db.close)
	if isDamage(c.ended) {
		return c.setAsideDamaged()
	}
	return err
}

// setAsideDamaged sets the database aside, unless another process did.
func (c *Cache) setAsideDamaged() error {
	lock, err := c.o.acquireLock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Release() // nothing was written to it
	if now, err := os.Lstat(c.db.path); err != nil || !os.SameFile(now, c.db.info) {
		return nil
	}
	aside, err := setAside(c.db.path)
	if err == nil {
		c.o.Warn("the cache %s is damaged: moved it to %s", c.db.path, aside)
	}
	return err
}
