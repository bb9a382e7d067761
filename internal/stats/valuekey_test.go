package stats

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppendValueKey(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"  Billing \t", "billing"}, {"GRÖSSE", "grösse"}, {"Gro\u0308ße", "größe"}, {"Привет ", "привет"},
		{"İstanbul", "istanbul"}, {"東京 “A”", "東京 “a”"}, {"a\u200bb", "ab"}, {"\u00a0x\u00a0", "x"}, {"각", "각"}, {"\u1100\u1161", "가"},
		{"bad \xff Byte", "bad \ufffd byte"}, {"ȺX", "ⱥx"},
	} {
		if got := string(appendValueKey([]byte("-"), []byte(c.text))); got != "-"+c.want || valueKey(c.text) != c.want {
			t.Errorf("%q: got %q, want %q; valueKey %q", c.text, got, "-"+c.want, valueKey(c.text))
		}
	}
}

// The characters that need no other memory are those that isComposed describes.
func TestComposedCharacters(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !isComposed(r) {
			continue
		}
		if lower := string(unicode.ToLower(r)); len(lower) > utf8.RuneLen(r) || valueKey(string(r)) != lower || unicode.Is(unicode.M, r) {
			t.Errorf("%q: lower case %q, key %q", r, lower, valueKey(string(r)))
		}
	}
}

func FuzzAppendValueKey(f *testing.F) {
	for _, text := range []string{"Billing", " Größe\u0308", "가\u11a8", "İ", "a\u00adb", "\xe4\xf6"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := string(appendValueKey(nil, []byte(text))), valueKey(text); got != want {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
	})
}
