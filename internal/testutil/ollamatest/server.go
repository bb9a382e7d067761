// Package ollamatest is a fake Ollama server that labels rows without a model:
// each label is a function of the column and the row (see Label), so a test can
// check every row's own. It answers the questions that PRISM asks like a server
// of the version it claims, refuses and cuts over-long prompts like one, takes
// time, holds calls back and lets them wait for slots if told so, and goes wrong on purpose: see
// Fault. It records what was asked. Start is for tests; the program in fake is
// for benches and shell scripts.
//
//	srv := ollamatest.Start(t,
//		ollamatest.Column{Name: "Sentiment", Labels: []string{"Positive", "Negative"}},
//		ollamatest.Fault{Kind: ollamatest.MissingRow, P: 0.3},
//		ollamatest.Fault{Kind: ollamatest.Kill, Rows: []int64{17}})
package ollamatest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// DefaultModel is the model of a server for which none is named.
const DefaultModel = "fake"

// Model is a model that the server has.
type Model struct {
	Name          string // without a tag it has the tag latest
	Digest        string // empty: made from the name
	ContextLength int    // tokens; 0: 32768
	Thinks        bool   // it thinks unless told not to
	RemoteHost    string // server that it passes calls on to; empty: none
}

// Column is a column that replies have. Without reply schema all columns given
// are answered; with one its columns are, and Labels, where given, are what is
// chosen from, before the schema's enum.
type Column struct {
	Name   string
	Labels []string // nil: the schema's, or else free text

	Said map[int64]string // what texts and labels are, by RowID; others follow from the row

	// What its values are, as a reply schema says it; the others are strings.
	Type             string   // boolean, integer, number or array (of labels); empty: a string
	Minimum, Maximum *float64 // of integers and numbers
	MaxItems         int      // of an array
	MaxLength        int      // characters of a string; 0: no bound
	Optional         bool     // some values are null
}

// Option configures a server: Model, Column, Fault and what the functions of
// this package return.
type Option interface{ apply(*Server) }

type option func(*Server)

func (o option) apply(s *Server)  { o(s) }
func (m Model) apply(s *Server)   { s.models = append(s.models, m) }
func (c Column) apply(s *Server)  { s.columns = append(s.columns, c) }
func (f Fault) apply(s *Server)   { s.faults = append(s.faults, f) }
func (fs Faults) apply(s *Server) { s.faults = append(s.faults, fs...) }

// Latency makes every chat call take this long in its slot.
func Latency(d time.Duration) Option { return option(func(s *Server) { s.latency = d }) }

// Slots bounds the chat calls that are worked on at once; others wait, and
// queue more than wait get 503. No Slots: no bound.
func Slots(n, queue int) Option {
	return option(func(s *Server) { s.slots, s.queue = make(chan struct{}, n), queue })
}

// Version is what the server says it is; 0.24.0 if not given. From 0.30.0 on it
// tells cached tokens and words its errors as those servers do.
func Version(v string) Option { return option(func(s *Server) { s.version = v }) }

// Seed decides which calls the probabilities of faults hit. The same calls in
// any order meet the same faults.
func Seed(n uint64) Option { return option(func(s *Server) { s.seed = n }) }

// LogTo writes a JSON line per chat call to w: its number, RowIDs and fault.
func LogTo(w io.Writer) Option { return option(func(s *Server) { s.log = w }) }

// CountOnly drops the details of calls, for long runs: Calls and Sent are empty.
func CountOnly() Option { return option(func(s *Server) { s.countOnly = true }) }

// Server is the fake. It is an http.Handler; Start and Listen also serve it.
type Server struct {
	URL string // like http://127.0.0.1:40123, once it listens

	version string
	models  []Model
	columns []Column
	faults  []Fault
	latency time.Duration

	completions *completions // nil: it is an Ollama server

	slots     chan struct{} // nil: no bound
	queue     int
	seed      uint64
	log       io.Writer
	countOnly bool

	shapes sync.Map // of reply schemas: string to *shape
	bodies sync.Pool
	quit   chan struct{} // closed by Close: calls that hang end
	record record
	gate   callHold

	mu   sync.Mutex
	addr string
	http *http.Server // nil while stopped
	done chan struct{}
}

// New returns a server that does not listen yet.
func New(options ...Option) *Server {
	s := &Server{version: "0.24.0", quit: make(chan struct{})}
	s.gate.open()
	for _, o := range options {
		o.apply(s)
	}
	if len(s.models) == 0 {
		s.models = []Model{{Name: DefaultModel}}
	}
	s.record.setServer(s)
	return s
}

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Start serves a new server on a free port of this machine until the test ends.
func Start(t TB, options ...Option) *Server {
	t.Helper()
	s := New(options...)
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatalf("fake Ollama: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen serves on addr in the background.
func (s *Server) Listen(addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return errors.New("already listening")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	s.URL = "http://" + s.addr
	s.http = &http.Server{Handler: s}
	done := make(chan struct{})
	s.done = done
	server := s.http
	go func() {
		defer close(done)
		server.Serve(listener) // always ends with an error, by Stop's Close
	}()
	return nil
}

// Stop ends the listening and cuts every connection: calls are refused until
// Restart. What was recorded stays.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return
	}
	s.http.Close()
	<-s.done
	s.http = nil
}

// Restart listens on the same port again after Stop. The model is not loaded.
func (s *Server) Restart() error {
	s.record.unloadModel()
	if err := s.Listen(s.addr); err != nil {
		return fmt.Errorf("restart fake Ollama: %w", err)
	}
	return nil
}

// Close ends the server and the calls that hang.
func (s *Server) Close() {
	select {
	case <-s.quit:
		return
	default:
		close(s.quit)
	}
	s.Stop()
}
