package rowid

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"7", 7, true}, {"-12", -12, true}, {"-7", -7, true}, {"007", 7, true}, {"-0", 0, true},
		{"9223372036854775807", math.MaxInt64, true}, {"-9223372036854775808", math.MinInt64, true},
		{"00000000000000000000000001", 1, true},
		{text: "9223372036854775808"}, {text: "-9223372036854775809"}, {text: ""}, {text: "-"}, {text: "+1"}, {text: " 1"},
		{text: "99999999999999999999"}, {text: "1 "}, {text: "x"}, {text: "1.0"}, {text: "1_000"}, {text: "0x1"}, {text: "123456789012345678x"},
	} {
		got, err := Parse([]byte(tt.text))
		if got != tt.want || (err == nil) != tt.ok || err != nil && !errors.Is(err, errInvalid) {
			t.Errorf("Parse(%q) = %d, %v", tt.text, got, err)
		}
	}
}

func TestMessages(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{InvalidMessage("RowID", nil), "RowID is empty"},
		{InvalidMessage("No", []byte("a\n")), `invalid No "a\n" (want a 64-bit integer)`},
		{InvalidMessage("No", []byte(strings.Repeat("x", 50))), `invalid No "` + strings.Repeat("x", 40) + `…" (want a 64-bit integer)`},
		{DuplicateMessage("RowID", 7, "on line 3"), "duplicate RowID 7 (first on line 3)"},
		{DuplicateMessage("RowID", 7, ""), "duplicate RowID 7"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestSeenTellsDuplicates(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var seen Seen
	before := map[int64]bool{}
	ids := []int64{math.MinInt64, math.MaxInt64, math.MinInt64, -1, 0, 1}
	for range 20_000 {
		ids = append(ids, rng.Int64N(9000)-4500)
	}
	for _, id := range ids {
		if got := seen.Add(id); got != before[id] {
			t.Fatalf("Add(%s) = %v, seen before: %v", strconv.FormatInt(id, 10), got, before[id])
		}
		before[id] = true
	}
	if !seen.Certain() || seen.Len() != int64(len(ids)) {
		t.Errorf("certain %v, %d IDs", seen.Certain(), seen.Len())
	}
}

func TestSeenForgetsIDsFarApart(t *testing.T) {
	const n = 2 * MaxSetSize / listSize
	for _, ascending := range []bool{true, false} {
		var seen Seen
		for i := range int64(n) {
			id := i << 30
			if !ascending && i%2 == 0 {
				id = -id
			}
			if seen.Add(id) {
				t.Fatalf("%d is new", id)
			}
		}
		if seen.set.Size() > 2*listSize || seen.Certain() != ascending {
			t.Errorf("ascending %v: %d bytes, certain %v", ascending, seen.set.Size(), seen.Certain())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-9223372036854775808", "9223372036854775808", "00", "1_0", "+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse([]byte(s))
		want, wantErr := strconv.ParseInt(s, 10, 64)
		if s != "" && s[0] == '+' {
			wantErr = strconv.ErrSyntax
		}
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d, %v", s, got, err, want, wantErr)
		}
	})
}
