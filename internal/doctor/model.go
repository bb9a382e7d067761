package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"prism/internal/server"
	"prism/internal/term"
)

func (e *Examiner) describeModel() {
	m := e.Model
	version := ""
	if m.ServerVersion != "" {
		version = ", Ollama " + m.ServerVersion
	}
	e.say("server", OK, "", "%s%s", strings.Join(e.Client.Hosts(), ", "), version)
	for _, err := range m.LeftOut {
		e.say("server", Warning, "a run works without it; "+e.Hint(err), "%v", err)
	}
	for _, line := range m.Remote {
		e.say("rows", Warning, "name another --model if rows must stay", "%s", line)
	}
	proxies := e.Client.Proxies()
	for _, line := range proxies {
		e.say("proxy", Warning, "--proxy none calls the server without it", "%s", line)
	}
	if len(proxies) == 0 {
		e.say("proxy", OK, "", "the server is called without one")
	}
	digest := ""
	if m.Digest != "" {
		digest = ", digest " + m.Digest[:min(12, len(m.Digest))]
	}
	e.say("model", OK, "", "%s%s", m.Name, digest)
	e.describeContext()
	switch e.Request.Think {
	case "":
		e.say("thinking", OK, "", "not asked for")
	case "false":
		e.say("thinking", OK, "", "the model is told not to think (--think true allows it)")
	default:
		e.say("thinking", Warning, "--think false saves the thinking tokens, if the model allows it", "the model thinks before it answers (%s)", strings.Trim(e.Request.Think, `"`))
	}
}

func (e *Examiner) describeContext() {
	used, most := e.Request.NumCtx, e.Model.ContextLength
	switch {
	case most == 0:
		e.say("context", OK, "", "%d tokens are used; the server does not say how many there can be", used)
	case used < most:
		e.say("context", OK, "", "%d of %d tokens are used (--num-ctx)", used, most)
	default:
		e.say("context", OK, "", "%d tokens, all that the model has", used)
	}
}

// worstClock is how far apart the clocks may be: status files have times of both.
const worstClock = 5 * time.Second

func (e *Examiner) examineClocks(ctx context.Context) error {
	for _, host := range e.Client.Hosts() {
		before := e.Now()
		at, err := e.Client.Clock(ctx, host)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		after := e.Now()
		switch {
		case err != nil:
			e.say("clock", Skipped, "", "%s does not say what time it is: %v", host, err)
		case at.Add(time.Second).Before(before.Add(-worstClock)) || at.After(after.Add(worstClock)):
			e.say("clock", Warning, "set the clocks of both machines (NTP): times in logs do not agree", "%s is %s away from this machine", host, term.Duration(at.Sub(after).Abs()))
		default:
			e.say("clock", OK, "", "%s agrees with this machine", host)
		}
	}
	return nil
}

func (e *Examiner) examineContract(ctx context.Context) error {
	wait := func(n int, asked time.Duration) error {
		return e.Sleep(ctx, max(time.Second<<min(n-1, 4), min(asked, time.Minute)))
	}
	found, err := e.Client.ProveContract(ctx, &e.Request, e.Retries, wait)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case server.ClassOf(err) == server.CutsPrompts: // which the next check tells
		e.say("reply schema", OK, "", "followed")
	case err != nil && e.AllowFree:
		e.say("reply schema", Warning, "a run works, because of --allow-free-replies", "%v", err)
	case err != nil:
		e.Fail("reply schema", err)
		e.unanswered = server.ClassOf(err).Retryable()
	default:
		e.say("reply schema", OK, "", "followed by %s", strings.Join(found.Proven, ", "))
		for _, err := range found.LeftOut {
			e.say("reply schema", Warning, "a run works without it; "+e.Hint(err), "%v", err)
		}
		if found.Thinks && !e.Model.Thinks {
			e.say("thinking", Warning, "--think false may turn it off", "the model thinks before it answers")
		}
	}
	return nil
}

func (e *Examiner) examineOverlong(ctx context.Context) error {
	err := e.Client.ProveRefusal(ctx, &e.Request, true)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && e.AllowCuts:
		e.say("long prompts", Warning, "a run works, because of --allow-truncation, and rows may be truncated", "%v", err)
	case err != nil:
		e.Fail("long prompts", err)
	default:
		e.say("long prompts", OK, "", "one that is longer than the context is refused, not truncated")
	}
	return nil
}

func (e *Examiner) examineLogProbs(ctx context.Context) error {
	ask := e.Request
	ask.User, ask.NumPredict, ask.LogProbs = []byte("Say yes."), 1, true
	reply, err := e.Client.Chat(ctx, &ask)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && server.ClassOf(err) != server.BadRequest:
		e.Fail("probabilities", err)
	case err == nil && len(reply.LogProbs) > 0:
		e.say("probabilities", OK, "", "the server returns the log-probabilities of tokens")
	case e.Confidence:
		e.say("probabilities", Failed, e.Hint(&server.Error{Class: server.NoLogProbs}), "the server returns no log-probabilities")
	default:
		e.say("probabilities", Warning, "labelling works without them", "the server returns no log-probabilities")
	}
	return nil
}

// prefixWords is how long the prompt is whose beginning should be read once only.
const prefixWords = 400

// examinePrefix asks twice with a long common beginning, as the system message of a run
// is. A server that keeps it reads the second prompt in a part of the time.
func (e *Examiner) examinePrefix(ctx context.Context) error {
	if len(e.Client.Hosts()) > 1 {
		e.say("prefix", Skipped, "", "calls go to several hosts in turn")
		return nil
	}
	words := min(prefixWords, e.Request.NumCtx/16)
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d ", e.Now().UnixNano()) // no prompt before began so
	for i := range words {
		fmt.Fprintf(&text, "%d ", i)
	}
	var replies [2]*server.Reply
	for i := range replies {
		ask := e.Request
		ask.System, ask.User, ask.NumPredict = text.String(), fmt.Appendf(nil, "Say %d.", i), 1
		var err error
		if replies[i], err = e.Client.Chat(ctx, &ask); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e.Fail("prefix", err)
			return nil
		}
	}
	first, second := replies[0], replies[1]
	switch {
	case second.CachedTokens > words/2, first.PromptEval > 0 && second.PromptEval >= 0 && second.PromptEval < first.PromptEval/2:
		e.say("prefix", OK, "", "the system message is read once and kept")
	case first.PromptEval <= 0 && second.CachedTokens < 0:
		e.say("prefix", Skipped, "", "the server does not say how long it reads a prompt")
	case first.PromptEval <= 0:
		e.say("prefix", Warning, "larger batches read it less often", "the system message is read again in each call")
	default:
		e.say("prefix", Warning, "larger batches read it less often", "the system message is read again in each call (%s, then %s)",
			first.PromptEval.Round(time.Millisecond), second.PromptEval.Round(time.Millisecond))
	}
	return nil
}

// Of calls at once, twice as many help if they bring at least leastGain of the rate
// before. The trial ends after longestTrial.
const (
	leastGain    = 1.15
	longestTrial = time.Minute
	trialTokens  = 24
)

func (e *Examiner) examineParallel(ctx context.Context) error {
	began, best, rate, more := e.Now(), 0, 0.0, "more were not tried"
	for calls := 1; calls <= e.MaxParallel && e.Now().Sub(began) < longestTrial; calls *= 2 {
		found, err := e.measureRate(ctx, calls)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && best == 0 {
			e.Fail("calls at once", err)
			return nil
		}
		if err != nil {
			more = fmt.Sprintf("%d in parallel fail: %v", calls, err)
			break
		}
		if found < rate*leastGain {
			more = "twice as many are not faster"
			break
		}
		best, rate = calls, found
	}
	e.Report.Parallel = best
	e.say("calls at once", OK, fmt.Sprintf("--parallel %d, of all workers together", best), "%d in parallel make %.1f calls/s; %s", best, rate, more)
	return nil
}

// measureRate is how many calls a second the server answers with so many at once.
func (e *Examiner) measureRate(ctx context.Context, calls int) (float64, error) {
	const rounds = 2
	began := e.Now()
	errs := make(chan error, calls)
	for n := range calls {
		go func() {
			for i := range rounds {
				ask := e.Request
				ask.User, ask.NumPredict = fmt.Appendf(nil, "Count from %d to 100.", n*rounds+i), trialTokens
				if _, err := e.Client.Chat(ctx, &ask); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	var err error
	for range calls {
		err = errors.Join(err, <-errs)
	}
	return float64(calls*rounds) / max(e.Now().Sub(began).Seconds(), 1e-9), err
}
