package term

import "testing"

func TestEqualNames(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Billing", "billing ", true},
		{"Café", "cafe\u0301", true},
		{"\u200bBilling\ufeff", "Billing", true},
		{"Bill\u00ading", "Billing", true},
		{"می\u200cخواهم", "میخواهم", false}, // a joiner means something
		{"Café", "Cafe", false},
		{"\u00a0Title", "Title", true},
	} {
		if got := EqualNames(c.a, c.b); got != c.want {
			t.Errorf("%+q, %+q: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
