package term

import "testing"

// TestQuoteVisibly: what is shown on one line means the name with its bytes.
func TestQuoteVisibly(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"job.yaml", "job.yaml"},
		{"a b.yaml", "'a b.yaml'"},
		{"größe.yaml", "'größe.yaml'"},
		{"line\nbreak's", `$'line\012break\'s'`},
		{"\x1b[31mred\\", `$'\033[31mred\\'`},
		{"turned\u202e.yaml", `$'turned\342\200\256.yaml'`},
		{"caf\xe9 \ufffd.csv", `$'caf\351 �.csv'`},
	} {
		if got := QuoteShell(c.text); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

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
