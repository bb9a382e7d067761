package fsutil

import (
	"strings"
	"testing"
)

func TestSumContent(t *testing.T) {
	sum := func(s string) string {
		got, err := SumContent(strings.NewReader(s), int64(len(s)))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	big := strings.Repeat("0123456789", 500_000)
	seen := map[string]string{}
	for name, s := range map[string]string{
		"empty": "", "a": "a", "b": "b", "big": big, "longer": big + "0", "last byte": big[1:] + "x", "first byte": "x" + big[1:],
	} {
		got := sum(s)
		if got != sum(s) || len(got) != 32 {
			t.Errorf("%s: %q, want the same 32 digits each time", name, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have the same sum", name, other)
		}
		seen[got] = name
	}
}
