package table

import (
	"bytes"
	"context"
	"fmt"
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

// BenchmarkScan finds and cuts the records of tables in memory, on one goroutine.
func BenchmarkScan(b *testing.B) {
	var plain, quoted, objects bytes.Buffer
	plain.WriteString("RowID,Title,Message,Sentiment\n")
	quoted.WriteString("RowID,Title,Message,Sentiment\n")
	for i := range 40_000 {
		fmt.Fprintf(&plain, "%d,A title of some length,a message of the plain kind and text for a while as people write,Negative\n", i)
		fmt.Fprintf(&quoted, "%d,A title of some length,\"a message, with a \"\"quote\"\" and\ntext for a while, as people write\",Positive\n", i)
		fmt.Fprintf(&objects, `{"RowID":%d,"Title":"A title of some length","Message":"a message, with a \"quote\" and\ntext for a while","Sentiment":"Positive"}`+"\n", i)
	}
	for _, bench := range []struct {
		name    string
		data    []byte
		format  Format
		columns []int
	}{
		{"plain", plain.Bytes(), CSV, nil},
		{"plain/cut", plain.Bytes(), CSV, []int{0, 3}},
		{"quoted", quoted.Bytes(), CSV, nil},
		{"quoted/cut", quoted.Bytes(), CSV, []int{0, 3}},
		{"jsonl/cut", objects.Bytes(), JSONL, []int{0, 3}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			f := bytes.NewReader(bench.data)
			o := ScanOptions{Options: Options{Format: bench.format}, Columns: bench.columns, Workers: 1, Buffers: new(Buffers)}
			h, err := ReadHeader(f, f.Size(), o.Options)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(f.Size())
			for b.Loop() {
				if err := Scan(context.Background(), f, f.Size(), h, o, func(*Block) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
