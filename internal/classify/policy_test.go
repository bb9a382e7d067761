package classify

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// policyCase is a row of the table in policy.go.
type policyCase struct {
	name    string // outcome and history, as the table has them
	outcome []outcome
	history []history
	want    action
}

const policyRetries = 3

func policyCases() []policyCase {
	failed := []outcome{unreachable, busy, transient}
	single := history{rows: 1}
	used := history{rows: 1, newRounds: maxNewRounds, sawTransient: true}
	with := func(h history, change func(*history)) history { change(&h); return h }
	several := func(h history) history { h.rows = 5; return h }
	bisecting := func(h history) history { h.bisecting = true; return h }
	attempts := func(n int) func(history) history { return func(h history) history { h.attempts = n; return h } }
	suspected := bisecting(with(single, func(h *history) { h.sawTransient = true }))
	return []policyCase{
		{"allLabelled: any", []outcome{allLabelled}, []history{single, several(single), bisecting(single)}, finish},
		{"someLabelled: any", []outcome{someLabelled}, []history{several(single), bisecting(several(single))}, askMissing},
		{"noneLabelled: several rows", []outcome{noneLabelled}, []history{several(single), bisecting(several(single))}, splitHalves},
		{"noneLabelled: one row, rowRetries+1 < retries", []outcome{noneLabelled},
			[]history{single, bisecting(single), with(single, func(h *history) { h.rowRetries = policyRetries - 2 })}, retryRow},
		{"noneLabelled: one row, rowRetries+1 >= retries", []outcome{noneLabelled},
			[]history{with(single, func(h *history) { h.rowRetries = policyRetries - 1 })}, failRow},
		{"cutThinking: rowRetries+1 < retries", []outcome{cutThinking},
			[]history{single, several(single), with(several(single), func(h *history) { h.rowRetries = policyRetries - 2 })}, retryRow},
		{"cutThinking: rowRetries+1 >= retries", []outcome{cutThinking},
			[]history{with(several(single), func(h *history) { h.rowRetries = policyRetries - 1 })}, failRow},
		{"needsRoom: newRounds < maxNewRounds", []outcome{needsRoom}, []history{single, several(single), bisecting(single)}, newRound},
		{"needsRoom: newRounds used up", []outcome{needsRoom}, []history{used, several(used)}, failRow},
		{"overflow: several rows", []outcome{overflow}, []history{several(single), several(suspected)}, splitHalves},
		{"overflow: one row", []outcome{overflow}, []history{single, suspected}, failRow},
		{"unreachable, busy, transient: attempts <= retries", failed,
			[]history{attempts(1)(single), attempts(policyRetries)(several(used)), attempts(1)(bisecting(several(single)))}, resend},
		{"unreachable, busy, transient: attempts > retries", failed,
			[]history{attempts(policyRetries + 1)(single), attempts(policyRetries + 1)(several(used))}, probe},
		{"suspected error: several rows", failed, []history{attempts(1)(several(suspected))}, bisect},
		{"suspected error: one row, attempts < retries", failed, []history{attempts(policyRetries - 1)(suspected)}, resend},
		{"suspected error: one row, attempts >= retries", failed, []history{attempts(policyRetries)(suspected)}, probe},
		{"permanent: any", []outcome{permanent}, []history{single, several(single), suspected}, stop},
		{"serverDown: any", []outcome{serverDown}, []history{single, several(single), suspected}, stop},
		{"otherHostUp: newRounds < maxNewRounds", []outcome{otherHostUp},
			[]history{single, several(suspected), with(used, func(h *history) { h.newRounds-- })}, newRound},
		{"otherHostUp: newRounds used up, several rows", []outcome{otherHostUp}, []history{several(used), several(bisecting(used))}, bisect},
		{"otherHostUp: newRounds used up, one row, not bisecting", []outcome{otherHostUp}, []history{used}, confirmRow},
		{"otherHostUp: newRounds used up, one row, bisecting", []outcome{otherHostUp}, []history{bisecting(used)}, failRow},
		{"serverUp: no transient error, newRounds < maxNewRounds", []outcome{serverUp}, []history{single, several(single), bisecting(single)}, newRound},
		{"serverUp: else, several rows", []outcome{serverUp},
			[]history{several(suspected), several(with(single, func(h *history) { h.sawTransient = true })), several(used)}, bisect},
		{"serverUp: else, one row, not bisecting", []outcome{serverUp},
			[]history{with(single, func(h *history) { h.sawTransient = true }), with(single, func(h *history) { h.newRounds = maxNewRounds })}, confirmRow},
		{"serverUp: else, one row, bisecting", []outcome{serverUp}, []history{suspected, bisecting(used)}, failRow},
	}
}

var actionNames = [...]string{"resend", "probe", "finish", "askMissing", "splitHalves", "bisect", "newRound",
	"retryRow", "confirmRow", "failRow", "stop"}

func (a action) String() string { return actionNames[a] }

// TestRetryPolicy has every row of the table in policy.go, with the same names.
func TestRetryPolicy(t *testing.T) {
	var have []string
	for _, tt := range policyCases() {
		have = append(have, tt.name+": "+tt.want.String())
		t.Run(tt.name, func(t *testing.T) {
			for _, o := range tt.outcome {
				for _, h := range tt.history {
					if got := nextAction(o, h, policyRetries); got != tt.want {
						t.Errorf("nextAction(%v, %+v) = %v, want %v", o, h, got, tt.want)
					}
				}
			}
		})
	}
	if want := policyTable(t); !slices.Equal(have, want) {
		t.Errorf("the cases are\n%s\nthe table in policy.go is\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// policyTable reads the table in policy.go: "outcome: history: action" a row.
func policyTable(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "//\toutcome ")
	rest, _, _ = strings.Cut(rest, "//\n")
	var rows []string
	for _, line := range strings.Split(strings.TrimSpace(rest), "\n")[1:] {
		cells := regexp.MustCompile("  +").Split(strings.TrimPrefix(line, "//\t"), -1)
		rows = append(rows, strings.Join(cells, ": "))
	}
	return rows
}

// TestRetriesEnd: whatever outcomes follow each other, a row does not go round for ever.
func TestRetriesEnd(t *testing.T) {
	for _, retries := range []int{0, 1, policyRetries} {
		for o := allLabelled; o <= serverDown; o++ {
			h := history{rows: 1}
			for n := 0; ; n++ {
				if n > 50 {
					t.Fatalf("%v with %d retries never ends: %+v", o, retries, h)
				}
				h.attempts++
				h.sawTransient = h.sawTransient || o == transient
				a := nextAction(o, h, retries)
				if a == probe {
					a = nextAction(serverUp, h, retries)
				}
				if a == resend {
					continue
				}
				switch h.attempts, h.sawTransient = 0, false; a {
				case newRound:
					h.newRounds++
					continue
				case retryRow:
					h.rowRetries++
					continue
				case confirmRow:
					h = history{rows: 1, bisecting: true}
					continue
				}
				break
			}
		}
	}
}

func TestSecondHalf(t *testing.T) {
	tests := []struct {
		first []outcome
		rows  int
		want  bool // bisected
	}{
		{[]outcome{transient, serverUp, otherHostUp}, 5, false},
		{[]outcome{transient, serverUp, otherHostUp}, 1, false},
		{[]outcome{allLabelled, someLabelled, noneLabelled, cutThinking, needsRoom, overflow}, 5, true},
		{[]outcome{allLabelled, someLabelled, noneLabelled, cutThinking, needsRoom, overflow}, 1, false},
	}
	for _, tt := range tests {
		for _, o := range tt.first {
			if got := bisectsSecondHalf(o, tt.rows); got != tt.want {
				t.Errorf("bisectsSecondHalf(%v, %d) = %v, want %v", o, tt.rows, got, tt.want)
			}
		}
	}
}
