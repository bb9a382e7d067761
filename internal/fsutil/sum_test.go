package fsutil

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestChecksum(t *testing.T) {
	for text, want := range map[string]string{
		"":          "crc32c:00000000",
		"123456789": "crc32c:e3069283", // the check value of CRC-32C in RFC 3720, B.4, and the catalogue of CRCs
		"a":         "crc32c:c1d04330",
	} {
		var sum Checksum
		sum.Update([]byte(text))
		if got := sum.String(); got != want {
			t.Errorf("checksum of %q = %s, want %s", text, got, want)
		}
	}
}

func TestChecksumJoinsPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		data := make([]byte, random.IntN(5000))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		var whole, joined, begin, end Checksum
		whole.Update(data)
		cut := random.IntN(len(data) + 1)
		begin.Update(data[:cut])
		end.Update(data[cut:])
		if got := whole.Without(begin); got != end {
			t.Fatalf("%d bytes without the first %d: %v, want %v", len(data), cut, got, end)
		}
		for rest := data; len(rest) > 0; {
			n := 1 + random.IntN(len(rest))
			var piece Checksum
			piece.Update(rest[:n])
			joined, rest = joined.Join(piece), rest[n:]
		}
		if joined != whole {
			t.Fatalf("joined pieces of %d bytes: %v, want %v", len(data), joined, whole)
		}
	}
}

func TestSumRange(t *testing.T) {
	ctx := context.Background()
	text := strings.Repeat("some text\n", 100_000)
	var want Checksum
	want.Update([]byte(text[10 : len(text)-10]))
	got, err := SumRange(ctx, strings.NewReader(text), 10, int64(len(text)-10))
	if err != nil || got != want {
		t.Errorf("SumRange = %v, %v, want %v", got, err, want)
	}
	if _, err := SumRange(ctx, strings.NewReader("short"), 0, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("beyond the end: error %v, want %v", err, io.ErrUnexpectedEOF)
	}
	stopped, cancel := context.WithCancelCause(ctx)
	cause := errors.New("stopped")
	cancel(cause)
	if _, err := SumRange(stopped, strings.NewReader(text), 0, int64(len(text))); !errors.Is(err, cause) {
		t.Errorf("cancelled: error %v, want %v", err, cause)
	}
}
