package table

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"prism/internal/rowid"
)

func TestUniqueIDsTellsRepeatedOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var unique UniqueIDs
	seen := map[int64]bool{}
	ids := []int64{math.MinInt64, math.MaxInt64, math.MinInt64, -1, 0, 1}
	for range 20_000 {
		ids = append(ids, rng.Int64N(9000)-4500)
	}
	for _, id := range ids {
		got, err := unique.Add("in.csv", 3, strconv.AppendInt(nil, id, 10))
		if (err != nil) != seen[id] || err == nil && got != id {
			t.Fatalf("Add(%d) = %d, %v, seen before: %v", id, got, err, seen[id])
		}
		if want := fmt.Sprintf("in.csv:3: duplicate RowID %d", id); err != nil && err.Error() != want {
			t.Fatalf("got %q, want %q", err, want)
		}
		seen[id] = true
	}
}

func TestUniqueIDsRefusesInvalidIDs(t *testing.T) {
	var unique UniqueIDs
	for text, want := range map[string]string{
		"x": `in.csv:7: invalid RowID "x" (want a 64-bit integer)`, "": "in.csv:7: RowID is empty",
	} {
		var bad *Error
		if _, err := unique.Add("in.csv", 7, []byte(text)); !errors.As(err, &bad) || bad.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestUniqueIDsOfAscendingStreamStaySmall(t *testing.T) {
	const n = 100_000
	var unique UniqueIDs
	for id := range int64(n) {
		if _, err := unique.Add("in.csv", id+2, strconv.AppendInt(nil, id, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if got := unique.set.Size(); got > n/4 {
		t.Errorf("%d bytes for %d IDs, want at most two bits an ID", got, n)
	}
}

// TestLeadingID compares the digits that a record starts with, many at a time, with
// strconv's reading of them.
func TestLeadingID(t *testing.T) {
	for _, text := range []string{
		"", "0", "7", "42", "007", "1234567", "12345678", "123456789", "123456789012345678", "1234567890123456789",
		"-1", "+1", " 1", "1 ", "1/", "1:", "12\x00", "12\xb9", "\xb0\xb1", "1.0", "1e3", "x", "1x", "123456x", "/", ":",
	} {
		for _, rest := range []string{"", ",", ",a", ",title,and a message", ",9,9,9,9,9", ";", "\xff,"} {
			rec := text + rest
			field, _, _ := strings.Cut(rec, ",")
			want, err := strconv.ParseInt(field, 10, 64)
			isPlain := err == nil && len(field) <= rowid.SafeDigits && field[0] >= '0'
			got, ok := leadingID([]byte(rec), ',')
			if ok != isPlain || ok && got != want {
				t.Errorf("%q: got %d, %v, want %d, %v", rec, got, ok, want, isPlain)
			}
		}
	}
	for n := range int64(100_000) {
		if got, ok := leadingID(fmt.Appendf(nil, "%d,rest of the record", n*n), ','); !ok || got != n*n {
			t.Fatalf("%d: got %d, %v", n*n, got, ok)
		}
	}
}
