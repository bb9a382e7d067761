package ollamatest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults("missing-row:p=0.3, close:calls=5-9,busy:calls=2,kill:row=17:row=-18:times=2,slow:delay=2s:marker=slow me,cut:byte=100,status:status=502:text=no gateway")
	if err != nil {
		t.Fatal(err)
	}
	want := Faults{
		{Kind: MissingRow, P: 0.3},
		{Kind: Close, From: 5, To: 9},
		{Kind: Busy, From: 2},
		{Kind: Kill, Rows: []int64{17, -18}, Times: 2},
		{Kind: Slow, Delay: 2 * time.Second, Marker: "slow me"},
		{Kind: Cut, Byte: 100},
		{Kind: Status, Status: 502, Text: "no gateway"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want and got differ:\n%s", d)
	}
	if got, err := ParseFaults(" "); err != nil || len(got) != 0 {
		t.Errorf("nothing: got %v, %v", got, err)
	}
}

func TestParseFaultsRefuses(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{"explode", `unknown fault "explode"`},
		{"close,", `unknown fault ""`},
		{"close:p=1.5", `fault "close:p=1.5": p "1.5" is not in (0, 1]`},
		{"close:p=NaN", `is not in (0, 1]`},
		{"close:calls=5-4", `fault "close:calls=5-4": calls "5-4": want FROM or FROM-TO from 1`},
		{"close:calls=0", `calls "0"`},
		{"close:row=x", `invalid syntax`},
		{"close:when=now", `fault "close:when=now": unknown key "when"`},
	} {
		if _, err := ParseFaults(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.spec, err, c.want)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("missing-row:p=0.3,close:calls=5-9,kill:row=17")
	f.Add("slow:delay=2s:marker=x,cut:byte=-1")
	f.Fuzz(func(t *testing.T, spec string) {
		faults, err := ParseFaults(spec)
		if err != nil {
			return
		}
		for _, fault := range faults {
			if !isKind(fault.Kind) || fault.P < 0 || fault.P > 1 || fault.From < 0 {
				t.Errorf("%q gives %+v", spec, fault)
			}
		}
	})
}

// chosen gives each of n calls of other rows its fault.
func chosen(s *Server, n int) []Kind {
	kinds := make([]Kind, n)
	for i := range kinds {
		c := &chatCall{number: i + 1, rows: []Row{{ID: int64(i), Message: strings.Repeat("m", i)}}}
		if f := s.record.chooseFault(c); f != nil {
			kinds[i] = f.Kind
		}
	}
	return kinds
}

func count(kinds []Kind, k Kind) (n int) {
	for _, kind := range kinds {
		if kind == k {
			n++
		}
	}
	return n
}

func TestChooseByProbability(t *testing.T) {
	faults := Faults{{Kind: Busy, P: 0.2}, {Kind: Close, P: 0.1}, {Kind: Kill, Rows: []int64{5}}}
	got := chosen(New(faults, Seed(1)), 10_000)
	busy, closed := count(got, Busy), count(got, Close)
	if busy < 1850 || busy > 2150 || closed < 850 || closed > 1150 {
		t.Errorf("of 10000 calls %d are busy and %d closed", busy, closed)
	}
	if got[5] != Kill || count(got, Kill) != 1 {
		t.Errorf("row 5 got %q, and %d calls were killed", got[5], count(got, Kill))
	}
	if d := cmp.Diff(got, chosen(New(faults, Seed(1)), 10_000)); d != "" {
		t.Error("the same seed gives other faults")
	}
	if d := cmp.Diff(got, chosen(New(faults, Seed(2)), 10_000)); d == "" {
		t.Error("another seed gives the same faults")
	}
}

func TestChooseByCondition(t *testing.T) {
	s := New(Fault{Kind: Close, From: 3, To: 4}, Fault{Kind: Busy, Marker: "mmmmmmmm", Times: 2}, Fault{Kind: Kill, From: 7})
	want := []Kind{"", "", Close, Close, "", "", Kill, "", Busy, Busy, "", ""}
	if d := cmp.Diff(want, chosen(s, 12)); d != "" {
		t.Errorf("want and got differ:\n%s", d)
	}
}

// A probe, which has no rows, meets only what is not about rows.
func TestChooseForAProbe(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		hit   bool
	}{
		{"always", Fault{Kind: Close}, true},
		{"by number", Fault{Kind: Close, From: 1}, true},
		{"by number, other", Fault{Kind: Close, From: 2}, false},
		{"by probability", Fault{Kind: Close, P: 1}, false},
		{"by row", Fault{Kind: Close, Rows: []int64{0}}, false},
		{"by content", Fault{Kind: Close, Marker: "x"}, false},
	} {
		if got := New(c.fault).record.chooseFault(&chatCall{number: 1}) != nil; got != c.hit {
			t.Errorf("%s: got %v, want %v", c.name, got, c.hit)
		}
	}
}
