package classify

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// TestNoRowCanBeLabelled: where the first calls show that no row will get labels, the job ends
// and says what to try, before it has asked for all rows.
func TestNoRowCanBeLabelled(t *testing.T) {
	const rows = 2000
	for _, c := range []struct {
		name  string
		fault ollamatest.Kind
		want  []string // the message has them
		hint  string
	}{
		{"replies that are no labels", ollamatest.FreeText, []string{"no row is labelled", ollamatest.FreeReply}, "--dry-run"},
		{"a server that fails on every row", ollamatest.Kill, []string{"no row is labelled", "fails on each of 30 rows"}, "--row-start"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, ollamatest.Fault{Kind: c.fault, P: 1})
			b := newBench(t, rows, s)
			b.s.Model.Parallel, b.s.OutputPath = 1, filepath.Join(b.dir, "out.csv")
			_, err := b.runJob(context.Background())
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if got := Hint(err, b.s.Model.Name); !strings.Contains(got, c.hint) {
				t.Errorf("got hint %q, want %q in it", got, c.hint)
			}
			if asked := len(s.Sent()); asked > rows/2 {
				t.Errorf("asked for %d of %d rows", asked, rows)
			}
			if _, err := os.Stat(b.s.OutputPath); !os.IsNotExist(err) {
				t.Errorf("the output: %v, want none", err)
			}
		})
	}
}
