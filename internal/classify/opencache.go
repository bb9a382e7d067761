package classify

import (
	"context"
	"time"

	"prism/internal/cache"
)

// openCache opens the cache of answers, if there is to be one, and gives it to the engine. A cache
// that cannot be used costs calls and nothing else. It returns what closes it.
func (w *worker) openCache(ctx context.Context, e *engine) (closeCache func()) {
	dir := w.s.Model.Cache
	switch {
	case dir == "":
		return func() {}
	case w.digest == "":
		w.warn("the server does not say which model %q is (no digest): the run continues without the cache %s", w.s.Model.Name, dir)
		return func() {}
	}
	c, err := cache.Open(ctx, cache.Options{
		Dir: dir, TTL: time.Duration(w.s.Model.CacheTTL), Columns: len(w.prompt.Columns), Rows: w.s.Model.BatchSize,
		Now: w.io.Now, Sleep: w.io.Sleep, Warn: w.warn,
	})
	if err != nil {
		w.warn("open the cache %s: %v; the run continues without it", dir, err)
		return func() {}
	}
	e.answers = newAnswers(w.layout.hasConfidence, c, cache.NewKeyMaker(e.questionOf(w.digest)...))
	return func() {
		if err := c.Close(); err != nil {
			w.warn("close the cache %s: %v", dir, err)
		}
	}
}
