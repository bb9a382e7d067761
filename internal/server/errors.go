package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Class says what can be done about an error.
type Class uint8

const (
	// Unreachable: no connection to the server came about. The call may work later.
	Unreachable Class = iota + 1
	// Busy: the server has no room for the call now (429, 503). It may work later.
	Busy
	// Transient: the connection or the server failed on this call (reset, cut,
	// timeout, other 5xx, an error or half a reply in a 200). The same call may
	// work later, unless its rows are what the server fails on.
	Transient
	// Overflow: the prompt does not fit the context; fewer rows may.
	Overflow
	// MissingModel: the server answers and does not have the model.
	MissingModel
	// BadRequest: the server refuses this call whenever it is sent.
	BadRequest
	// Denied: the server, or a proxy before it, wants credentials or money (401,
	// 402, 403, 407).
	Denied
	// OldServer: its version does not know truncate:false, so it would cut
	// over-long prompts silently.
	OldServer
	// NotOllama: something else answers at the address.
	NotOllama
	// Mismatch: the hosts do not have the same model under the name.
	Mismatch
	// CutsPrompts: it cuts over-long prompts silently.
	CutsPrompts
	// NoContract: the model's reply does not keep to the reply schema.
	NoContract
	// NoLogProbs: the server does not tell how likely the tokens of a reply were.
	NoLogProbs
)

var classNames = [...]string{"none", "unreachable", "busy", "transient", "overflow", "missing model", "bad request", "denied",
	"old server", "not ollama", "mismatch", "cuts prompts", "no contract", "no log-probabilities"}

func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Retryable reports whether the same call may work later.
func (c Class) Retryable() bool { return c == Unreachable || c == Busy || c == Transient }

// ClassOf returns the class of an error of this package, 0 for nil and others
// (a context that the caller ended).
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return 0
}

// Error is what went wrong between this machine and a server, or in it.
type Error struct {
	Class  Class
	API    string   // that the server was called by: Ollama or OpenAI
	Status int      // HTTP status, 0 where none came
	Host   string   // as Client.Hosts has it
	Model  string   // that was asked for; empty before one was
	Have   []string // models that the server has, where Check missed one
	Op     string   // chat, version, show, tags, proxy
	Err    error    // what happened, in the server's words where it has any

	Proxy      string        // that the host is reached through, without credentials; empty: none
	SignIn     string        // address to sign in at, where the server gave one
	Location   string        // where the answer pointed instead
	RetryAfter time.Duration // when the server wants the next call; 0: not said

	cause Cause // 0: by class, status and words
}

func (e *Error) Error() string {
	switch {
	case e.Cause() == ProxyFailed || e.Cause() == ProxyDenied:
		return fmt.Sprintf("cannot reach %s through the proxy: %v", e.Host, e.Err)
	case e.Class == Unreachable && e.API == OpenAI:
		return fmt.Sprintf("no server at %s: %v", e.Host, e.Err)
	case e.Class == Unreachable:
		return fmt.Sprintf("no Ollama server at %s: %v", e.Host, e.Err)
	case e.Class == NotOllama && e.API == OpenAI:
		return fmt.Sprintf("the server at %s has no OpenAI-compatible API: %v", e.Host, e.Err)
	case e.Class == NotOllama:
		return fmt.Sprintf("the server at %s is not Ollama: %v", e.Host, e.Err)
	case e.Class == MissingModel:
		return fmt.Sprintf("model %q not found on %s", e.Model, e.Host)
	case e.Class == OldServer, e.Class == Mismatch, e.Class == CutsPrompts, e.Class == NoContract, e.Class == NoLogProbs:
		return fmt.Sprintf("%s: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("%s at %s: %v", e.Op, e.Host, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

const opChat = "chat"

// overflowTexts are how servers say that a prompt does not fit, in lower case.
// Sources: the runners of 0.12 to 0.24 (400), the embedding path, 0.30's
// llama-server (400, its JSON inside Ollama's) and MLX runner, gateways; vLLM, SGLang and
// LM Studio.
var overflowTexts = [...]string{
	"input length exceeds the context length",
	"exceeds maximum context length",
	"prompt is longer than the context length",
	"exceeds the available context size",
	"exceed_context_size_error",
	"exceeds the model's maximum context length",
	"exceeds model's maximum context length",
	"longer than the maximum model length",
	"longer than the model's context length",
	"trying to keep the first",
	"tokens to keep from the initial prompt",
	"maximum context length is",
	"context_length_exceeded",
	"prompt is too long",
	"prompt too long",
	"input is too large to process",
}

// repeatText is how servers from 0.30 on say, with a 500, that they ended a
// reply that repeats one token.
const repeatText = "token repeat limit reached"

// saysRefused tells a 500 of servers up to 0.24 that means a 400: the same call
// is refused whenever it is sent.
func saysRefused(text string) bool {
	return strings.Contains(text, "invalid JSON schema in format") || strings.HasPrefix(text, "invalid format:") ||
		strings.HasPrefix(text, "option ") && strings.Contains(text, "must be of type")
}

func saysOverflow(text string) bool {
	text = strings.ToLower(text)
	for _, t := range overflowTexts {
		if strings.Contains(text, t) {
			return true
		}
	}
	return false
}

// unloadedTexts are how LM Studio says, with a 400, that the model is not there now, in lower case.
var unloadedTexts = [...]string{"model has crashed", "model unloaded", "model is unloaded", "failed to load model"}

// classOfStatus maps an HTTP answer that is not a reply to its class.
func classOfStatus(status int, text string) Class {
	switch {
	case says(text, []string{"context size has been exceeded"}): // by other calls that share it
		return Busy
	case status == http.StatusBadRequest && says(text, unloadedTexts[:]):
		return Transient
	case saysOverflow(text), status == http.StatusRequestEntityTooLarge:
		return Overflow
	case status == http.StatusInternalServerError && saysRefused(text):
		return BadRequest
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return Busy
	case status < 300, status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == 499:
		return Transient
	case status < 400:
		return NotOllama
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired,
		status == http.StatusProxyAuthRequired:
		return Denied
	case status == http.StatusNotFound:
		if strings.Contains(text, "model") && (strings.Contains(text, "not found") || strings.Contains(text, "does not exist")) {
			return MissingModel
		}
		return NotOllama
	case status == http.StatusMethodNotAllowed:
		return NotOllama
	}
	return BadRequest
}

// netError classes an error of the connection, TLS or the transport.
func (h *host) netError(model, op string, err error) *Error {
	var request *url.Error // it repeats the address
	if errors.As(err, &request) {
		err = request.Err
	}
	e := &Error{Class: Transient, Host: h.name, Model: model, Op: op, Err: innermost(err)}
	var opErr *net.OpError
	var dns *net.DNSError
	var refusal *proxyRefusal
	connecting := errors.As(err, &opErr) && (opErr.Op == "dial" || opErr.Op == "proxyconnect" || opErr.Op == "socks connect")
	switch {
	case errors.As(err, &refusal):
		e.Class, e.cause, e.Status = Unreachable, ProxyFailed, refusal.status
		if refusal.status == http.StatusProxyAuthRequired {
			e.Class, e.cause = Denied, ProxyDenied
		}
	case connecting && h.proxyName() != "":
		e.Class, e.cause, e.Err = Unreachable, ProxyFailed, fmt.Errorf("%s: %w", h.proxyName(), e.Err)
	case errors.As(err, &dns):
		e.Class, e.cause, e.Err = Unreachable, NameUnknown, errors.New(dns.Err)
	case connecting:
		e.Class, e.cause = Unreachable, NotConnected
	case isWrongTLS(err):
		e.Class, e.cause = NotOllama, WrongTLS
	case errors.Is(err, io.EOF):
		e.Err = errClosed
	}
	e.Proxy = h.proxyName()
	return e
}

var errClosed = errors.New("the connection was closed before a reply")

// isWrongTLS tells errors of TLS that time does not mend.
func isWrongTLS(err error) bool {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &unknown) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// innermost drops the wrappings of a network error that repeat the address, so
// that people read "connection refused".
func innermost(err error) error {
	var opErr *net.OpError
	if !errors.As(err, &opErr) {
		return err
	}
	for inner := error(opErr); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// contextError returns the error of the caller's context if it ended; else nil.
func contextError(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("call canceled: %w", ctx.Err())
}

// RetryAfter is how long the server wants to be left alone after an error; 0: it
// did not say.
func RetryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
