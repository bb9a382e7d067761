package server

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// The contract is that a reply keeps to the schema that the call sends. It is
// proven, before any row is sent, by a call whose schema takes one value that
// nobody would answer freely. The prompt does not name it.
const (
	contractKey    = "prism"
	contractValue  = "q7-heron-42"
	contractPrompt = "Say yes."
	contractSchema = `{"type":"object","properties":{"` + contractKey + `":{"const":"` + contractValue + `"}},` +
		`"required":["` + contractKey + `"],"additionalProperties":false}`
)

// contractTokens bounds the reply of a model that does not think, in tokens: the
// object, and the white space that the grammar allows between its parts.
const contractTokens = 256

// contractTries is how often a wrong reply is asked for.
const contractTries = 3

// Contract is what ProveContract found.
type Contract struct {
	Proven  []string // hosts that hold it
	LeftOut []error  // of those that do not, an *Error each; calls do not go there
	Thinks  bool     // a reply had thinking before it
	Remote  []string // hosts that passed the call on to another server, a line for people each
}

// ProveContract asks every host, with r's model and options, for a reply under a
// schema that only one value fits. Hosts that answer anything else three times,
// that do not tell log-probabilities where r asks for them, or that do not answer, are left out from then on, as long as one holds the
// contract. Errors that may pass are resent retries times, after wait(n, after)
// of the n-th, which is given how long the server wants to be left alone. The
// error is an *Error of the first host, or ctx's. No other call may be in flight.
func (c *Client) ProveContract(ctx context.Context, r *Request, retries int, wait func(n int, after time.Duration) error) (*Contract, error) {
	return c.proveHosts(ctx, r, keepsToSchema, retries, wait)
}

// ProveLogProbs is ProveContract for hosts that may answer anything, as long as they tell
// log-probabilities with it.
func (c *Client) ProveLogProbs(ctx context.Context, r *Request, retries int, wait func(n int, after time.Duration) error) (*Contract, error) {
	return c.proveHosts(ctx, r, isAnyReply, retries, wait)
}

// proof reports whether a reply to the contract's call is what it has to be, and if not why the host is of no use.
type proof func(ask *Request, r *Reply) error

func keepsToSchema(ask *Request, r *Reply) error {
	if contractObject.MatchString(r.Text) {
		return nil
	}
	return &Error{Class: NoContract, Host: r.Host, Model: ask.Model, Op: opChat, Err: fmt.Errorf(
		"model %q does not keep to the reply schema: to a schema with one possible value it answered %s", ask.Model, describeReply(r))}
}

// isAnyReply takes every reply but an empty one, which has no token to tell of.
func isAnyReply(ask *Request, r *Reply) error {
	if r.Text != "" || hasLogProbs(r.LogProbs, ask.Alternatives) {
		return nil
	}
	return noLogProbs(ask, r)
}

func noLogProbs(ask *Request, r *Reply) error {
	return &Error{Class: NoLogProbs, Host: r.Host, Model: ask.Model, Op: opChat,
		Err: errors.New("the server returns no log-probabilities with its reply")}
}

func (c *Client) proveHosts(ctx context.Context, r *Request, check proof, retries int, wait func(n int, after time.Duration) error) (*Contract, error) {
	ask := *r
	ask.System, ask.User, ask.Format = "", []byte(contractPrompt), []byte(contractSchema)
	ask.NumPredict = contractTokens
	if r.Think != "" && r.Think != "false" {
		ask.NumPredict = r.NumCtx
	}
	hosts := c.balancer.hosts
	replies := make([]*Reply, len(hosts))
	errs := make([]error, len(hosts))
	var wg sync.WaitGroup
	var oneProven atomic.Bool
	for i, h := range hosts {
		wg.Go(func() {
			replies[i], errs[i] = c.proveHost(ctx, h, ask, check, func(n int, err error) error {
				hangs := causeOfError(err) == NoReply // the others are not to wait for it again
				if n > retries || hangs && oneProven.Load() {
					return err
				}
				return wait(n, RetryAfter(err))
			})
			if errs[i] == nil {
				oneProven.Store(true)
			}
		})
	}
	wg.Wait()
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	found := new(Contract)
	var proven []*host
	for i, h := range hosts {
		if errs[i] != nil {
			found.LeftOut = append(found.LeftOut, errs[i])
			continue
		}
		proven = append(proven, h)
		found.Proven = append(found.Proven, h.name)
		found.Thinks = found.Thinks || replies[i].Thought
		if to := replies[i].RemoteHost; to != "" {
			found.Remote = append(found.Remote, RemoteText(h.name, r.Model, to, ""))
		}
	}
	if len(proven) == 0 {
		return nil, found.LeftOut[0]
	}
	c.balancer.setHosts(proven)
	return found, nil
}

// proveHost asks one host until its reply passes the check or the tries are used up.
// retry waits before the n-th resend after an error that may pass, or refuses it.
func (c *Client) proveHost(ctx context.Context, h *host, ask Request, check proof, retry func(n int, err error) error) (*Reply, error) {
	failed := 0
	for wrong := 0; ; {
		c.balancer.acquireHost(h)
		reply, err := c.chatWith(ctx, h, &ask)
		c.balancer.releaseHost(h, err)
		var unproven error
		if err == nil {
			unproven = check(&ask, reply)
		}
		switch {
		case err == nil && unproven == nil && ask.LogProbs && !hasLogProbs(reply.LogProbs, ask.Alternatives):
			return nil, noLogProbs(&ask, reply)
		case err == nil && unproven == nil:
			if err = c.refusesOverlong(ctx, h, ask, c.dialect.overlongTokens(h, &ask)); err == nil || !ClassOf(err).Retryable() {
				return reply, err
			}
		case err == nil && reply.CutWhileThinking() && ask.NumPredict < ask.NumCtx:
			ask.NumPredict = ask.NumCtx
			continue
		case err == nil:
			if wrong++; wrong >= contractTries {
				return nil, unproven
			}
			ask.Seed, ask.Temperature = ask.Seed+1, max(ask.Temperature, 0.2*float64(wrong))
			continue
		case !ClassOf(err).Retryable():
			return nil, err
		}
		failed++
		if retry(failed, err) != nil {
			return nil, err
		}
	}
}

// contractObject finds the one object that the schema allows; text around it, such
// as a code fence, is not what the contract is about.
var contractObject = regexp.MustCompile(`\{\s*"` + contractKey + `"\s*:\s*"` + contractValue + `"\s*\}`)

// describeReply is a reply as an error shows it.
func describeReply(r *Reply) string {
	switch text := excerpt([]byte(r.Text)); {
	case r.CutWhileThinking():
		return fmt.Sprintf("nothing: the reply was truncated while thinking, after %d tokens", r.Tokens)
	case text == "":
		return "nothing"
	case r.DoneReason == Length:
		return fmt.Sprintf("\"%s\", truncated after %d tokens", text, r.Tokens)
	default:
		return "\"" + text + "\""
	}
}
