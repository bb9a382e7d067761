package table

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"prism/internal/fsutil"
)

// TestOffsetsSum compares checksums of ranges with those of the bytes themselves,
// also where blank lines lie between blocks.
func TestOffsetsSum(t *testing.T) {
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 1))
	for _, rows := range []int{0, 1, 50, 60_000} {
		var text strings.Builder
		text.WriteString("RowID,Message\n")
		for i := range rows {
			fmt.Fprintf(&text, "%d,%s\n%s", i+1, strings.Repeat("x", random.IntN(40)), strings.Repeat("\r\n", random.IntN(2)))
		}
		text.WriteString("\n\n")
		in := text.String()
		f := strings.NewReader(in)
		o := Options{Name: "f"}
		found, err := Check(ctx, f, f.Size(), CheckOptions{Options: o})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := found.Sum, sumOf(in); got != want {
			t.Errorf("%d rows: the whole file: %v, want %v", rows, got, want)
		}
		offsets := found.Offsets(f, o)
		for range 50 {
			from := random.Int64N(int64(len(in)) + 1)
			to := from + random.Int64N(int64(len(in))+1-from)
			got, err := offsets.Sum(ctx, from, to)
			if want := sumOf(in[from:to]); err != nil || got != want {
				t.Fatalf("%d rows: bytes %d to %d: %v, %v, want %v", rows, from, to, got, err, want)
			}
		}
	}
}

func sumOf(text string) (sum fsutil.Checksum) {
	sum.Update([]byte(text))
	return sum
}
