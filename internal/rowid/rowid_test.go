package rowid

import (
	"encoding/json"
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
		{"17.0", 17, true}, {"17.00", 17, true}, {"-17.000", -17, true}, {"0.0", 0, true}, {"100.0", 100, true}, {"9223372036854775807.0", math.MaxInt64, true},
		{text: "17."}, {text: "17.5"}, {text: "17.05"}, {text: ".0"}, {text: "-.0"}, {text: "1.0.0"}, {text: "1e3"}, {text: "1.0e3"}, {text: "+17.0"}, {text: "17.0 "}, {text: "1,0"},
		{text: "9223372036854775808"}, {text: "-9223372036854775809"}, {text: ""}, {text: "-"}, {text: "+1"}, {text: " 1"},
		{text: "99999999999999999999"}, {text: "1 "}, {text: "x"}, {text: "1_000"}, {text: "0x1"}, {text: "123456789012345678x"},
	} {
		got, err := Parse([]byte(tt.text))
		if got != tt.want || (err == nil) != tt.ok || err != nil && !errors.Is(err, errInvalid) {
			t.Errorf("Parse(%q) = %d, %v", tt.text, got, err)
		}
	}
}

func TestParseDigits(t *testing.T) {
	if v, err := ParseDigits([]byte("-17")); v != -17 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
	for _, text := range []string{"17.0", "17.", "", "+1"} {
		if v, err := ParseDigits([]byte(text)); err == nil {
			t.Errorf("%q is read as %d", text, v)
		}
	}
}

// TestIsNumber: what it takes is an ID and JSON.
func TestIsNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"7": true, "0": true, "-0": true, "17.0": true, "-17.00": true, "0.0": true,
		"007": false, "-07": false, "00": false, "00.0": false, "17.5": false, "": false, "+1": false, "1e3": false,
	} {
		got := IsNumber([]byte(text))
		if got != want || got && !json.Valid([]byte(text)) {
			t.Errorf("%q: got %v, want %v", text, got, want)
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
	for _, s := range []string{"1", "-9223372036854775808", "9223372036854775808", "00", "1_0", "+1", "17.0", "17.", "-0.00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse([]byte(s))
		digits := s
		if whole, zeros, ok := strings.Cut(s, "."); ok && zeros != "" && strings.Trim(zeros, "0") == "" {
			digits = whole
		}
		want, wantErr := strconv.ParseInt(digits, 10, 64)
		if s != "" && s[0] == '+' {
			wantErr = strconv.ErrSyntax
		}
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d, %v", s, got, err, want, wantErr)
		}
	})
}
