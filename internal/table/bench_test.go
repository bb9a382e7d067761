package table

import (
	"context"
	"os"
	"testing"
)

// BenchmarkCheck reads the file that BENCH_FILE names.
func BenchmarkCheck(b *testing.B) {
	path := os.Getenv("BENCH_FILE")
	if path == "" {
		b.Skip("BENCH_FILE names no file")
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	for _, noIDs := range []bool{true, false} {
		name := "with IDs"
		if noIDs {
			name = "without IDs"
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(info.Size())
			for b.Loop() {
				if _, err := Check(context.Background(), f, info.Size(), CheckOptions{NoIDs: noIDs}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
