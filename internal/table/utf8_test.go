package table

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckUTF8(t *testing.T) {
	long := strings.Repeat("naïve 退款 🙁\n", 200_000) // several blocks, characters across their ends
	tests := []struct {
		name, in string
		line     int64 // 0: good
	}{
		{"empty", "", 0},
		{"good", "RowID,Message\n1,café\n", 0},
		{"replacement character", "1,\ufffd\n", 0},
		{"Latin-1", "RowID,Message\n1,a\n2,caf\xe9\n", 3},
		{"cut at the end", "1,caf\xc3", 1},
		{"long", long, 0},
		{"long and bad at the end", long + "\xff", 200_001},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkUTF8(context.Background(), bytes.NewReader([]byte(tt.in)), 0, int64(len(tt.in)), "f")
			switch e, _ := err.(*Error); {
			case tt.line == 0 && err != nil:
				t.Errorf("got %v", err)
			case tt.line > 0 && (e == nil || e.Line != tt.line):
				t.Errorf("got %v, want an error in line %d", err, tt.line)
			}
		})
	}
}

func TestCheckUTF8AgreesWithTheStandardLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		in := make([]byte, rng.IntN(8))
		for i := range in {
			in[i] = []byte{'a', '\n', 0xc3, 0xa9, 0xf0, 0x9f, 0x99, 0x81, 0xff}[rng.IntN(9)]
		}
		err := checkUTF8(context.Background(), bytes.NewReader(in), 0, int64(len(in)), "f")
		if utf8.Valid(in) != (err == nil) {
			t.Fatalf("%q: %v", in, err)
		}
	}
}

// TestHeaderMustBeUTF8: a header is text too, whoever reads it.
func TestHeaderMustBeUTF8(t *testing.T) {
	tests := []struct{ name, in, want, hint string }{
		{"Latin-1", "RowID,Message,caf\xe9\n1,a,b\n", `f.csv:1: the text is not UTF-8: byte 0xe9 after "RowID,Message,caf"`, hintConvert},
		{"with rows", "RowID,Message,caf\xe9\n1,a\xe9,b\n", `f.csv:1: the text is not UTF-8: byte 0xe9 after "RowID,Message,caf"; 2 such bytes on lines 1, 2`, hintConvert},
		{"mixed", "RowID,Message,caf\xe9\n1,é,b\n", `f.csv:1: the text is not UTF-8: byte 0xe9 after "RowID,Message,caf"`, hintMixed},
		{"cut at the end", "RowID,Message,caf\xc3", `f.csv:1: the text is not UTF-8: byte 0xc3 after "RowID,Message,caf"`, hintConvert},
		{"behind a mark", "\xef\xbb\xbfRowID,Message,caf\xe9\n", `f.csv:1: the text is not UTF-8: byte 0xe9 after "RowID,Message,caf"`, hintConvert},
		{"quoted, on two lines", "RowID,Message,\"a\nb\xe9\"\n", `f.csv:2: the text is not UTF-8: byte 0xe9 after "b"`, hintConvert},
		{"a key of JSONL", "{\"RowID\":1,\"caf\xe9\":2}\n", `f.csv:1: `, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Name: "f.csv"}
			if strings.HasPrefix(tt.in, "{") {
				o.Format = JSONL
			}
			_, err := Check(context.Background(), strings.NewReader(tt.in), int64(len(tt.in)), CheckOptions{Options: o})
			e, ok := err.(*Error)
			if !ok || !strings.HasPrefix(e.Error(), tt.want) || !strings.HasPrefix(e.Hint(), tt.hint) {
				t.Errorf("got %v, want %s, hint: %s", err, tt.want, tt.hint)
			}
		})
	}
}

// TestCheckUTF8Describes: a file with other characters beyond ASCII mixes encodings,
// and to convert the whole of it would spoil these.
func TestCheckUTF8Describes(t *testing.T) {
	tests := []struct{ name, in, want, hint string }{
		{"Windows-1252", "RowID,Message\n1,it\x92s\n", `f:2: the text is not UTF-8: byte 0x92 after "1,it"`, hintConvert + "prism-split --normalize -o f_normal.csv f"},
		{"mixed", "RowID,Message\n1,café\n2,it\x92s\n", `f:3: the text is not UTF-8: byte 0x92 after "2,it"`, hintMixed},
		{"mixed, the good row last", "1,a\xe9\xe8\n2,é\n", `f:1: the text is not UTF-8: byte 0xe9 after "1,a"; 2 such bytes`, hintMixed},
		{"many lines", strings.Repeat("\xe9\n", 9), "f:1: the text is not UTF-8: byte 0xe9; 9 such bytes on lines 1, 2, 3, 4, 5 and more", hintConvert + "prism-split --normalize -o f_normal.csv f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkUTF8(context.Background(), strings.NewReader(tt.in), 0, int64(len(tt.in)), "f")
			bad, ok := err.(*Error)
			if !ok || bad.Error() != tt.want || bad.Hint() != tt.hint {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, bad.Hint(), tt.want, tt.hint)
			}
		})
	}
}
