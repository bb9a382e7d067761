package classify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"prism/internal/server"
	"prism/internal/term"
)

// What hits every row is found before it costs a call a row. Before the first call
// for rows, the contract probe proves that server and model keep to the reply
// schema. And while no row of the job is labelled, batches whose reply is unusable
// wait: the third ends the worker, and a labelled row, or the end of a smaller
// table, lets them go on as the policy says. So do single rows that the server fails on
// although it answers its probe: maxFailing of them end the worker.

// contract is what the contract probe found; all calls wait for it.
type contract struct {
	once  sync.Once
	err   error
	hosts int // that get rows
}

// proveContract returns nil if the hosts that get rows keep to the reply schema. The
// first call finds out.
func (e *engine) proveContract(ctx context.Context) error {
	e.contract.once.Do(func() { e.contract.err = e.askForContract(ctx) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return e.contract.err
}

func (e *engine) askForContract(ctx context.Context) error {
	e.thinks.Store(e.c.Request.Think != "" && e.c.Request.Think != "false")
	e.contract.hosts = len(e.c.Options.Hosts)
	prove, shown := e.model.ProveContract, "keeps to the reply schema"
	if e.c.Options.AllowFreeReplies {
		e.c.Note("contract probe: left out (--allow-free-replies)")
		if !e.c.Request.LogProbs {
			return e.model.ProveRefusal(ctx, &e.c.Request, false)
		}
		prove, shown = e.model.ProveLogProbs, "returns log-probabilities"
	}
	first := time.Duration(e.c.Options.Delay)
	wait := func(n int, asked time.Duration) error {
		return e.c.Sleep(ctx, max(min(first<<min(n-1, 10), max(maxDelay, first)), min(asked, server.LongestAskedWait)))
	}
	found, err := prove(ctx, &e.c.Request, e.c.Options.Retries, wait)
	if err != nil {
		e.c.Note("contract probe: %v", err)
		return err
	}
	e.contract.hosts = len(found.Proven)
	if !e.c.Options.AllowFreeReplies {
		if err := e.store.RecordContract(found.Proven); err != nil {
			return err
		}
	}
	for _, host := range found.Proven {
		e.c.Note("contract probe: %s %s", host, shown)
	}
	for _, line := range found.Remote {
		e.warnRemote(line)
	}
	for _, err := range found.LeftOut {
		e.c.Warn("%v; working without it", err)
	}
	if found.Thinks {
		e.thinks.Store(true)
	}
	return nil
}

// warnRemote says once that rows leave the server they are sent to, unless it was
// said at the start.
func (e *engine) warnRemote(line string) {
	if !e.c.SaidRemote && !e.saidRemote.Swap(true) {
		e.c.Warn("%s", line)
	}
}

// maxUnusable is how many whole batches may be unusable before any row is labelled.
const maxUnusable = 3

// maxFailing is how many single rows the server may fail on before any row is labelled.
// Some rows that it cannot take may stand together, such as the longest of a sorted table.
const maxFailing = 30

// unusableError says that no row gets labels, whatever is asked.
type unusableError struct{ what, hint string }

func (e *unusableError) Error() string { return e.what }

// Hint says what the user can try.
func (e *unusableError) Hint() string { return e.hint }

// errReplies is about replies without a usable row; first is one of them.
func errReplies(first *round) error {
	what := fmt.Sprintf("no row is labelled: the replies to the first %d batches are unusable (%s)", maxUnusable, first.reason)
	if first.text != "" {
		what += fmt.Sprintf("; the first reply: \"%s\"", shortText(first.text))
	}
	return &unusableError{what, "try another model, --think true or --think false, or a larger --num-ctx; --dry-run shows what the model is asked"}
}

// errFailing is about a server that fails on every row, and not on its probe.
func errFailing(first *round, model string) error {
	hint := "if only these rows are the cause, --row-start skips them"
	var said *server.Error
	if errors.As(first.err, &said) {
		hint = serverHint(said, model) + "\n" + hint
	}
	return &unusableError{fmt.Sprintf("no row is labelled: the server answers its probe, but fails on each of %d rows: %s", maxFailing, first.reason), hint}
}

// shortText is the start of a reply, for a message.
func shortText(text string) string {
	const longest = 200
	return term.Truncate(term.Printable(strings.TrimSpace(text)), longest)
}

// settleOrHold settles a round, unless it is one of a whole batch that is unusable, or
// of a row that the server fails on, before any row of the job is labelled.
func (e *engine) settleOrHold(r *round) error {
	if len(r.labelled) > 0 {
		e.answered = true
		if err := e.settleHeldRounds(); err != nil {
			return err
		}
	}
	failing := r.isFailing()
	if !failing && !r.isUnusable() || e.resumed || e.answered || e.meter.anyFinished() {
		return e.settle(r)
	}
	e.heldRounds = append(e.heldRounds, r)
	same := slices.DeleteFunc(slices.Clone(e.heldRounds), func(other *round) bool { return other.isFailing() != failing })
	switch {
	case failing && len(same) == maxFailing:
		return errFailing(same[0], e.c.Request.Model)
	case !failing && len(same) == maxUnusable:
		return errReplies(same[0])
	}
	return nil
}

// isFailing reports whether a round of a single row ended with an error although the
// server works, so that the row is to fail.
func (r *round) isFailing() bool {
	return r.action == failRow && (r.outcome == serverUp || r.outcome == otherHostUp)
}

// isUnusable reports whether a round of a whole batch brought a reply without a row,
// and the policy has nothing left but to ask for less or to give up. A reply that
// begins as it should and is cut by its length is not meant: fewer rows may fit, unless it
// ends in a long run of white space.
func (r *round) isUnusable() bool {
	endless := len(strings.TrimRight(r.text, " \t\r\n")) < len(r.text)/2
	if r.cut && !endless && beginsAsAsked(r.text) {
		return false
	}
	return r.batch.whole && (r.outcome == cutThinking || r.outcome == noneLabelled && (r.action == splitHalves || r.action == failRow))
}

// beginsAsAsked reports whether a reply begins like an object, or like the array of a compact one.
func beginsAsAsked(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n[{")
	return strings.HasPrefix(start, `"`) || start != text && strings.HasPrefix(start, "1")
}

// settleHeldRounds settles the rounds that wait as unusable.
func (e *engine) settleHeldRounds() error {
	rounds := e.heldRounds
	e.heldRounds = nil
	for _, r := range slices.Backward(rounds) { // the first is asked for next
		if err := e.settle(r); err != nil {
			return err
		}
	}
	return nil
}
