package ollamatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// chatRequest is the body of /api/chat, and of /api/generate with Prompt.
type chatRequest struct {
	Model    string `json:"model"`
	Prompt   string `json:"prompt"`
	System   string `json:"system"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Format      json.RawMessage `json:"format"`
	Truncate    *bool           `json:"truncate"`
	Shift       *bool           `json:"shift"`
	Think       json.RawMessage `json:"think"`
	KeepAlive   json.RawMessage `json:"keep_alive"`
	LogProbs    bool            `json:"logprobs"`
	TopLogProbs int             `json:"top_logprobs"`
	Options     struct {
		NumCtx      int     `json:"num_ctx"`
		NumPredict  int     `json:"num_predict"`
		Temperature float64 `json:"temperature"`
		Seed        int     `json:"seed"`
	} `json:"options"`
}

// chatCall is a call while it is worked on.
type chatCall struct {
	chatRequest
	kindOfAPI    kindOfAPI
	number       int
	model        Model
	system, user string
	promptTokens int
	ids          []int64 // those that the reply schema fixes, or numbers
	rows         []Row
	columns      []Column
	array        bool
	compact      bool      // rows have numbers, and are arrays
	contract     string    // the only reply that the schema takes; empty: it is not a contract probe
	began        time.Time // of its time in the slot, in which the fake reads it too
	loads        bool      // the model is loaded for it
	promptCut    bool      // the prompt lost its beginning
	replyCut     bool      // the reply came to its bound
	fault        *Fault
	values       []spokenValue // of the reply, in its order
}

// kindOfAPI is what a call was sent to.
type kindOfAPI uint8

const (
	callsChat        kindOfAPI = iota // /api/chat
	callsGenerate                     // /api/generate
	callsCompletions                  // /v1/chat/completions
)

func (c *chatCall) kind() Kind {
	if c.fault == nil {
		return ""
	}
	return c.fault.Kind
}

func (c *chatCall) rowIDs() []int64 {
	ids := make([]int64, len(c.rows))
	for i := range c.rows {
		ids[i] = c.rows[i].ID
	}
	return ids
}

func (c *chatCall) call() Call {
	return Call{
		Number: c.number, RowIDs: c.rowIDs(), Model: c.Model, System: c.system, User: c.user, Format: string(c.Format),
		NumCtx: c.Options.NumCtx, NumPredict: c.Options.NumPredict, Temperature: c.Options.Temperature,
		Seed: c.Options.Seed, Think: string(c.Think), KeepAlive: string(c.KeepAlive),
		Truncate: c.Truncate, Shift: c.Shift, Fault: c.kind(),
	}
}

// A token of the fake is bytesPerToken bytes; a model's default context holds
// defaultCtx of them, and templateTokens is what a chat template adds.
const (
	bytesPerToken  = 4
	defaultCtx     = 4096
	templateTokens = 16
)

func tokens(bytes int) int { return (bytes + bytesPerToken - 1) / bytesPerToken }

func (s *Server) chat(w http.ResponseWriter, r *http.Request, called kindOfAPI) {
	arrived := time.Now()
	body, _ := s.bodies.Get().(*bytes.Buffer)
	if body == nil {
		body = new(bytes.Buffer)
	}
	body.Reset()
	defer s.bodies.Put(body)
	if _, err := io.Copy(body, r.Body); err != nil {
		return // the caller is gone
	}
	c := &chatCall{kindOfAPI: called}
	var err error
	if called == callsCompletions {
		err = s.readCompletion(body.Bytes(), &c.chatRequest)
	} else {
		err = json.Unmarshal(body.Bytes(), &c.chatRequest)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	if status, text := s.resolve(c); status != 0 {
		writeError(w, status, text)
		return
	}
	s.record.beginCall(c)
	defer s.record.endCall()
	queued := time.Now()
	if !s.awaitRelease(r, c) {
		return // the caller is gone
	}
	if !s.acquireSlot(r) {
		writeError(w, http.StatusServiceUnavailable, busyText)
		return
	}
	c.began = arrived.Add(time.Since(queued))
	defer s.releaseSlot()
	c.loads = s.record.loadModel(c.Model + " " + strconv.Itoa(c.numCtx()))
	if status, text := s.fitContext(c); status != 0 {
		writeError(w, status, text)
		return
	}
	s.sendAnswer(w, r, c)
}

// resolve fills in what the request asks for; a status other than 0 refuses it.
func (s *Server) resolve(c *chatCall) (status int, text string) {
	var ok bool
	if c.model, ok = s.findModel(c.Model); !ok {
		return http.StatusNotFound, fmt.Sprintf("model '%s' not found", c.Model)
	}
	if string(c.Think) == "true" && !c.model.Thinks {
		return http.StatusBadRequest, fmt.Sprintf("%q does not support thinking", c.Model)
	}
	c.system, c.user = c.System, c.Prompt
	for _, m := range c.Messages {
		switch m.Role {
		case "system":
			c.system = m.Content
		case "user":
			c.user = m.Content
		}
	}
	if c.contract = contractReply(c.Format); c.contract != "" {
		return 0, ""
	}
	if len(c.Format) > 0 && c.Format[0] == '{' {
		var sh *shape
		var err error
		if c.ids, sh, c.array, err = s.readFormat(c.Format); err != nil {
			return http.StatusInternalServerError, err.Error()
		}
		c.columns, c.compact = sh.columns, sh.compact
		if c.compact {
			c.columns = s.nameColumns(c.columns, c.user)
		}
	}
	s.applyOwnLabels(c)
	c.readRows()
	c.array = c.array || len(c.Format) == 0 && len(c.rows) > 1
	return 0, ""
}

// readRows finds the rows in the message.
func (c *chatCall) readRows() {
	if c.compact {
		c.rows = readCompactMentions(c.user, c.ids)
		return
	}
	c.rows = readMentions(c.user, c.ids)
}

// applyOwnLabels lets the server's labels and answers go before the schema's.
func (s *Server) applyOwnLabels(c *chatCall) {
	if len(s.columns) == 0 {
		return
	}
	known := c.columns
	c.columns = nil
	for _, k := range known {
		for _, own := range s.columns {
			if own.Name == k.Name && own.Labels != nil {
				k.Labels = own.Labels
			}
			if own.Name == k.Name && own.Said != nil {
				k.Said = own.Said
			}
		}
		c.columns = append(c.columns, k)
	}
	if known == nil {
		c.columns = append(c.columns, s.columns...)
	}
}

// fitContext counts the prompt's tokens. One that is longer than the context is
// refused with truncate false, else loses its beginning.
func (s *Server) fitContext(c *chatCall) (status int, text string) {
	room := c.numCtx()
	c.promptTokens = templateTokens + tokens(len(c.system)) + tokens(len(c.user))
	if c.kindOfAPI == callsCompletions && !s.completions.cuts {
		return c.refuseLong()
	}
	if c.promptTokens <= room {
		return 0, ""
	}
	if c.Truncate == nil || *c.Truncate || !s.atLeast(0, 12, 4) {
		keep := max(room-templateTokens-tokens(len(c.system)), 0) * bytesPerToken
		c.user = c.user[len(c.user)-min(keep, len(c.user)):]
		c.readRows()
		c.promptTokens, c.promptCut = room, true
		if len(c.rows) == 0 && len(c.columns) > 0 && len(c.Format) > 0 {
			c.rows = []Row{{Message: c.user}} // the grammar makes the model answer whatever is left
		}
		return 0, ""
	}
	if s.atLeast(0, 30, 0) {
		return http.StatusBadRequest, fmt.Sprintf(`{"error":{"code":400,"message":"request (%d tokens) exceeds the `+
			`available context size (%d tokens), try increasing it","type":"exceed_context_size_error",`+
			`"n_prompt_tokens":%d,"n_ctx":%d}}`, c.promptTokens, room, c.promptTokens, room)
	}
	return http.StatusBadRequest, "the input length exceeds the context length"
}

func (c *chatCall) numCtx() int {
	n := c.Options.NumCtx
	if n <= 0 {
		n = defaultCtx
	}
	return min(n, c.model.contextLength())
}

const busyText = "server busy, please try again.  maximum pending requests exceeded"

// acquireSlot waits for a slot; false: the queue is full or the caller left.
func (s *Server) acquireSlot(r *http.Request) bool {
	if s.slots == nil {
		return true
	}
	if !s.record.enterQueue() {
		return false
	}
	select {
	case s.slots <- struct{}{}:
		return true
	case <-r.Context().Done():
	case <-s.quit:
	}
	s.record.leaveQueue()
	return false
}

func (s *Server) releaseSlot() {
	if s.slots != nil {
		<-s.slots
		s.record.leaveQueue()
	}
}

// timerLateness is how much later than asked for a timer may come: the runtime waits
// for network and timers together, in whole milliseconds.
const timerLateness = time.Millisecond

// sendAnswer sends the reply or what the fault makes of it.
func (s *Server) sendAnswer(w http.ResponseWriter, r *http.Request, c *chatCall) {
	wait := s.latency
	if c.kind() == Slow {
		wait += c.fault.Delay
	}
	due := c.began.Add(wait)
	body := s.encodeReply(c)
	if wait > 0 {
		timer := time.NewTimer(time.Until(due) - timerLateness)
		defer timer.Stop()
		select {
		case <-timer.C:
			for time.Now().Before(due) {
				runtime.Gosched()
			}
		case <-r.Context().Done():
			return
		case <-s.quit:
			return
		}
	}
	if s.applyFault(w, r, c, body) {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write(body); err == nil && r.Context().Err() == nil {
		s.record.markAnswered(c)
	}
}
