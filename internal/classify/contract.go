package classify

import (
	"context"
	"sync"
	"time"

	"prism/internal/server"
)

// What hits every row is found before it costs a call a row. Before the first call
// for rows, the contract probe proves that server and model keep to the reply
// schema. What it cannot prove, the first rounds show (heldrounds.go).

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
