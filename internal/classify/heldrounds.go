package classify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"prism/internal/server"
	"prism/internal/term"
)

// While no row of the job is labelled, a round that may say something about all rows is
// held back, so that its rows are not asked for one by one. A labelled row, or the end of a
// smaller table, settles the held rounds as the retry policy says.

// roundKind is what a round says about all rows.
type roundKind uint8

const (
	usable   roundKind = iota // nothing: it has labels, or less was asked for
	unusable                  // the reply to a whole batch has no valid row
	failing                   // the server fails on a single row, and answers its probe
)

// holding is what is done with a round.
type holding uint8

const (
	settleNow holding = iota // as the retry policy says
	holdBack                 // until a row is labelled
	endWorker                // no row would get labels
)

// maxUnusable is how many whole batches may be unusable before any row is labelled.
const maxUnusable = 3

// maxFailing is how many single rows the server may fail on before any row is labelled.
// Some rows that it cannot take may stand together, such as the longest of a sorted table.
const maxFailing = 30

// nextHolding decides about a round; rounds of its kind are held, with it:
//
//	kind      labelled  rounds         what is done
//	usable    any       any            settleNow
//	unusable  yes       any            settleNow
//	unusable  no        < maxUnusable  holdBack
//	unusable  no        maxUnusable    endWorker
//	failing   yes       any            settleNow
//	failing   no        < maxFailing   holdBack
//	failing   no        maxFailing     endWorker
//
// labelled is whether a row of the job has labels.
func nextHolding(kind roundKind, rounds int, labelled bool) holding {
	most := map[roundKind]int{unusable: maxUnusable, failing: maxFailing}[kind]
	switch {
	case kind == usable || labelled:
		return settleNow
	case rounds < most:
		return holdBack
	}
	return endWorker
}

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

// kind is what the round says about all rows.
func (r *round) kind() roundKind {
	switch {
	case r.action == failRow && (r.outcome == serverUp || r.outcome == otherHostUp):
		return failing
	case r.isUnusable():
		return unusable
	}
	return usable
}

// settleOrHold settles a round, holds it back, or ends the worker, as nextHolding says. A
// labelled row settles those that were held.
func (e *engine) settleOrHold(r *round) error {
	if len(r.labelled) > 0 {
		e.answered = true
		if err := e.settleHeldRounds(); err != nil {
			return err
		}
	}
	kind := r.kind()
	others := func(held *round) bool { return held.kind() != kind }
	same := append(slices.DeleteFunc(slices.Clone(e.heldRounds), others), r)
	switch nextHolding(kind, len(same), e.resumed || e.answered || e.meter.anyFinished()) {
	case settleNow:
		return e.settle(r)
	case endWorker:
		if kind == failing {
			return errFailing(same[0], e.c.Request.Model)
		}
		return errReplies(same[0])
	}
	e.heldRounds = append(e.heldRounds, r)
	return nil
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
