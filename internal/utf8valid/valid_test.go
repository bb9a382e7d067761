package utf8valid

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkPlaces compares Valid with utf8.Valid where the text stands at each place of
// a block, between ASCII, between characters of several bytes, and at the end.
func checkPlaces(t *testing.T, text string) {
	t.Helper()
	for before := range 2*blockSize + 2 {
		for _, fill := range []string{"a", "é", "東", "😀"} {
			lead := strings.Repeat(fill, before/len(fill)) + strings.Repeat("b", before%len(fill))
			for _, s := range []string{lead + text, lead + text + fill, lead + text + strings.Repeat(fill, blockSize)} {
				if got, want := Valid([]byte(s)), utf8.ValidString(s); got != want {
					t.Fatalf("%q: valid %v, want %v", s, got, want)
				}
			}
		}
	}
}

func TestValid(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                      "",
		"first and last of two bytes":  "\u0080\u07ff",
		"first and last of three":      "\u0800\ud7ff\ue000\uffff",
		"first and last of four":       "\U00010000\U0010ffff",
		"no continuation":              "\xc3 ",
		"one of two continuations":     "\xe2\x82 ",
		"two of three":                 "\xf0\x9f\x98 ",
		"cut at the end":               "\xf0\x9f\x98",
		"a continuation alone":         "\x80",
		"one too many after two":       "\u00e9\x80",
		"one too many after three":     "\u6771\x80",
		"one too many after four":      "\U0001f600\x80",
		"ASCII in two bytes":           "\xc1\xbf",
		"two bytes' in three":          "\xe0\x9f\xbf",
		"three bytes' in four":         "\xf0\x8f\xbf\xbf",
		"first surrogate":              "\xed\xa0\x80",
		"last surrogate":               "\xed\xbf\xbf",
		"after the last character":     "\xf4\x90\x80\x80",
		"far beyond":                   "\xf5\x80\x80\x80",
		"a byte that is never there":   "\xff",
		"Windows-1252":                 "Z\xfcrich",
		"a start where one must go on": "\xe2\xe2\x82\xac",
	} {
		t.Run(name, func(t *testing.T) { checkPlaces(t, text) })
	}
}

// TestValidPairs tries each two bytes alone, and as the start of three and of four.
func TestValidPairs(t *testing.T) {
	b := []byte(strings.Repeat("a", 3*blockSize))
	for pair := range 1 << 16 {
		for _, rest := range []string{"", "\x80", "\xbf\xbf"} {
			at := blockSize - 2
			copy(b[at:], "aaaa")
			copy(b[at:], string([]byte{byte(pair >> 8), byte(pair)})+rest)
			if got, want := Valid(b), utf8.Valid(b); got != want {
				t.Fatalf("%q: valid %v, want %v", b[at:at+4], got, want)
			}
		}
	}
}

// TestValidNoise changes one byte of text at a time.
func TestValidNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := []byte(strings.Repeat("Zürich café 東京 😀 plain words, ", 8))
	for range 200_000 {
		from := random.IntN(len(text) / 2)
		b := text[from : from+random.IntN(len(text)-from)+1]
		at := random.IntN(len(b))
		old := b[at]
		b[at] = byte(random.Uint32())
		if got, want := Valid(b), utf8.Valid(b); got != want {
			t.Fatalf("%q: valid %v, want %v", b, got, want)
		}
		b[at] = old
	}
}

func FuzzValid(f *testing.F) {
	for _, seed := range []string{
		"", "ascii", "caf\u00e9", "caf\xe9", strings.Repeat("a", 31) + "\u20ac",
		strings.Repeat("a", 40) + "\xf0\x9f\x99", strings.Repeat("\u9000", 30) + "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, text := range [][]byte{b, append(bytes.Repeat([]byte("x"), 70), b...), append(b[:len(b):len(b)], "and so on, for more than 32 bytes of ASCII"...)} {
			if got, want := Valid(text), utf8.Valid(text); got != want {
				t.Fatalf("Valid(%q) = %v, want %v", text, got, want)
			}
		}
	})
}

func BenchmarkValid(b *testing.B) {
	text := []byte(strings.Repeat("Late again, and nobody answers. Very disappointed with the support, na\u00efve me!\n", 5000))
	for name, valid := range map[string]func([]byte) bool{"ours": Valid, "standard library": utf8.Valid} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				valid(text)
			}
		})
	}
}
