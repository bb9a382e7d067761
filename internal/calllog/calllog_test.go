package calllog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleCall() Call {
	return Call{
		Time: clock(0.25), Worker: 1, Host: "http://127.0.0.1:11434", Call: 12, Attempt: 1, Rows: 3,
		RowIDs: []int64{7, -8, 1 << 62}, Style: "compact", Outcome: Partial, Error: "row 8: \"Topic\" is missing – ü\n", Labelled: 2,
		PromptTokens: 812, CachedTokens: 0, Tokens: 240,
		Total: 1234567 * time.Microsecond, Load: 0, Prompt: 20 * time.Millisecond, Eval: 900100 * time.Microsecond,
	}
}

func silentCall() Call {
	return Call{
		Time: clock(1), Worker: 2, Host: "http://h:1", Call: 1, Attempt: 2, Rows: 1, RowIDs: []int64{},
		Outcome: Transient, Error: "refused", PromptTokens: NotSaid, CachedTokens: NotSaid, Tokens: NotSaid,
		Total: 3 * time.Millisecond, Load: NotSaid, Prompt: NotSaid, Eval: NotSaid,
	}
}

// lineOf is the line of a call.
func lineOf(tb testing.TB, c *Call) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := encodeCall(&b, c); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestCallLine(t *testing.T) {
	for _, c := range []struct {
		name string
		call Call
		want string
	}{
		{"all said", sampleCall(), `{"time":"2025-01-27T14:30:52.25+01:00","worker":1,"host":"http://127.0.0.1:11434",` +
			`"call":12,"attempt":1,"rows":3,"row_ids":[7,-8,4611686018427387904],"style":"compact","outcome":"partial",` +
			`"error":"row 8: \"Topic\" is missing – ü\n","labelled":2,"prompt_tokens":812,"cached_tokens":0,"tokens":240,` +
			`"total_ms":1234.567,"load_ms":0,"prompt_ms":20,"eval_ms":900.1}` + "\n"},
		{"nothing said", silentCall(), `{"time":"2025-01-27T14:30:53+01:00","worker":2,"host":"http://h:1",` +
			`"call":1,"attempt":2,"rows":1,"row_ids":[],"outcome":"transient","error":"refused","labelled":0,"total_ms":3}` + "\n"},
	} {
		line := lineOf(t, &c.call)
		if d := cmp.Diff(string(line), c.want); d != "" {
			t.Errorf("%s (-got +want):\n%s", c.name, d)
		}
		got, err := NewReader(bytes.NewReader(line), "calls").Next()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(*got, c.call); d != "" {
			t.Errorf("%s: read back (-got +want):\n%s", c.name, d)
		}
	}
}

func TestCallReaderGoesOn(t *testing.T) {
	good := string(lineOf(t, &Call{Time: clock(0), Outcome: OK, Rows: 1, Labelled: 1}))
	long := `{"time":"2025-01-27T14:30:52Z","outcome":"bad","error":"` + strings.Repeat("x", 200_000) + "\"}\n"
	for _, c := range []struct {
		name, log string
		calls     int
		faults    []string
	}{
		{"empty", "", 0, nil},
		{"good", good + good, 2, nil},
		{"blank lines count", "\n" + good + "\r\n\nx\n", 1, []string{"f:5: invalid call: invalid"}},
		{"damaged line", good + "{\"time\":\n" + good, 2, []string{"f:2: invalid call: unexpected end"}},
		{"torn tail", good + good[:40], 1, []string{"f:2: incomplete line: invalid call: unexpected end"}},
		{"last line feed missing only", good + good[:len(good)-1], 2, nil},
		{"foreign JSON", "{}\n[]\n3\nnull\n" + good, 1, []string{
			"f:1: invalid call: missing", "f:2: invalid call: cannot", "f:3: invalid call: cannot", "f:4: invalid call: missing"}},
		{"counts that cannot be", `{"time":"2025-01-27T14:30:52Z","outcome":"ok","rows":1,"labelled":2}` + "\n", 0,
			[]string{"f:1: invalid call: counts"}},
		{"time that cannot be", `{"time":"9999-01-27T14:30:52Z","outcome":"ok"}` + "\n" + good, 1, []string{"f:1: invalid call: time"}},
		{"line longer than the buffer", long + good, 2, nil},
		{"line longer than the limit", strings.Repeat("y", maxLineBytes+100_000) + "\n" + good, 1, []string{"f:1: line longer than 4194304 bytes"}},
		{"endless line", strings.Repeat("y", maxLineBytes+100_000), 0, []string{"f:1: line longer than 4194304 bytes"}},
	} {
		calls, faults := readAll(t, c.log)
		if calls != c.calls || len(faults) != len(c.faults) {
			t.Errorf("%s: got %d calls and faults %v, want %d and %v", c.name, calls, faults, c.calls, c.faults)
			continue
		}
		for i, f := range faults {
			if !strings.HasPrefix(f, c.faults[i]) {
				t.Errorf("%s: got fault %q, want %q", c.name, f, c.faults[i])
			}
		}
	}
}

func readAll(t *testing.T, log string) (calls int, faults []string) {
	t.Helper()
	r := NewReader(strings.NewReader(log), "f")
	for {
		_, err := r.Next()
		var bad *LineError
		switch {
		case err == io.EOF:
			return calls, faults
		case errors.As(err, &bad):
			faults = append(faults, err.Error())
		case err != nil:
			t.Fatal(err)
		default:
			calls++
		}
	}
}

func TestCallReaderFails(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("{}\n"), failing{}), "f")
	var bad *LineError
	if _, err := r.Next(); !errors.As(err, &bad) {
		t.Errorf("first line: got %v, want a line error", err)
	}
	if _, err := r.Next(); err != io.ErrClosedPipe {
		t.Errorf("then: got %v, want the reader's error", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestCallLogClosesATornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls_w1.jsonl")
	c := sampleCall()
	line := lineOf(t, &c)
	if err := os.WriteFile(path, append(bytes.Clone(line), line[:50]...), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.Append(&c), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	calls, faults := readAll(t, string(data))
	if calls != 3 || len(faults) != 1 {
		t.Errorf("got %d calls, faults %v, want 3 calls and one fault", calls, faults)
	}
}

func FuzzCallReader(f *testing.F) {
	a, b := sampleCall(), silentCall()
	f.Add(append(lineOf(f, &a), lineOf(f, &b)...))
	f.Add(lineOf(f, &a)[:60])
	f.Add([]byte("\n\r\n{}\n[1]\nnull\n"))
	f.Add([]byte(`{"time":"0001-01-02T00:00:00Z","outcome":"ok","tokens":-5,"total_ms":1e300}`))
	f.Fuzz(func(t *testing.T, log []byte) {
		r := NewReader(bytes.NewReader(log), "f")
		for {
			c, err := r.Next()
			var bad *LineError
			switch {
			case errors.As(err, &bad):
				continue
			case err != nil:
				if err != io.EOF {
					t.Fatal(err)
				}
				return
			}
			line := lineOf(t, c)
			if !json.Valid(line) {
				t.Fatalf("not JSON: %s", line)
			}
			again, err := NewReader(bytes.NewReader(line), "again").Next()
			if err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if again.Outcome != c.Outcome || again.Rows != c.Rows || again.Tokens != c.Tokens {
				t.Fatalf("%+v became %+v", c, again)
			}
		}
	})
}

func BenchmarkEncodeCall(b *testing.B) {
	c := sampleCall()
	c.Error = ""
	b.ReportAllocs()
	for b.Loop() {
		if err := encodeCall(io.Discard, &c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCallReader(b *testing.B) {
	c := sampleCall()
	line := lineOf(b, &c)
	b.SetBytes(int64(len(line)))
	r := NewReader(&loop{line: line}, "f")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// loop yields a line without end.
type loop struct {
	line []byte
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.line[l.at:])
	l.at = (l.at + n) % len(l.line)
	return n, nil
}

var berlin = time.FixedZone("", 3600)

func clock(seconds float64) time.Time {
	return time.Date(2025, 1, 27, 14, 30, 52, 0, berlin).Add(time.Duration(seconds * float64(time.Second)))
}
