package server_test

import (
	"strings"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// free is a server that does not keep to the schema of the contract probe.
var free = ollamatest.Fault{Kind: ollamatest.FreeText, Contract: true}

func TestProveContract(t *testing.T) {
	noWait := func(int, time.Duration) error { return nil }
	for _, c := range []struct {
		name    string
		a, b    ollamatest.Faults
		proven  string // of the hosts a and b
		leftOut string
		class   server.Class // of the error; 0: none
		asked   [2]int
	}{
		{"both hold it", nil, nil, "ab", "", 0, [2]int{1, 1}},
		{"one answers freely", nil, ollamatest.Faults{free}, "a", "b", 0, [2]int{1, 3}},
		{"one fails", ollamatest.Faults{{Kind: ollamatest.Kill, Contract: true}}, nil, "b", "a", 0, [2]int{3, 1}},
		{"one fails for a moment", ollamatest.Faults{{Kind: ollamatest.Busy, Contract: true, Times: 2}}, nil, "ab", "", 0, [2]int{3, 1}},
		{"one is guarded", ollamatest.Faults{{Kind: ollamatest.Status, Status: 401, Contract: true}}, nil, "b", "a", 0, [2]int{1, 1}},
		{"neither holds it", ollamatest.Faults{free}, ollamatest.Faults{free}, "", "", server.NoContract, [2]int{3, 3}},
		{"empty replies", ollamatest.Faults{{Kind: ollamatest.Empty, Contract: true}}, ollamatest.Faults{free}, "", "", server.NoContract, [2]int{3, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := ollamatest.Start(t, c.a), ollamatest.Start(t, c.b)
			name := strings.NewReplacer(a.URL, "a", b.URL, "b")
			client := newClient(t, server.Config{Hosts: []string{a.URL, b.URL}})
			found, err := client.ProveContract(t.Context(), twoRows(), 2, noWait)
			if server.ClassOf(err) != c.class {
				t.Fatalf("got %v of class %v, want %v", err, server.ClassOf(err), c.class)
			}
			if got := [2]int{a.Totals().Contracts, b.Totals().Contracts}; got != c.asked || a.Totals().Calls != 0 {
				t.Errorf("asked %v times, want %v", got, c.asked)
			}
			if err != nil {
				return
			}
			left := ""
			for _, e := range found.LeftOut {
				left += e.Error()
			}
			if got := name.Replace(strings.Join(found.Proven, "")); got != c.proven {
				t.Errorf("proven: got %s, want %s", got, c.proven)
			}
			if c.leftOut != "" && !strings.Contains(name.Replace(left), c.leftOut+": ") {
				t.Errorf("left out: got %s, want %s", left, c.leftOut)
			}
			if got := name.Replace(strings.Join(client.Hosts(), "")); got != c.proven {
				t.Errorf("calls go to %s, want %s", got, c.proven)
			}
		})
	}
}

// Where any reply does, what is proven is that hosts tell log-probabilities.
func TestProveLogProbs(t *testing.T) {
	untold := ollamatest.Fault{Kind: ollamatest.NoLogProbs, Contract: true}
	for _, c := range []struct {
		name   string
		a, b   ollamatest.Fault
		proven string       // of the hosts a and b
		class  server.Class // of the error; 0: none
		asked  [2]int
	}{
		{"both answer freely", free, free, "ab", 0, [2]int{1, 1}},
		{"one does not tell", free, untold, "a", 0, [2]int{1, 1}},
		{"neither tells", untold, untold, "", server.NoLogProbs, [2]int{1, 1}},
		{"one has nothing to tell of at first", ollamatest.Fault{Kind: ollamatest.Empty, Contract: true, Times: 2}, free, "ab", 0, [2]int{3, 1}},
		{"one never has", ollamatest.Fault{Kind: ollamatest.Empty, Contract: true}, free, "b", 0, [2]int{3, 1}},
		{"one thinks, and is cut", ollamatest.Fault{Kind: ollamatest.Think, Tokens: 900, Contract: true}, free, "ab", 0, [2]int{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := ollamatest.Start(t, c.a), ollamatest.Start(t, c.b)
			client := newClient(t, server.Config{Hosts: []string{a.URL, b.URL}})
			r := twoRows()
			r.LogProbs, r.Alternatives = true, 5
			found, err := client.ProveLogProbs(t.Context(), r, 0, nil)
			if server.ClassOf(err) != c.class {
				t.Fatalf("got %v of class %v, want %v", err, server.ClassOf(err), c.class)
			}
			if got := [2]int{a.Totals().Contracts, b.Totals().Contracts}; got != c.asked {
				t.Errorf("asked %v times, want %v", got, c.asked)
			}
			if err != nil {
				return
			}
			name := strings.NewReplacer(a.URL, "a", b.URL, "b")
			if got := name.Replace(strings.Join(found.Proven, "")); got != c.proven || len(found.LeftOut) != 2-len(c.proven) {
				t.Errorf("proven: got %s, want %s; left out %v", got, c.proven, found.LeftOut)
			}
			if got := name.Replace(strings.Join(client.Hosts(), "")); got != c.proven {
				t.Errorf("calls go to %s, want %s", got, c.proven)
			}
		})
	}
}

// A host that hangs is not waited for again when another holds the contract.
func TestProveContractHangs(t *testing.T) {
	good, hangs := ollamatest.Start(t), ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Hang, Contract: true})
	client := newClient(t, server.Config{Hosts: []string{hangs.URL, good.URL}, Timeout: 300 * time.Millisecond})
	found, err := client.ProveContract(t.Context(), twoRows(), 3, func(int, time.Duration) error { return nil })
	if err != nil || len(found.LeftOut) != 1 || hangs.Totals().Contracts != 1 {
		t.Errorf("got %+v, %v after %d probes", found, err, hangs.Totals().Contracts)
	}
}

// A thinking model gets the room of the context, told to think or not.
func TestProveContractThinks(t *testing.T) {
	for _, think := range []string{"", "true"} {
		srv := ollamatest.Start(t, ollamatest.Model{Name: "fake", Thinks: think != ""},
			ollamatest.Fault{Kind: ollamatest.Think, Tokens: 900, Contract: true})
		client := newClient(t, server.Config{Hosts: []string{srv.URL}})
		r := twoRows()
		r.Think = think
		found, err := client.ProveContract(t.Context(), r, 0, nil)
		if err != nil || !found.Thinks {
			t.Errorf("think %q: got %+v, %v", think, found, err)
		}
	}
}

func TestProveContractShowsTheReply(t *testing.T) {
	for _, c := range []struct {
		fault ollamatest.Fault
		want  string
	}{
		{free, `it answered "` + ollamatest.FreeReply + `"`},
		{ollamatest.Fault{Kind: ollamatest.Empty, Contract: true}, "it answered nothing"},
		{ollamatest.Fault{Kind: ollamatest.Think, Tokens: 5000, Contract: true}, "nothing: the reply was truncated while thinking, after 2030 tokens"},
	} {
		srv := ollamatest.Start(t, c.fault)
		_, err := newClient(t, server.Config{Hosts: []string{srv.URL}}).ProveContract(t.Context(), twoRows(), 0, nil)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("got %v, want …%s", err, c.want)
		}
	}
}
