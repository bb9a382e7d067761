package ollamatest

import (
	"net"
	"net/http"
)

const killText = "model runner has unexpectedly stopped, this may be due to resource limitations or an internal " +
	"error, check ollama server logs for details"

// misbehave does what the call's fault does instead of sending body; false if
// that is nothing.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, c *chatCall, body []byte) bool {
	f := c.fault
	switch c.kind() {
	case Close, Reset:
		hangUp(w, f.Kind == Reset)
	case Cut:
		at := f.Byte
		if at <= 0 || at >= len(body) {
			at = len(body) / 2
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(body[:at])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.quit:
		}
	case Status:
		fail(w, f.Status, f.Text)
	case Busy:
		fail(w, http.StatusServiceUnavailable, busyText)
	case Kill:
		s.record.unload()
		fail(w, http.StatusInternalServerError, killText)
	case NoModel:
		fail(w, http.StatusNotFound, "model '"+c.Model+"' not found")
	case NoPage:
		http.Error(w, "404 page not found", http.StatusNotFound)
	case BadOption:
		fail(w, http.StatusBadRequest, `option "num_ctx" must be of type integer`)
	case ErrorIn200:
		text := f.Text
		if text == "" {
			text = "an error was encountered while running the model: unexpected EOF"
		}
		fail(w, http.StatusOK, text)
	case NotJSON:
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<html><body>Please log in to the network</body></html>"))
	case Loop:
		if !s.since(0, 30, 0) {
			return false
		}
		fail(w, http.StatusInternalServerError, "prediction aborted, token repeat limit reached")
	default:
		return false
	}
	return true
}

// hangUp ends the connection under the request.
func hangUp(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0) // an error leaves an ordinary end of the connection
	}
	conn.Close()
}
