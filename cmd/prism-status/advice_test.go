package main

import "testing"

func TestQuoteVisibly(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"job.yaml", "job.yaml"},
		{"a b.yaml", "'a b.yaml'"},
		{"größe.yaml", "'größe.yaml'"},
		{"line\nbreak's", `$'line\012break\'s'`},
		{"\x1b[31mred\\", `$'\033[31mred\\'`},
		{"turned\u202e.yaml", `$'turned\342\200\256.yaml'`},
	} {
		if got := quoteVisibly(c.text); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
