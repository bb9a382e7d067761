// The retry policy. Rows that are asked for together are a batch. What is done
// with a batch in one go is a round: one call, which is resent after errors that
// may pass, and perhaps a probe, a tiny call that tells a server that is down from
// rows that it cannot take. Four words are kept apart:
//
//   - a call is one request to the server for the rows of a batch
//   - an attempt is the number of a call in its round; the second and later ones resend it
//   - a row retry is a new round for rows without a valid answer, with another seed
//   - --retries, retries below, bounds both: the attempts after the first, and the
//     rounds of a single row
//
// nextAction decides after every call and every probe:
//
//	outcome                       history                                       action
//	allLabelled                   any                                           finish
//	someLabelled                  any                                           askMissing
//	noneLabelled                  several rows                                  splitHalves
//	noneLabelled                  one row, rowRetries+1 < retries               retryRow
//	noneLabelled                  one row, rowRetries+1 >= retries              failRow
//	cutThinking                   rowRetries+1 < retries                        retryRow
//	cutThinking                   rowRetries+1 >= retries                       failRow
//	needsRoom                     newRounds < maxNewRounds                      newRound
//	needsRoom                     newRounds used up                             failRow
//	overflow                      several rows                                  splitHalves
//	overflow                      one row                                       failRow
//	unreachable, busy, transient  attempts <= retries                           resend
//	unreachable, busy, transient  attempts > retries                            probe
//	suspected error               several rows                                  bisect
//	suspected error               one row, attempts < retries                   resend
//	suspected error               one row, attempts >= retries                  probe
//	permanent                     any                                           stop
//	serverDown                    any                                           stop
//	otherHostUp                   newRounds < maxNewRounds                      newRound
//	otherHostUp                   newRounds used up, several rows               bisect
//	otherHostUp                   newRounds used up, one row, not bisecting     confirmRow
//	otherHostUp                   newRounds used up, one row, bisecting         failRow
//	serverUp                      no transient error, newRounds < maxNewRounds  newRound
//	serverUp                      else, several rows                            bisect
//	serverUp                      else, one row, not bisecting                  confirmRow
//	serverUp                      else, one row, bisecting                      failRow
//
// A suspected error is unreachable, busy or transient while bisecting, in a round
// with a transient error: the rows may be its reason.
//
// A reply that was cut by its length counts by its valid rows. One that was cut
// while the model still thought (cutThinking) says nothing about the number of rows,
// so these are not halved: they are asked for again, and fail together. If the bound
// was made for a model that does not think (needsRoom), they get the room first.
//
// Rows are bisected when the call for them fails although the server works: the
// first half is asked for, and what comes of it decides about the second half,
// see bisectsSecondHalf.
package classify

import "fmt"

// outcome is what came of a call or of a probe.
type outcome uint8

// The outcomes. The last three are those of a probe.
const (
	allLabelled  outcome = iota
	someLabelled         // a reply with some of the rows
	noneLabelled         // a reply without a valid row
	cutThinking          // a reply that ended while the model thought
	needsRoom            // the same, with a bound that left no room to think
	overflow             // the prompt does not fit the context
	unreachable          // no connection
	busy                 // the server has no room for the call
	transient            // the connection or the server failed; the rows may be the reason
	permanent            // no call would succeed
	serverUp             // the host that failed works
	otherHostUp          // it does not, another host does
	serverDown           // no host works
)

var outcomeNames = [...]string{"allLabelled", "someLabelled", "noneLabelled", "cutThinking", "needsRoom", "overflow", "unreachable", "busy",
	"transient", "permanent", "serverUp", "otherHostUp", "serverDown"}

func (o outcome) String() string { return outcomeNames[o] }

// history is what has happened to the rows of a batch.
type history struct {
	rows       int  // asked for together
	bisecting  bool // a call for these rows, or more, failed although the server worked
	newRounds  int  // rounds that ended with newRound
	rowRetries int  // rounds that ended with retryRow

	attempts     int  // calls of this round
	sawTransient bool // one of them ended with a transient error
}

// action is what is done next with the rows of a batch.
type action uint8

// The actions. The first two go on with the round, the others end it.
const (
	resend      action = iota // the same call, after a delay
	probe                     // find out whether the server works
	finish                    // nothing is left to do
	askMissing                // ask for the rows that the reply lacks
	splitHalves               // ask for each half
	bisect                    // ask for the first half, then decide about the second
	newRound                  // ask for the rows as if they were new
	retryRow                  // ask again, with another seed and a higher temperature
	confirmRow                // ask once more, now as bisected, before the row fails
	failRow                   // the row gets no labels; of cutThinking, all rows of the batch
	stop                      // end the worker with the error
)

// endsRound reports whether the round is over.
func (a action) endsRound() bool { return a != resend && a != probe }

// maxNewRounds is how often rows are asked for as if they were new before they are
// bisected after all.
const maxNewRounds = 3

// nextAction decides what follows an outcome, which the history includes.
// retries is the number that the user set.
func nextAction(o outcome, h history, retries int) action {
	switch o {
	case allLabelled:
		return finish
	case someLabelled:
		return askMissing
	case noneLabelled, overflow:
		switch {
		case h.rows > 1:
			return splitHalves
		case o == noneLabelled && h.rowRetries+1 < retries:
			return retryRow
		}
		return failRow
	case cutThinking:
		if h.rowRetries+1 < retries {
			return retryRow
		}
		return failRow
	case needsRoom:
		if h.newRounds < maxNewRounds {
			return newRound
		}
		return failRow
	case unreachable, busy, transient:
		return actionAfterError(h, retries)
	case serverUp, otherHostUp:
		return actionAfterProbe(o, h)
	case permanent, serverDown:
		return stop
	}
	panic(fmt.Sprintf("unknown outcome %d", o))
}

// actionAfterError resends while retries are left. Rows that failed while the
// server worked are not to cost much more.
func actionAfterError(h history, retries int) action {
	suspected := h.bisecting && h.sawTransient
	switch {
	case suspected && h.rows > 1:
		return bisect
	case suspected && h.attempts < retries, !suspected && h.attempts <= retries:
		return resend
	}
	return probe
}

func actionAfterProbe(o outcome, h history) action {
	switch {
	case h.newRounds < maxNewRounds && (o == otherHostUp || !h.sawTransient):
		return newRound
	case h.rows > 1:
		return bisect
	case !h.bisecting:
		return confirmRow
	}
	return failRow
}

// bisectsSecondHalf decides about the second half of bisected rows when the
// round of the first half has ended with an outcome:
//
//	outcome                                            second half   action
//	transient, serverUp, otherHostUp                   any           ask for it whole
//	any other                                          one row       ask for it whole
//	any other                                          several rows  bisect it
//
// If the first half fails, a bad row is in it, and the second half may be good. If
// the first half succeeds, the bad row is in the second.
func bisectsSecondHalf(first outcome, rows int) bool {
	firstFailed := first == transient || first == serverUp || first == otherHostUp
	return !firstFailed && rows > 1
}
