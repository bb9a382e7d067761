package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"prism/internal/term"
)

// statusText is what a server said in an HTTP answer that is not a reply.
type statusText struct {
	status     int
	text       string
	signIn     string
	location   string
	retryAfter time.Duration // 0: not said
}

func (s *statusText) Error() string {
	switch {
	case s.location != "":
		return fmt.Sprintf("status %d: redirect to %s", s.status, s.location)
	case s.text == "":
		return fmt.Sprintf("status %d %s", s.status, http.StatusText(s.status))
	case s.status == http.StatusOK:
		return s.text
	}
	return fmt.Sprintf("status %d: %s", s.status, s.text)
}

// newStatusText reads what an answer says of why it is not a reply.
func newStatusText(status int, header http.Header, body []byte) *statusText {
	s := &statusText{status: status, text: errorText(body), retryAfter: retryAfter(header)}
	var asked struct {
		SignIn string `json:"signin_url"`
	}
	if json.Unmarshal(body, &asked) == nil {
		s.signIn = excerpt([]byte(asked.SignIn))
	}
	if status/100 == 3 {
		s.location = excerpt([]byte(term.HideCredentials(header.Get("Location"))))
	}
	return s
}

// retryAfter reads the header Retry-After: seconds, or a time on the server's
// clock; 0 where there is none or it is past.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(24*time.Hour/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	now, dateErr := http.ParseTime(header.Get("Date"))
	if err != nil || dateErr != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), 24*time.Hour)
}

// withAnswer adds to an error of h what its answer said beside the words.
func (h *host) withAnswer(err error, s *statusText) error {
	var e *Error
	if errors.As(err, &e) {
		e.Proxy, e.SignIn, e.Location, e.RetryAfter = h.proxyName(), s.signIn, s.location, s.retryAfter
		if s.location != "" {
			e.Err = s
		}
	}
	return err
}

// errorText finds the words in the body of a failed call: {"error": "…"},
// {"error": {"message": "…"}}, such JSON inside the string (0.30 and later pass
// on what their engine says), or the start of whatever it is.
func errorText(body []byte) string {
	var outer struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil || len(outer.Error) == 0 {
		if text := excerpt(body); text != "{}" {
			return text
		}
		return ""
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
	text := strings.ToValidUTF8(string(body[:min(len(body), 4*longest)]), "�")
	text = term.Printable(strings.Join(strings.Fields(text), " "))
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
