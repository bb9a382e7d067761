package term

import "testing"

func TestIsPlainNumber(t *testing.T) {
	for cell, want := range map[string]bool{
		"-5": true, "+5": true, "-0.5": true, "-1,5": true, "-.5": true, "-5.": true, "+1e6": true, "-1.5E-07": true, "-12%": true,
		"-": false, "+": false, "": false, "5": false, "-e5": false, "-5e": false, "-5-3": false, "-5+cmd|' /C calc'!A0": false, "-1.2.3": false,
		"=5": false, "-inf": false, "--5": false, "-5 ": false, "-12%%": false, "+49 170": false, "-0x10": false,
	} {
		if got := IsPlainNumber([]byte(cell)); got != want {
			t.Errorf("%q: %v, want %v", cell, got, want)
		}
	}
}

func TestNamesAreComparedWithoutTheTextMark(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"'-", "-", true},
		{" '=Other ", "=other", true},
		{"'@Ärger", "@ärger", true},
		{"'+\u0301", "+\u0301", true},
		{"'Other'", "Other'", false},
		{"'", "", false},
		{"''-", "-", false},
	} {
		if got := EqualNames(tt.a, tt.b); got != tt.same {
			t.Errorf("%q and %q: %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}
