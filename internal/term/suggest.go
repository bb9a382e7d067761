package term

import (
	"fmt"
	"strings"
)

// DidYouMean suggests the one of names that is most similar to name, as the end of a
// message; it is empty if none is similar enough.
func DidYouMean(name string, names []string) string {
	best, least := "", max(2, len(name)/2)
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d <= least && (best == "" || d < least) {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance counts the characters to insert, delete or replace to turn a into b
// (Levenshtein). Of longer texts it compares the first 200 characters.
func distance(a, b string) int {
	ra, rb := firstRunes([]rune(a)), firstRunes([]rune(b))
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i, ca := range ra {
		diagonal := row[0]
		row[0] = i + 1
		for j, cb := range rb {
			cost := diagonal
			if ca != cb {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(rb)]
}

func firstRunes(r []rune) []rune { return r[:min(len(r), 200)] }
