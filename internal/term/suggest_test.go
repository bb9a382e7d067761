package term

import "testing"

func TestHint(t *testing.T) {
	names := []string{"batch_size", "retries", "delay", "name"}
	for _, tt := range []struct{ name, given, want string }{
		{"letter missing", "batch_siz", `; did you mean "batch_size"?`},
		{"other case", "Retries", `; did you mean "retries"?`},
		{"letters swapped", "dealy", `; did you mean "delay"?`},
		{"nothing near", "temperature", ""},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := DidYouMean(tt.given, names); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
