package ollamatest

import (
	"encoding/json"
	"sync"
)

// Call is a chat call as it came.
type Call struct {
	Number      int     // from 1, in the order of arrival
	RowIDs      []int64 // in the order of the prompt; none: a probe
	Model       string
	System      string
	User        string
	Format      string // reply schema as JSON, empty if none
	NumCtx      int    // 0: not sent
	NumPredict  int    // 0: not sent
	Temperature float64
	Seed        int
	Think       string // as JSON, empty: not sent
	KeepAlive   string // as JSON, empty: not sent
	Truncate    *bool
	Shift       *bool
	Fault       Kind // what happened to it; empty: nothing
}

// record is what a server remembers.
type record struct {
	mu        sync.Mutex
	server    *Server
	calls     []Call
	sent      map[int64]int
	answered  map[int64]bool // rows that were answered well
	repeated  int            // see Totals
	number    int
	contracts int
	rows      int
	inFlight  int
	peak      int
	waiting   int
	loads     int
	loaded    string // model and num_ctx; empty: none
	happened  []int  // how often each fault did
	asked     map[hash]int
	faultList []Fault
}

func (r *record) setServer(s *Server) {
	r.server, r.sent, r.answered, r.asked = s, map[int64]int{}, map[int64]bool{}, map[hash]int{}
	r.faultList, r.happened = s.faults, make([]int, len(s.faults))
}

// beginCall counts a call that came and decides its fault.
func (r *record) beginCall(c *chatCall) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.contract != "" {
		r.contracts++
		r.inFlight++
		c.fault = r.chooseFault(c)
		return
	}
	r.number++
	c.number = r.number
	r.rows += len(c.rows)
	r.inFlight++
	r.peak = max(r.peak, r.inFlight)
	c.fault = r.chooseFault(c)
	if r.server.log != nil {
		r.server.log.Write(logLine(c)) // a test that reads the log sees what is missing
	}
	if r.server.countOnly {
		return
	}
	for i := range c.rows {
		r.sent[c.rows[i].ID]++
		if r.answered[c.rows[i].ID] {
			r.repeated++
		}
	}
	r.calls = append(r.calls, c.call())
}

// markAnswered notes the rows that the call's answer has the right labels of.
func (r *record) markAnswered(c *chatCall) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server.countOnly {
		return
	}
	for _, id := range c.answeredRows() {
		r.answered[id] = true
	}
}

func (r *record) endCall() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
}

// chooseFault returns the fault of the call, nil for none.
func (r *record) chooseFault(c *chatCall) *Fault {
	if len(r.faultList) == 0 {
		return nil
	}
	draw := r.drawFor(c)
	share := 0.0
	chosen := -1
	for i := range r.faultList {
		f := &r.faultList[i]
		if !f.matchesCall(c) || f.Times > 0 && r.happened[i] >= f.Times {
			continue
		}
		if !f.isRandom() {
			if f.P == 0 || draw.addNumber(uint64(i)).unit() < f.P {
				chosen = i
				break
			}
			continue
		}
		before := share
		share += f.P
		if u := draw.unit(); chosen < 0 && u >= before && u < share {
			chosen = i
		}
	}
	if chosen < 0 {
		return nil
	}
	r.happened[chosen]++
	return &r.faultList[chosen]
}

// drawFor returns the random number of a call, made of the seed, its rows and how
// often these came, so that it does not depend on which call comes first.
func (r *record) drawFor(c *chatCall) hash {
	h := newHash(r.server.seed)
	for i := range c.rows {
		h = h.addNumber(uint64(c.rows[i].ID))
	}
	r.asked[h]++
	return h.addNumber(uint64(r.asked[h]))
}

// enterQueue puts a call into the queue for a slot; false: it is full.
func (r *record) enterQueue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting >= r.server.queue+cap(r.server.slots) {
		return false
	}
	r.waiting++
	return true
}

func (r *record) leaveQueue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting--
}

// loadModel reports whether the call makes the server load a model.
func (r *record) loadModel(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.loaded == key {
		return false
	}
	r.loaded = key
	r.loads++
	return true
}

func (r *record) unloadModel() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loaded = ""
}

// Calls returns the chat calls so far, in the order they came.
func (s *Server) Calls() []Call {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return append([]Call(nil), s.record.calls...)
}

// Sent returns how often each row came.
func (s *Server) Sent() map[int64]int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	sent := make(map[int64]int, len(s.record.sent))
	for id, n := range s.record.sent {
		sent[id] = n
	}
	return sent
}

// Totals counts chat calls. A contract probe is none of them: it asks for no rows,
// and counts of calls for rows are what tests compare.
type Totals struct {
	Calls int // probes, too
	Rows  int // in all calls together
	Peak  int // most calls at once, waiting ones included
	Loads int // times that a model was loaded, for another num_ctx, too

	Contracts int // contract probes

	Passed   int // rows in calls that HoldAfter let pass
	Held     int // calls that it holds now
	InFlight int // calls now, held ones included

	// Not with CountOnly:
	Answered int // rows that were answered well: their labels came, whole and in the form that was asked for
	Repeated int // how often a row came that had been answered well before
}

// Totals returns the counts so far.
func (s *Server) Totals() Totals {
	passed, held := s.gate.counts()
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return Totals{Calls: s.record.number, Rows: s.record.rows, Peak: s.record.peak, Loads: s.record.loads, Contracts: s.record.contracts,
		Passed: passed, Held: held, InFlight: s.record.inFlight, Answered: len(s.record.answered), Repeated: s.record.repeated}
}

// logLine returns the line of JSON that LogTo writes for a call.
func logLine(c *chatCall) []byte {
	line, _ := json.Marshal(struct { // numbers and a name always have a JSON form
		Call   int     `json:"call"`
		RowIDs []int64 `json:"row_ids"`
		Fault  Kind    `json:"fault,omitempty"`
	}{c.number, c.rowIDs(), c.kind()})
	return append(line, '\n')
}
