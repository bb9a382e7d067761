package systemtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// lessAccurate is a server in front of a fake one whose listed labels are wrong in some rows: how many
// depends on the prompt style and on the rows of a call, as in models. Rows are made ones (ollamatest.MakeRow).
type lessAccurate struct {
	next    http.Handler
	columns []prompt.Column
	right   map[string]float64 // share of right labels, by style and rows a call: classic:10
}

// share is how many labels of a call are right; all where nothing is told of such calls.
func (s *lessAccurate) share(style string, rows int) float64 {
	if share, told := s.right[style+":"+strconv.Itoa(rows)]; told {
		return share
	}
	return 1
}

// isWrong reports whether a label is wrong. It depends on the row, the column and the rows of the call,
// and on nothing else.
func (s *lessAccurate) isWrong(style string, rows int, ticket, column string) bool {
	return unitOf(style, rows, ticket, column) >= s.share(style, rows)
}

// unitOf is a number from 0 to 1 that is another one for other things.
func unitOf(things ...any) float64 {
	h := fnv.New64a()
	fmt.Fprintln(h, things...)
	var last [8]byte // the last bytes of a text hardly change the high bits
	h.Write(last[:])
	return float64(h.Sum64()>>11) / (1 << 53)
}

func (s *lessAccurate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	changeAnswer(s.next, w, r, s.spoil)
}

// changeAnswer lets next serve a request and sends the answer to a call changed.
func changeAnswer(next http.Handler, w http.ResponseWriter, r *http.Request, change func(call, answer []byte) []byte) {
	if r.URL.Path != "/api/chat" {
		next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(change(body, answer.Body.Bytes()))
}

var ticketNumber = regexp.MustCompile(`\(ticket ([0-9]+)\)`)

// spoil makes labels of an answer wrong.
func (s *lessAccurate) spoil(call, answer []byte) []byte {
	var asked struct {
		Messages []struct{ Role, Content string }
	}
	var said map[string]any
	if json.Unmarshal(call, &asked) != nil || json.Unmarshal(answer, &said) != nil || len(asked.Messages) == 0 {
		return answer
	}
	var tickets []string
	for _, found := range ticketNumber.FindAllStringSubmatch(asked.Messages[len(asked.Messages)-1].Content, -1) {
		tickets = append(tickets, found[1])
	}
	message, _ := said["message"].(map[string]any)
	text, _ := message["content"].(string)
	spoiled, ok := s.spoilRows(text, tickets)
	if !ok {
		return answer
	}
	message["content"] = spoiled
	changed, err := json.Marshal(said)
	if err != nil {
		return answer
	}
	return changed
}

// spoilRows makes labels in the text of a reply wrong: of one row, or of several in their order.
func (s *lessAccurate) spoilRows(text string, tickets []string) (string, bool) {
	var reply any
	if json.Unmarshal([]byte(text), &reply) != nil || len(tickets) == 0 {
		return "", false
	}
	rows, isList := reply.([]any)
	if !isList || len(rows) > 0 && !isRow(rows[0]) {
		rows = []any{reply}
	}
	if len(rows) != len(tickets) {
		return "", false
	}
	for i, row := range rows {
		switch row := row.(type) {
		case map[string]any:
			for _, c := range s.columns {
				row[c.Name] = s.label("classic", len(rows), tickets[i], &c, row[c.Name])
			}
		case []any:
			for k, c := range s.columns {
				row[1+k] = s.label("compact", len(rows), tickets[i], &c, row[1+k])
			}
		}
	}
	spoiled, err := json.Marshal(reply)
	return string(spoiled), err == nil
}

// isRow reports whether an item of a reply is a row, and not a value of one.
func isRow(item any) bool {
	switch item.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// label is the label that the server gives a row: its right one, or the next of the list.
func (s *lessAccurate) label(style string, rows int, ticket string, c *prompt.Column, right any) any {
	if c.Labels == nil || !s.isWrong(style, rows, ticket, c.Name) {
		return right
	}
	for i, l := range c.Labels {
		if l == right {
			return c.Labels[(i+1)%len(c.Labels)]
		}
	}
	return right
}

// parseShares reads STYLE:ROWS=SHARE.
func parseShares(told []string) (map[string]float64, error) {
	shares := map[string]float64{}
	for _, text := range told {
		calls, share, _ := strings.Cut(text, "=")
		right, err := strconv.ParseFloat(share, 64)
		if err != nil {
			return nil, err
		}
		shares[calls] = right
	}
	return shares, nil
}

// cmdLessAccurate: lessaccurate STYLE:ROWS=SHARE… puts a server in front of the script's fake server that gives
// only this share of right labels in calls of this style with so many rows, and points OLLAMA_HOST at it.
func cmdLessAccurate(ts *testscript.TestScript, neg bool, args []string) {
	shares, err := parseShares(args)
	ts.Check(err)
	srv := httptest.NewServer(&lessAccurate{*scriptServer(ts), loadSchema(ts).Columns, shares})
	ts.Defer(srv.Close)
	ts.Setenv("OLLAMA_HOST", srv.URL)
}

// cmdGold: gold INPUT OUTPUT [texts] writes the labels that the fake server gives the rows of INPUT, in the
// listed columns; with texts the columns of INPUT too, but for those of the codebook.
func cmdGold(ts *testscript.TestScript, neg bool, args []string) {
	text, err := goldOf(readScriptTable(ts, args[0]), loadSchema(ts), len(args) > 2)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}

// goldOf is gold of made rows, as CSV.
func goldOf(rows [][]string, schema *prompt.Schema, withTexts bool) (string, error) {
	var b strings.Builder
	b.WriteString("RowID")
	if withTexts {
		b.WriteString(",Title,Message")
	}
	for _, c := range schema.Columns {
		if c.Labels != nil {
			b.WriteString("," + c.Name)
		}
	}
	for _, in := range rows[1:] {
		id, err := strconv.ParseInt(in[0], 10, 64)
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + in[0])
		if withTexts {
			for _, cell := range in[1:3] {
				b.WriteString(`,"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
			}
		}
		for _, c := range schema.Columns {
			if c.Labels != nil {
				b.WriteString("," + ollamatest.Cell(fakeColumn(&c), ollamatest.Row{ID: id, Title: in[1], Message: in[2]}))
			}
		}
	}
	return b.String() + "\n", nil
}

// The front spoils about as many labels as it is told, other ones for other sizes of calls.
func TestLessAccurate(t *testing.T) {
	s := &lessAccurate{right: map[string]float64{"classic:10": 0.9, "compact:10": 0.9, "classic:20": 0.7}}
	wrong := map[string]int{}
	same := 0
	for i := range 10_000 {
		ticket := strconv.Itoa(i)
		for key := range s.right {
			style, size, _ := strings.Cut(key, ":")
			rows, err := strconv.Atoi(size)
			if err != nil {
				t.Fatal(err)
			}
			if s.isWrong(style, rows, ticket, "Topic") {
				wrong[key]++
			}
		}
		if s.isWrong("classic", 10, ticket, "Topic") && s.isWrong("compact", 10, ticket, "Topic") {
			same++
		}
	}
	for key, want := range map[string]int{"classic:10": 1000, "compact:10": 1000, "classic:20": 3000} {
		if got := wrong[key]; got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: %d of 10,000 labels are wrong, want about %d", key, got, want)
		}
	}
	if same < 60 || same > 140 {
		t.Errorf("both styles spoil %d rows, want about 100", same)
	}
}
