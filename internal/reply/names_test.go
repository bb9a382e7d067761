package reply

import (
	"testing"

	"prism/internal/prompt"
)

// TestLookAlikeLabels: a listed label is known whatever invisible characters and whatever
// form of Unicode the model writes.
func TestLookAlikeLabels(t *testing.T) {
	c := &prompt.Column{Name: "Topic", Labels: []string{"Caf\u00e9", "Billing"}}
	for _, tt := range []struct {
		text, want string
		listed     bool
	}{
		{"Cafe\u0301", "Caf\u00e9", true},
		{"CAFE\u0301", "Caf\u00e9", true},
		{"\u200bbilling\ufeff", "Billing", true},
		{"Cafe", "Cafe", false},
		{"B\u00efll", "B\u00efll", false},
	} {
		if got, listed := c.FindLabel(tt.text); got != tt.want || listed != tt.listed {
			t.Errorf("%+q: got %+q, %v, want %+q, %v", tt.text, got, listed, tt.want, tt.listed)
		}
	}
}
