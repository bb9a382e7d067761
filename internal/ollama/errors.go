package ollama

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"unicode/utf8"
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
	// Denied: the server wants credentials (401, 403).
	Denied
	// OldServer: its version does not know truncate:false, so it would cut
	// over-long prompts silently.
	OldServer
	// NotOllama: something else answers at the address.
	NotOllama
	// Mismatch: the hosts do not have the same model under the name.
	Mismatch
)

var classNames = [...]string{"none", "unreachable", "busy", "transient", "overflow", "missing model", "bad request", "denied",
	"old server", "not ollama", "mismatch"}

func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Retryable tells whether the same call may work later.
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
	Status int      // HTTP status, 0 where none came
	Host   string   // as Client.Hosts has it
	Model  string   // that was asked for; empty before one was
	Have   []string // models that the server has, where Check missed one
	Op     string   // chat, version, show, tags
	Err    error    // the cause, in the server's words where it has any
}

func (e *Error) Error() string {
	switch {
	case e.Class == Unreachable:
		return fmt.Sprintf("no Ollama server at %s: %v", e.Host, e.Err)
	case e.Class == NotOllama:
		return fmt.Sprintf("the server at %s is not Ollama: %v", e.Host, e.Err)
	case e.Class == MissingModel:
		return fmt.Sprintf("model %q not found on %s", e.Model, e.Host)
	case e.Class == OldServer, e.Class == Mismatch:
		return fmt.Sprintf("%s: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("%s at %s: %v", e.Op, e.Host, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

const opChat = "chat"

// statusText is what a server said in an HTTP answer.
type statusText struct {
	status int
	text   string
}

func (s *statusText) Error() string {
	switch {
	case s.text == "":
		return fmt.Sprintf("status %d %s", s.status, http.StatusText(s.status))
	case s.status == http.StatusOK:
		return s.text
	}
	return fmt.Sprintf("status %d: %s", s.status, s.text)
}

// overflowTexts are how servers say that a prompt does not fit, in lower case.
// Sources: the runners of 0.12 to 0.24 (400), the embedding path, 0.30's
// llama-server (400, its JSON inside Ollama's) and MLX runner, and gateways.
var overflowTexts = [...]string{
	"input length exceeds the context length",
	"exceeds maximum context length",
	"prompt is longer than the context length",
	"exceeds the available context size",
	"exceed_context_size_error",
	"exceeds the model's maximum context length",
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

// classify maps an HTTP answer that is no reply to its class.
func classify(status int, text string) Class {
	switch {
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
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusNotFound:
		if strings.Contains(text, "model") && strings.Contains(text, "not found") {
			return MissingModel
		}
		return NotOllama
	case status == http.StatusMethodNotAllowed:
		return NotOllama
	}
	return BadRequest
}

// errorText finds the words in the body of a failed call: {"error": "…"},
// {"error": {"message": "…"}}, such JSON inside the string (0.30 and later pass
// on what their engine says), or the start of whatever it is.
func errorText(body []byte) string {
	var outer struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil || len(outer.Error) == 0 {
		return excerpt(body)
	}
	return errorMessage(outer.Error)
}

// errorMessage finds the words in the JSON value of "error".
func errorMessage(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		if strings.HasPrefix(text, "{") {
			return errorText([]byte(text))
		}
		return excerpt([]byte(text))
	}
	var nested struct {
		Message string `json:"message"`
		Type    string `json:"type"`
	}
	if json.Unmarshal(value, &nested) == nil && nested.Message != "" {
		return excerpt([]byte(nested.Message))
	}
	return excerpt(value)
}

// excerpt is the start of a body on one line, for messages.
func excerpt(body []byte) string {
	const longest = 300
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 4*longest)]), "�")), " ")
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// netError classes an error of the connection, TLS or the transport.
func netError(host, model, op string, err error) *Error {
	e := &Error{Class: Transient, Host: host, Model: model, Op: op, Err: innermost(err)}
	var opErr *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		e.Class, e.Err = Unreachable, errors.New(dns.Err)
	case errors.As(err, &opErr) && (opErr.Op == "dial" || opErr.Op == "proxyconnect"):
		e.Class = Unreachable
	case isWrongTLS(err):
		e.Class = NotOllama
	case errors.Is(err, io.EOF):
		e.Err = errClosed
	}
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
