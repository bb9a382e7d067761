package classify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"prism/internal/checkpoint"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/server"
	"prism/internal/table"
)

// checkAndLoadPrompts checks all that needs neither input nor server.
func (s *WorkerOptions) checkAndLoadPrompts(ctx context.Context, io Streams) (*prompt.Prompt, error) {
	if err := errors.Join(s.checkFlags(), s.checkOutput(io)); err != nil {
		return nil, err
	}
	return s.loadPrompts(ctx)
}

// serverConfig says whom the worker talks to. A key is for servers of OpenAI's API alone.
func (s *WorkerOptions) serverConfig() server.Config {
	c := server.Config{
		API: s.Model.API, Hosts: s.Model.Hosts, Proxy: s.Model.Proxy,
		First: s.WorkerID - 1, InFlight: s.Model.MostParallel(), Timeout: time.Duration(s.Model.Timeout), AllowTruncation: s.Model.AllowTruncation,
	}
	if s.Model.Parallel == job.AutoCalls {
		c.MaxParallel = s.Model.MaxParallel
	}
	if c.API == server.OpenAI {
		c.Key = s.APIKey
	}
	return c
}

// errNoHost is about an API whose servers have no usual address.
var errNoHost = &usageError{What: "--api openai requires --host", Hint: "--host has the base URL of the server, such as http://gpu1:8000/v1"}

func (s *WorkerOptions) connect(ctx context.Context) (*server.Client, *server.Model, error) {
	if s.Model.API == server.OpenAI && len(s.Model.Hosts) == 0 {
		return nil, nil, errNoHost
	}
	client, err := server.New(s.serverConfig())
	if err != nil {
		return nil, nil, &usageError{What: err.Error()}
	}
	found, err := client.Check(ctx, s.Model.Name)
	return client, found, err
}

func (s *WorkerOptions) newRequest(m *server.Model) (server.Request, error) {
	numCtx, err := s.numCtx(m)
	if err != nil {
		return server.Request{}, err
	}
	keep, err := server.ParseKeepAlive(s.Model.KeepAlive)
	if err != nil {
		return server.Request{}, &usageError{What: "--keep-alive: " + err.Error()}
	}
	want, err := server.ParseThink(s.Model.Think)
	if err != nil {
		return server.Request{}, &usageError{What: "--think: " + err.Error()}
	}
	return server.Request{
		Model: s.Model.Name, NumCtx: numCtx, Temperature: s.Model.Temperature, Seed: s.Model.Seed,
		Think: m.ThinkValue(want), KeepAlive: keep,
	}, nil
}

// nameRun makes a run ID where none was given.
func (w *worker) nameRun() error {
	s := w.s
	if s.RunID != "" {
		return nil
	}
	var failed error
	s.RunID = job.RunID(s.label(), "v1", s.Model.Name, 0, w.io.Now(), func(id string) bool {
		if s.RunExists(id, s.WorkerID) {
			return true
		}
		mine, err := s.ReserveRun(id, s.WorkerID)
		failed = err
		return !mine && err == nil
	})
	if failed != nil {
		return fmt.Errorf("reserve run ID %s: %w", s.RunID, failed)
	}
	if s.Output.Checkpoints.Directory != "" {
		w.io.Messages.Infof("run %s; after an interruption the same command with --run-id %s continues", s.RunID, s.RunID)
	}
	return nil
}

// conditions are what the rows depend on: what differs from an earlier process is refused.
func (w *worker) conditions() map[string]string {
	s := w.s
	if s.student != nil {
		return map[string]string{"prompt": w.prompt.Hash(), "api": s.Model.API, "model digest": w.digest}
	}
	depends := map[string]string{
		"prompt":       w.prompt.Hash(),
		"model":        s.Model.Name,
		"model digest": w.digest,
		"num_ctx":      strconv.Itoa(w.request.NumCtx),
		"num_predict":  "from the schema",
		"temperature":  strconv.FormatFloat(s.Model.Temperature, 'g', -1, 64),
		"seed":         strconv.Itoa(s.Model.Seed),
		"think":        w.request.Think,
		"labels":       policyName(s.strict(w.prompt.Schema)),
		"prompt style": string(w.prompt.Style),
	}
	if s.Model.Votes > 1 {
		depends["votes"] = strconv.Itoa(s.Model.Votes)
	}
	if s.Model.FastConfidence {
		depends["confidence"] = "fast"
	}
	if s.Model.API == server.OpenAI {
		depends["api"] = s.Model.API
		depends["num_ctx"] = "the server's" // no call says it, and no answer depends on it
	}
	if s.Model.NumPredict > 0 {
		depends["num_predict"] = strconv.Itoa(s.Model.NumPredict)
	}
	return depends
}

func (w *worker) openStore() error {
	s := w.s
	depends := w.conditions()
	depends[checkpoint.FormatCondition] = w.in.form.Describe()
	maps.Copy(depends, s.Columns.Conditions())
	o := checkpoint.Options{
		Dir: s.Output.Checkpoints.Directory, Interval: s.Output.Checkpoints.Interval, Restart: s.Restart,
		Stream: w.in.stable == nil, Assumed: new(job.InputColumns).Conditions(), IDColumn: s.Columns.ID(),
	}
	if w.in.stable != nil {
		o.OldInputSum = w.in.stable.oldInputSum
	}
	if s.RetryFailed {
		o.MayChange = mayChange
	}
	want := checkpoint.NewSidecar(job.JobID(s.RunID, s.WorkerID), w.layout.names, depends)
	if w.in.form != table.JSONL { // whose records name their columns themselves
		want.InputColumns = w.in.records.Header().Names
	}
	store, err := checkpoint.Open(o, want)
	if err != nil {
		return err
	}
	w.store = store
	if err := w.reconcile(); err != nil {
		return errors.Join(onlyChange(err), store.Close())
	}
	if s.RetryFailed {
		store.ResetFailures()
	}
	return nil
}

func policyName(strict bool) string {
	if strict {
		return "strict"
	}
	return "organic"
}
