package server

import (
	"context"
	"sync"
)

// Health is what a Probe found.
type Health uint8

const (
	// Answers: the host that failed works; what failed is the call.
	Answers Health = iota + 1
	// Elsewhere: the host that failed does not work, another does. Calls that
	// follow go there; the same call is worth sending again.
	Elsewhere
	// Down: no host works.
	Down
)

// Probe finds out, after a call failed again and again, whether the server is
// down or the call is bad. It sends host (Error.Host of the last failure; empty:
// any) a call of one token with r's model and options, which reloads nothing;
// if that fails, every other host. The error is host's and comes with Down only,
// or it is ctx's. A probe waits for its turn in the server like any call, and
// for the model to load.
func (c *Client) Probe(ctx context.Context, r *Request, host string) (Health, error) {
	tiny := *r
	tiny.System, tiny.User, tiny.Format, tiny.NumPredict = "", []byte("Say yes."), nil, 1
	var others, asked []*hostProbe
	for _, h := range c.balancer.hosts {
		p := &hostProbe{host: h}
		if host == "" || h.name == host {
			asked = append(asked, p)
		} else {
			others = append(others, p)
		}
	}
	if len(asked) == 0 {
		asked, others = others, nil
	}
	for _, round := range []struct {
		hosts []*hostProbe
		found Health
	}{{asked, Answers}, {others, Elsewhere}} {
		if c.anyAnswers(ctx, &tiny, round.hosts) {
			return round.found, nil
		}
		if err := contextError(ctx); err != nil {
			return 0, err
		}
	}
	return Down, asked[0].err
}

type hostProbe struct {
	host *host
	err  error
}

// anyAnswers probes all the hosts at once; the first answer ends the others.
func (c *Client) anyAnswers(ctx context.Context, r *Request, hosts []*hostProbe) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range hosts {
		wg.Go(func() {
			c.balancer.acquireHost(p.host)
			_, p.err = c.chatWith(ctx, p.host, r)
			c.balancer.releaseHost(p.host, p.err)
			if p.err == nil {
				cancel()
			}
		})
	}
	wg.Wait()
	for _, p := range hosts {
		if p.err == nil {
			return true
		}
	}
	return false
}
