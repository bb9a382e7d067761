package classify

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"prism/internal/calllog"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/term"
)

// workerLog is the worker's log: a line an event, with the time. A nil one
// writes nothing.
type workerLog struct {
	mu  sync.Mutex
	f   *os.File
	now func() time.Time
	err error // the first write that failed
}

func (l *workerLog) printf(format string, args ...any) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := term.PrintableLines(fmt.Sprintf(format, args...))
	_, err := fmt.Fprintf(l.f, "%s %s\n", l.now().Format("2006-01-02T15:04:05.000Z07:00"), text)
	if l.err == nil {
		l.err = err
	}
}

func (w *worker) openLogs() error {
	s := w.s
	if s.Monitoring.LogsDir == "" {
		return nil
	}
	dir := job.RunDir(s.Monitoring.LogsDir, s.RunID)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := fsutil.OpenOwn(w.logPath(), os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	w.log = &workerLog{f: f, now: w.io.Now}
	w.calls, err = calllog.Open(job.CallLogPath(dir, s.WorkerID))
	return err
}

func (w *worker) logPath() string {
	return job.RunLogPath(w.s.Monitoring.LogsDir, w.s.RunID, w.s.WorkerID)
}

func (w *worker) closeLogs() {
	var errs []error
	if w.calls != nil {
		errs = append(errs, w.calls.Close())
	}
	if w.log != nil {
		errs = append(errs, w.log.err, w.log.f.Close())
	}
	if err := errors.Join(errs...); err != nil {
		w.io.Messages.Warnf("the log is not complete: %v", err)
	}
}

func (w *worker) warn(format string, args ...any) {
	w.io.Messages.Warnf(format, args...)
	w.log.printf("warning: "+format, args...)
}

// logCall writes a line of the call log. Labels are worth more than their log:
// a log that cannot be written does not end the work.
func (w *worker) logCall(c *calllog.Call) {
	c.Worker = w.s.WorkerID
	if c.Error != "" {
		w.log.printf("call %d, attempt %d, %d rows: %s: %s", c.Call, c.Attempt, c.Rows, c.Outcome, c.Error)
		w.io.Messages.Debugf("call %d, attempt %d, %d rows: %s: %s", c.Call, c.Attempt, c.Rows, c.Outcome, c.Error)
	}
	if w.calls == nil {
		return
	}
	if err := w.calls.Append(c); err != nil && !w.unlogged.Swap(true) {
		w.warn("%v; calls may be missing in it from now on", err)
	}
}
