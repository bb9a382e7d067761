package ollamatest

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kind names a way to go wrong.
type Kind string

// Ways to go wrong. Those of rows concern the rows of Fault.Rows or with its
// Marker that are in the call, else one row of it.
const (
	// The connection.
	Close Kind = "close" // it is closed without an answer
	Reset Kind = "reset" // it is reset without an answer
	Cut   Kind = "cut"   // it ends at byte Byte of the body (0: in its middle)
	Hang  Kind = "hang"  // no answer until the caller leaves
	Slow  Kind = "slow"  // Delay more than Latency, then a good answer

	// The HTTP answer.
	Status     Kind = "status"      // Status with Text as the error
	Busy       Kind = "busy"        // 503, as with a full queue
	Kill       Kind = "kill"        // 500, as when the runner dies
	NoModel    Kind = "no-model"    // 404, as for a model that is not there
	NoPage     Kind = "no-page"     // 404, as of a server that is not Ollama
	BadOption  Kind = "bad-option"  // 400
	ErrorIn200 Kind = "error-200"   // {"error": Text} with status 200
	NoDone     Kind = "no-done"     // a good reply, but for done
	NoMetrics  Kind = "no-metrics"  // a good reply without counts and times
	NoLogProbs Kind = "no-logprobs" // a good reply without log-probabilities
	NotJSON    Kind = "not-json"    // a page of HTML with status 200
	Loop       Kind = "loop"        // a reply given up in a run of white space, as by the version
	CutReply   Kind = "cut-reply"   // half the text, done_reason length
	WhiteSpace Kind = "white-space" // white space until num_predict, done_reason length

	// The text of the reply.
	Think         Kind = "think"          // Tokens of thinking first, whatever the call says of it
	FreeText      Kind = "free-text"      // FreeReply, as without a reply schema
	Empty         Kind = "empty"          // no text
	Prose         Kind = "prose"          // sentences before and after the JSON
	Fence         Kind = "fence"          // a code fence around the JSON
	Wrapped       Kind = "wrapped"        // {"results": …} around the JSON
	ThinkBlock    Kind = "think-block"    // <think>…</think> before the JSON
	TrailingComma Kind = "trailing-comma" // in objects and the array

	// The rows in it.
	MissingRow Kind = "missing-row" // the row is left out
	TwiceRow   Kind = "twice-row"   // the row comes again at the end, with other labels
	SwapRows   Kind = "swap-rows"   // all rows in reverse order
	OtherRow   Kind = "foreign-row" // the row has a RowID that was not asked
	WrongLabel Kind = "wrong-label" // the first label of the row is WrongText
	NullValue  Kind = "null-value"  // the first label of the row is null
	TextID     Kind = "text-id"     // RowIDs are strings
	OtherCase  Kind = "other-case"  // keys are in lower case
)

var kinds = [...]Kind{Close, Reset, Cut, Hang, Slow, Status, Busy, Kill, NoModel, NoPage, BadOption, ErrorIn200,
	NoDone, NoMetrics, NoLogProbs, NotJSON, Loop, CutReply, WhiteSpace, Think, FreeText, Empty, Prose, Fence, Wrapped, ThinkBlock,
	TrailingComma, MissingRow, TwiceRow, SwapRows, OtherRow, WrongLabel, NullValue, TextID, OtherCase}

// FreeReply is the text of a FreeText reply.
const FreeReply = "I would say that these are mostly complaints."

// WrongText is the label of a WrongLabel row.
const WrongText = "No Such Label"

// otherRowOffset is what a OtherRow adds to its RowID.
const otherRowOffset = 1_000_000_000

// Fault is a way to go wrong and the calls it happens to: those that meet all
// conditions given; without any, every call. P, Rows and Marker are about calls
// with rows only, so a probe goes well unless From or nothing at all covers it.
// A contract probe (see contractReply) does not count as a chat call of From and To, and only
// faults with Contract happen to it.
// Of several faults that fit, those with other conditions than P go first, in
// order; the others share one throw, so their P add up.
type Fault struct {
	Kind   Kind
	P      float64 // probability
	From   int     // first chat call, counted from 1
	To     int     // last chat call; 0: From alone, if From is given
	Rows   []int64 // calls that carry one of these rows
	Marker string  // calls that carry a row with this text
	Times  int     // at most so often; 0: no bound

	Contract bool // contract probes, and no other call

	Byte   int
	Delay  time.Duration
	Status int
	Text   string
	Tokens int
}

// Faults is several of them, for instance ParseFaults'.
type Faults []Fault

// matchesCall reports whether the fault concerns the call, but for P and Times.
func (f *Fault) matchesCall(c *chatCall) bool {
	if f.Contract != (c.contract != "") {
		return false
	}
	if f.From > 0 && (c.number < f.From || c.number > max(f.From, f.To)) {
		return false
	}
	if (f.P > 0 || len(f.Rows) > 0 || f.Marker != "") && len(c.rows) == 0 {
		return false
	}
	if len(f.Rows) == 0 && f.Marker == "" {
		return true
	}
	for i := range c.rows {
		if f.matchesRow(&c.rows[i]) {
			return true
		}
	}
	return false
}

// matchesRow reports whether Rows or Marker single the row out.
func (f *Fault) matchesRow(r *Row) bool {
	for _, id := range f.Rows {
		if id == r.ID {
			return true
		}
	}
	return f.Marker != "" && (strings.Contains(r.Message, f.Marker) || strings.Contains(r.Title, f.Marker))
}

// isRandom reports whether P is the only condition.
func (f *Fault) isRandom() bool {
	return f.P > 0 && f.From == 0 && len(f.Rows) == 0 && f.Marker == ""
}

// ParseFaults reads a list like
//
//	missing-row:p=0.3,close:calls=5-9,kill:row=17:row=18,slow:delay=2s:p=0.1
//
// Keys are p, calls, row, marker, times, byte, delay, status, text, tokens and
// contract, which has no value; values hold neither comma nor colon.
func ParseFaults(spec string) (Faults, error) {
	var faults Faults
	if strings.TrimSpace(spec) == "" {
		return nil, nil
	}
	for item := range strings.SplitSeq(spec, ",") {
		kind, conditions, _ := strings.Cut(strings.TrimSpace(item), ":")
		f := Fault{Kind: Kind(kind)}
		if !isKind(f.Kind) {
			return nil, fmt.Errorf("unknown fault %q", kind)
		}
		for conditions != "" {
			var condition string
			condition, conditions, _ = strings.Cut(conditions, ":")
			if err := f.setCondition(condition); err != nil {
				return nil, fmt.Errorf("fault %q: %w", item, err)
			}
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func isKind(k Kind) bool {
	for _, kind := range kinds {
		if kind == k {
			return true
		}
	}
	return false
}

func (f *Fault) setCondition(condition string) (err error) {
	key, value, _ := strings.Cut(condition, "=")
	switch key {
	case "p":
		f.P, err = strconv.ParseFloat(value, 64)
		if err == nil && !(f.P > 0 && f.P <= 1) {
			err = fmt.Errorf("p %q is not in (0, 1]", value)
		}
	case "calls":
		from, to, isRange := strings.Cut(value, "-")
		if f.From, err = strconv.Atoi(from); err == nil && isRange {
			f.To, err = strconv.Atoi(to)
		}
		if err == nil && (f.From < 1 || isRange && f.To < f.From) {
			err = fmt.Errorf("calls %q: want FROM or FROM-TO from 1", value)
		}
	case "row":
		var id int64
		id, err = strconv.ParseInt(value, 10, 64)
		f.Rows = append(f.Rows, id)
	case "marker":
		f.Marker = value
	case "text":
		f.Text = value
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "contract":
		f.Contract = true
	case "tokens":
		f.Tokens, err = strconv.Atoi(value)
	case "byte":
		f.Byte, err = strconv.Atoi(value)
	case "status":
		f.Status, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}

const killText = "model runner has unexpectedly stopped, this may be due to resource limitations or an internal " +
	"error, check ollama server logs for details"

// applyFault does what the call's fault does instead of sending body; false if
// that is nothing.
func (s *Server) applyFault(w http.ResponseWriter, r *http.Request, c *chatCall, body []byte) bool {
	f := c.fault
	switch c.kind() {
	case Close, Reset:
		closeConnection(w, f.Kind == Reset)
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
		writeError(w, f.Status, f.Text)
	case Busy:
		writeError(w, http.StatusServiceUnavailable, busyText)
	case Kill:
		s.record.unloadModel()
		writeError(w, http.StatusInternalServerError, killText)
	case NoModel:
		writeError(w, http.StatusNotFound, "model '"+c.Model+"' not found")
	case NoPage:
		http.Error(w, "404 page not found", http.StatusNotFound)
	case BadOption:
		writeError(w, http.StatusBadRequest, `option "num_ctx" must be of type integer`)
	case ErrorIn200:
		text := f.Text
		if text == "" {
			text = "an error was encountered while running the model: unexpected EOF"
		}
		writeError(w, http.StatusOK, text)
	case NotJSON:
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<html><body>Please log in to the network</body></html>"))
	case Loop:
		if !s.atLeast(0, 30, 0) {
			return false
		}
		writeError(w, http.StatusInternalServerError, "prediction aborted, token repeat limit reached")
	default:
		return false
	}
	return true
}

// closeConnection ends the connection under the request.
func closeConnection(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0) // an error leaves an ordinary end of the connection
	}
	conn.Close()
}
