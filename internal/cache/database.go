package cache

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// version is that of the tables, and of all that gives a stored answer its meaning. A newer
// one is left alone, an older one is set aside.
const version = 1

// application marks a database as this package's: "PRSM".
const application = 0x5052534d

// maxFullCheck is up to which size, in bytes, a database is checked as a whole when it is opened.
const maxFullCheck = 16 << 20

const makeTables = `CREATE TABLE IF NOT EXISTS answers (
	key    BLOB PRIMARY KEY,
	answer BLOB NOT NULL,
	sum    INTEGER NOT NULL, -- CRC-32C of key and answer
	made   INTEGER NOT NULL  -- seconds since 1970
) WITHOUT ROWID`

// database is the open file. The reader and the writer have a connection each: a
// lookup does not wait for the writing of answers.
type database struct {
	settings
	info          fs.FileInfo // of the file when it was opened
	db            *sql.DB
	reads, writes *sql.Conn
	lookUp        *sql.Stmt // of width keys
	upsert        *sql.Stmt
}

// settings say how a database is opened.
type settings struct {
	path   string
	shared bool          // with other machines: without memory that all share, which WAL mode needs
	width  int           // keys of a lookup
	wait   time.Duration // of a statement for another process
}

// openDatabase opens a database, or makes one.
func openDatabase(s settings) (*database, error) {
	if err := createFile(s.path); err != nil {
		return nil, err
	}
	info, err := os.Lstat(s.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", s.path)
	}
	d := &database{settings: s, info: info}
	if err := guardFaults(func() error { return d.connect() }); err != nil {
		return nil, errors.Join(err, guardFaults(d.close))
	}
	return d, nil
}

// createFile makes the file, which only its owner may read, unless it is there.
// SQLite gives the files beside it the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func (d *database) connect() error {
	name, err := d.dataSource()
	if err != nil {
		return err
	}
	if d.db, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	d.db.SetMaxOpenConns(2)
	d.db.SetMaxIdleConns(2)
	ctx := context.Background()
	if d.writes, err = d.db.Conn(ctx); err != nil {
		return err
	}
	if err := d.prepareTables(ctx); err != nil {
		return err
	}
	if d.reads, err = d.db.Conn(ctx); err != nil {
		return err
	}
	query := "SELECT key, answer, sum, made FROM answers WHERE key IN (?" + strings.Repeat(", ?", d.width-1) + ")"
	if d.lookUp, err = d.reads.PrepareContext(ctx, query); err != nil {
		return err
	}
	d.upsert, err = d.writes.PrepareContext(ctx, `INSERT INTO answers (key, answer, sum, made) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET answer = excluded.answer, sum = excluded.sum, made = excluded.made`)
	return err
}

// dataSource is the name by which the driver knows a file and how it is used.
func (s *settings) dataSource() (string, error) {
	abs, err := filepath.Abs(s.path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") { // C:/…
		abs = "/" + abs
	}
	mode, sync := "WAL", "NORMAL"
	if s.shared {
		mode, sync = "DELETE", "FULL"
	}
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", s.wait.Milliseconds()), "journal_mode(" + mode + ")", "synchronous(" + sync + ")",
		"trusted_schema(0)", "cell_size_check(1)", "journal_size_limit(16777216)",
	}}
	return "file://" + strings.ReplaceAll(url.PathEscape(abs), "%2F", "/") + "?" + q.Encode(), nil
}

// errNewer says that a later version of PRISM made the database.
var errNewer = errors.New("a newer version of PRISM made it")

// errOther says that the file is no database of this version.
var errOther = errors.New("it is not a cache of this version of PRISM")

// prepareTables checks the tables, or makes them in a new database.
func (d *database) prepareTables(ctx context.Context) error {
	var app, found, tables int
	row := d.writes.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)")
	if err := row.Scan(&app, &found, &tables); err != nil {
		return err
	}
	switch {
	case app == application && found == version && tables > 0:
		return d.check(ctx)
	case app == application && found > version:
		return errNewer
	case app != 0 || found != 0 || tables > 0:
		return errOther
	}
	for _, statement := range []string{
		"BEGIN IMMEDIATE", makeTables, fmt.Sprintf("PRAGMA application_id = %d", application), fmt.Sprintf("PRAGMA user_version = %d", version), "COMMIT",
	} {
		if _, err := d.writes.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// check reads a database as a whole, if it is not too large for that: damage that is found now
// costs less than damage that is found later.
func (d *database) check(ctx context.Context) error {
	if d.info.Size() > maxFullCheck {
		return nil
	}
	var said string
	if err := d.writes.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return &damageError{said}
	}
	return nil
}

// damageError is damage that a check found.
type damageError struct{ what string }

func (e *damageError) Error() string { return "damaged: " + e.what }

// faultError is a fault of the memory behind which the file is: somebody cut it.
type faultError struct{ what any }

func (e *faultError) Error() string { return fmt.Sprintf("damaged: %v", e.what) }

// guardFaults makes an error of a fault of the memory in which processes share the index of
// the journal. What was being done then is not to be gone on with.
func guardFaults(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = &faultError{fault}
		}
	}()
	return do()
}

// isDamage tells errors after which the file is to be set aside from those that may pass.
func isDamage(err error) bool {
	var said *sqlite.Error
	var found *damageError
	var fault *faultError
	switch {
	case errors.As(err, &found), errors.As(err, &fault), errors.Is(err, errOther):
		return true
	case errors.As(err, &said):
		code := said.Code() & 0xff
		return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
	}
	return false
}

func (d *database) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{d.lookUp, d.upsert} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	for _, c := range []*sql.Conn{d.reads, d.writes} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	return errors.Join(errs...)
}
