// Package doctor examines what a run would meet: the server, what it and the model
// hold, how many calls at once help, and this machine. Each check is told as soon as
// it is done, with what to do where something is wrong. No row is sent, and no file stays. The
// model is loaded if it is not.
package doctor

import (
	"context"
	"fmt"
	"time"

	"prism/internal/server"
)

// Result is what a check came to.
type Result string

// Results of checks.
const (
	OK      Result = "ok"
	Warning Result = "warning" // a run works, and not as well as it could
	Failed  Result = "failed"  // a run would not work
	Skipped Result = "skipped" // what comes before it failed
)

// Check is one thing that was examined.
type Check struct {
	Name   string `json:"check"`
	Result Result `json:"result"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"` // what to do; empty: nothing
}

// Report is all that was examined.
type Report struct {
	Checks   []Check `json:"checks"`
	Parallel int     `json:"parallel,omitempty"` // calls at once that help; 0: not known
}

// Worst is the worst result of the report's checks.
func (r *Report) Worst() Result {
	worst := OK
	for _, c := range r.Checks {
		if c.Result == Failed || c.Result == Warning && worst == OK {
			worst = c.Result
		}
	}
	return worst
}

// Patient is what is examined.
type Patient struct {
	Client      *server.Client
	Model       *server.Model
	Request     server.Request // a call of the run, without its messages
	MaxParallel int            // calls at once that are tried at most
	Retries     int
	Parallel    int      // calls at once of the run
	Dirs        []string // folders that a run would write to
	AllowFree   bool     // the run takes replies that do not keep to the schema
	Confidence  bool     // the run asks how sure the model is
	AllowCuts   bool     // the run takes servers that cut prompts
	Hint        func(error) string
}

// Examiner makes the checks of a patient.
type Examiner struct {
	Patient
	Report Report
	Tell   func(Check)      // is called after each check
	Now    func() time.Time // the time, for what takes how long
	Sleep  func(context.Context, time.Duration) error

	unanswered bool // the server failed on every call
}

func (e *Examiner) note(c Check) {
	e.Report.Checks = append(e.Report.Checks, c)
	e.Tell(c)
}

func (e *Examiner) say(name string, result Result, advice, found string, args ...any) {
	e.note(Check{Name: name, Result: result, Found: fmt.Sprintf(found, args...), Advice: advice})
}

// Fail notes a check that ended with an error.
func (e *Examiner) Fail(name string, err error) {
	e.note(Check{Name: name, Result: Failed, Found: err.Error(), Advice: e.Hint(err)})
}

// ExamineMachine examines this machine and the folder.
func (e *Examiner) ExamineMachine() {
	for _, dir := range e.Dirs {
		e.examineDisk(dir)
	}
	e.examineLimits()
	e.examineTools()
}

// ExamineServer examines the server and the model. An error is that of ctx.
func (e *Examiner) ExamineServer(ctx context.Context) error {
	e.describeModel()
	for _, check := range []func(context.Context) error{
		e.examineClocks, e.examineContract, e.examineOverlong, e.examineLogProbs, e.examinePrefix, e.examineParallel,
	} {
		if e.unanswered {
			e.SkipServer("")
			return nil
		}
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// SkipServer notes that the other checks of the model are not made.
func (e *Examiner) SkipServer(advice string) {
	e.say("model", Skipped, advice, "not examined any further")
}
