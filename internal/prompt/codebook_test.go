package prompt

import (
	"os"
	"path/filepath"
	"testing"
)

func parseTestdata(t testing.TB, name string) *Schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The whole of what the model is told before the first mention.
func TestSystemMessage(t *testing.T) {
	for _, name := range []string{"feedback", "codebook"} {
		want, err := os.ReadFile(filepath.Join("testdata", name+"_system.golden"))
		if err != nil {
			t.Fatal(err)
		}
		if got := parseTestdata(t, name+".json").InStyle(Classic).System + "\n"; got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}
