package stats

import (
	"fmt"
	"math"
	"strconv"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// chanceOf is how likely a value is wrong, by the reason, where results have confidences or
// agreements. Their doubts are what these leave to 1. The others are estimates: of two
// results, or of two rows with the same text, that differ, at least one is wrong.
var chanceOf = [...]float64{
	isUnlisted: 0.9, differsInRun: 0.6, differsInText: 0.5, isMissing: 0.5, differsInOwn: 0.4, isRare: 0.2, isUnsure: 1, hasFewVotes: 1,
}

// leastTold is the chance from which on a doubt of the model is told beside a better reason.
const leastTold = 0.05

// certaintyNames are the columns of a file that say how certain the values of these columns are.
func certaintyNames(h *table.Header, columns []string) (names []string) {
	for _, c := range columns {
		for _, suffix := range []string{prompt.ConfidenceSuffix, prompt.AgreementSuffix} {
			if h.Index(c+suffix) >= 0 {
				names = append(names, c+suffix)
			}
		}
	}
	return names
}

// findCertainties finds the confidence and the agreement of the columns to look at. If there
// are any, chances are the worths of reasons.
func (k *ranking) findCertainties(beside map[string]*ratedColumn) {
	h := k.ratings.results[0].header
	for i := range k.columns {
		c := &k.columns[i]
		name := h.Names[outputPlace(h, c.name)]
		c.confidence, c.agreement = beside[name+prompt.ConfidenceSuffix], beside[name+prompt.AgreementSuffix]
		for _, of := range []*ratedColumn{c.confidence, c.agreement} {
			if of == nil {
				continue
			}
			known, bad := of.countCertainties()
			if known > 0 {
				k.hasChances, k.worthOf = true, chanceOf[:]
			}
			if bad > 0 {
				k.notes = append(k.notes, fmt.Sprintf("%s: not a number from 0 to 1 in %s, which count as rows without one", of.name, term.Plural(bad, "row")))
			}
		}
	}
}

// countCertainties counts the rows of the first rater whose number is a certainty, and those
// that have another one.
func (c *ratedColumn) countCertainties() (known, bad int64) {
	rows := max(len(c.codes[0]), len(c.wide[0]))
	for row := range rows {
		switch v := c.number(0, row); {
		case isCertainty(v):
			known++
		case !c.isEmpty(0, row):
			bad++
		}
	}
	return known, bad
}

// doubt is what a certainty of a row leaves to 1; 0 where there is none.
func (c *ratedColumn) doubt(row int) float64 {
	if c == nil {
		return 0
	}
	if v := c.number(0, row); isCertainty(v) {
		return 1 - v
	}
	return 0
}

// addDoubts adds how unsure the model was of the value, and how many votes it lacks.
func (c *rankedColumn) addDoubts(row int, value int32, add func(kind reasonKind, value int32, other int, share float64)) {
	if doubt := c.confidence.doubt(row); doubt > 0 {
		add(isUnsure, value, 0, doubt)
	}
	if doubt := c.agreement.doubt(row); doubt > 0 {
		add(hasFewVotes, value, 0, doubt)
	}
}

// sameReason is what reasons have in common of which each further one is worth less.
type sameReason struct {
	kind   reasonKind
	column int
	value  int32
}

// scoreRow is what a look at a row with these reasons is worth. With chances it is the number of
// wrong values that the look is expected to find: the sum, over the columns, of the chance that
// one of the column's reasons is right. Else the worths of the reasons add up. seen counts the
// reasons of the rows before. Doubts of the model are of this row alone, and keep their worth.
func (k *ranking) scoreRow(reasons []reason, seen map[sameReason]int) (worth float64) {
	right := 1.0 // chance that the value of the column is
	for i, r := range reasons {
		if r.kind != isUnsure && r.kind != hasFewVotes {
			key := sameReason{r.kind, r.column, r.value}
			seen[key]++
			r.worth /= math.Sqrt(float64(seen[key]))
		}
		if !k.hasChances {
			worth += r.worth
			continue
		}
		right *= 1 - r.worth
		if i+1 == len(reasons) || reasons[i+1].column != r.column {
			worth += 1 - right
			right = 1
		}
	}
	return worth
}

// isTold reports whether the i-th best reason is worth a word.
func (r *reason) isTold(i int) bool {
	return i == 0 || r.kind != isUnsure && r.kind != hasFewVotes || r.worth >= leastTold
}

// describeDoubt says in words how certain a value is, which who gave.
func (r *reason) describeDoubt(who string) string {
	sure := 1 - r.worth
	share := strconv.FormatFloat(100*sure, 'f', 0, 64) + "%"
	switch {
	case sure > 0.995:
		share = "more than 99%"
	case sure > 0 && sure < 0.005:
		share = "less than 1%"
	}
	if r.kind == isUnsure {
		return who + " was " + share + " sure"
	}
	return share + " of the votes"
}
