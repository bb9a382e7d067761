package term

import "testing"

func TestQuote(t *testing.T) {
	for in, want := range map[string][2]string{
		"plain.csv": {"plain.csv", "plain.csv"}, "": {"''", "''"}, "q 1.csv": {"'q 1.csv'", "'q 1.csv'"},
		`a'b"c\d`: {`'a'"'"'b"c\d'`, `'a'\''b"c\d'`}, "é$x": {"'é$x'", "'é$x'"},
	} {
		if got := QuoteXargs(in); got != want[0] {
			t.Errorf("%q for xargs: got %s, want %s", in, got, want[0])
		}
		if got := QuoteShell(in); got != want[1] {
			t.Errorf("%q for a shell: got %s, want %s", in, got, want[1])
		}
	}
}
