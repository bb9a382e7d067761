package classify

import (
	"context"
	"strconv"
	"sync"
	"time"

	"prism/internal/cache"
	"prism/internal/calllog"
	"prism/internal/prompt"
	"prism/internal/reply"
)

// Rows of the same content have the same answer. With a cache, the reader looks every row up
// before it is put into a batch:
//
//  1. If a row of its content is being asked for, it waits for that row's answer.
//  2. If the cache has an answer, the row is settled with it.
//  3. Else it is asked for.
//
// When a row is labelled its answer goes to the cache and to the rows that wait for it. When a
// row fails those are asked for themselves, as they would be without a cache.

// answerCache keeps answers by content. What is stored is found from then on.
type answerCache interface {
	Lookup(keys []cache.Key) []*reply.Row
	Store(key cache.Key, row reply.Row)
}

// sharedAnswer is the answer that rows of one content have, or wait for.
type sharedAnswer struct {
	key     cache.Key
	first   *row       // that is asked for
	found   *reply.Row // in the cache; nil: not
	waiting []*row     // for the first
}

// answers are the answers of this job. The reader looks rows up, the coordinator settles them.
type answers struct {
	cache answerCache
	keys  *cache.KeyMaker // the reader's
	texts []string        // of rowKey

	serves func(*reply.Row) bool // whether an answer of the cache has all that is asked for

	mu    sync.Mutex
	asked map[cache.Key]*sharedAnswer // rows that are being asked for
}

func newAnswers(serves func(*reply.Row) bool, c answerCache, keys *cache.KeyMaker) *answers {
	return &answers{serves: serves, cache: c, keys: keys, asked: map[cache.Key]*sharedAnswer{}}
}

// lookUp sorts rows into those to ask for and those with an answer. The others, which take
// so many bytes, wait for the answer of another.
func (a *answers) lookUp(rows []*row) (ask, cached []*row, waiting int) {
	keys := make([]cache.Key, 0, len(rows))
	fresh := make([]*row, 0, len(rows))
	a.mu.Lock()
	for _, r := range rows {
		key := a.rowKey(&r.Mention)
		if other := a.asked[key]; other != nil {
			r.Mention = withTextsOf(&r.Mention, &other.first.Mention)
			waiting += r.size()
			other.waiting = append(other.waiting, r)
			continue
		}
		r.answer = &sharedAnswer{key: key, first: r}
		a.asked[key] = r.answer
		keys, fresh = append(keys, key), append(fresh, r)
	}
	a.mu.Unlock()
	for i, found := range a.cache.Lookup(keys) {
		r := fresh[i]
		if found == nil || !a.serves(found) {
			ask = append(ask, r)
			continue
		}
		r.answer.found = found
		cached = append(cached, r)
		for _, same := range a.finish(r) { // of these rows: nobody else looks any up
			waiting -= same.size()
			same.answer = r.answer
			cached = append(cached, same)
		}
	}
	return ask, cached, waiting
}

// rowKey is the key of what the model sees of a row, but for its RowID.
func (a *answers) rowKey(m *prompt.Mention) cache.Key {
	a.texts = append(a.texts[:0], m.Title, m.Message, m.Sentiment)
	for _, c := range m.Context {
		if c.Text != "" { // an empty one is not shown
			a.texts = append(a.texts, c.Label, c.Text)
		}
	}
	return a.keys.Key(a.texts...)
}

// finish returns the rows that wait for the answer of a row, and waits no more for it.
func (a *answers) finish(r *row) []*row {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked[r.answer.key] == r.answer {
		delete(a.asked, r.answer.key)
	}
	same := r.answer.waiting
	r.answer.waiting = nil
	return same
}

// maxShared is how many rows are settled together with an answer that was there.
const maxShared = 1024

// settleCached finishes rows with an answer of the cache.
func (e *engine) settleCached(rows []*row) error {
	labelled := make([]reply.Row, len(rows))
	for i, r := range rows {
		labelled[i] = *r.answer.found
	}
	return e.commitAnswers(rows, labelled)
}

// shareAnswers gives the answers of rows that are labelled to the cache and to the rows that
// wait for them.
func (e *engine) shareAnswers(rows []*row, labelled []reply.Row) error {
	if e.answers == nil {
		return nil
	}
	for i, r := range rows {
		e.answers.cache.Store(r.answer.key, labelled[i]) // before others may ask for it again
		same := e.answers.finish(r)
		for len(same) > 0 {
			n := min(len(same), maxShared)
			shared := make([]reply.Row, n)
			for k := range shared {
				shared[k] = labelled[i]
				e.held -= same[k].size()
			}
			if err := e.commitAnswers(same[:n], shared); err != nil {
				return err
			}
			same = same[n:]
		}
	}
	return nil
}

// commitAnswers finishes rows that need no call.
func (e *engine) commitAnswers(rows []*row, labelled []reply.Row) error {
	if len(rows) == 0 {
		return nil
	}
	call := &calllog.Call{Rows: len(rows), Labelled: len(rows), Outcome: calllog.Cached}
	e.clearCall(call)
	call.Total = calllog.NotSaid
	for i, r := range rows {
		labelled[i].RowID = r.RowID
		call.RowIDs = append(call.RowIDs, r.RowID)
	}
	if err := e.commit(rows, labelled, e.c.Tail); err != nil {
		return err
	}
	e.meter.countCached(len(rows), e.countTraits(labelled))
	e.c.Log(call)
	return nil
}

// askForWaiting asks for the rows that wait for the answer of one that failed. No row waits for
// another one of them: they get what they would get without a cache.
func (e *engine) askForWaiting(failed *row) {
	if e.answers == nil {
		return
	}
	same := e.answers.finish(failed)
	for _, r := range same {
		e.held -= r.size()
		r.answer = &sharedAnswer{key: failed.answer.key, first: r}
	}
	for len(same) > 0 { // the first is asked for next
		n := (len(same)-1)%e.c.Options.BatchSize + 1
		b := newBatch(same[len(same)-n:], false)
		b.whole = true
		e.askNext(b)
		same = same[:len(same)-n]
	}
}

// withTextsOf is a mention with the memory of the texts of another, which are the same.
func withTextsOf(m, other *prompt.Mention) prompt.Mention {
	same := *other
	same.RowID = m.RowID
	return same
}

// questionOf is all that the answer to a row depends on beside the row: the model, what
// changes its choice, and what it is asked, as it is for two rows with a text in each place.
func (e *engine) questionOf(digest string) []string {
	var b callBuffers
	ids := []int64{1, 2}
	for _, id := range ids {
		b.mentions = append(b.mentions, prompt.Mention{RowID: id, Title: "t", Message: "m", Sentiment: "s", Context: []prompt.ContextLine{{Label: "c", Text: "x"}}})
	}
	req := e.buildRequest(&b, ids, 0, 0)
	policy := policyName(e.c.Strict)
	question := []string{
		answersVersion, digest, e.c.Prompt.Hash(), string(e.c.Prompt.Style), policy,
		strconv.FormatFloat(req.Temperature, 'g', -1, 64), strconv.Itoa(req.Seed), req.Think,
		req.System, string(req.User), string(req.Format),
	}
	if e.c.Options.Votes > 1 {
		question = append(question, "votes", strconv.Itoa(e.c.Options.Votes))
	}
	if e.c.Options.FastConfidence {
		question = append(question, "confidence", "fast")
	}
	return question
}

// answersVersion is that of what the key does not show: how replies are read and checked. It stays where only the
// stored form of an answer grows: what an older PRISM cannot read it asks for again.
const answersVersion = "1"

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
