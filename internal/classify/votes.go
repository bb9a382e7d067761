package classify

import (
	"math"
	"math/rand/v2"
	"slices"

	"prism/internal/prompt"
	"prism/internal/reply"
)

// With --votes K a row is asked for K times. Where a row stands in its batch can decide what the
// model says of it, so each time but the first its batch has another order. A row waits with its
// answers until it has all of them; then the majority, column by column, is what is saved. An
// interruption costs the answers of the rows that are on their way. A row that gets no valid
// answer in one of the votes fails as it would with a single one.

// addVotes adds the answers to those of their rows. It returns the rows that have all their
// votes with what the majority says, and asks for the others again.
func (e *engine) addVotes(rows []*row, labelled []reply.Row) (decided []*row, majority []reply.Row) {
	var again []*row
	for i, r := range rows {
		r.votes = append(r.votes, labelled[i])
		if len(r.votes) < e.c.Options.Votes {
			again = append(again, r)
			continue
		}
		decided = append(decided, r)
		majority = append(majority, majorityOf(e.c.Prompt.Schema, r.votes))
		r.votes = nil
	}
	if len(again) > 0 {
		order := rand.New(rand.NewPCG(uint64(e.c.Options.Seed), uint64(again[0].pos)<<8|uint64(len(again[0].votes))))
		order.Shuffle(len(again), func(i, k int) { again[i], again[k] = again[k], again[i] })
		e.askNext(newBatch(again, false))
	}
	return decided, majority
}

// seedStep is between the seeds of two votes: more than a single row is tried.
const seedStep = 10_000

// majorityOf is what most votes say of a row, column by column. Agreement is the share of
// votes for each value, Confidence the mean of these votes'. If the gate says NOT_APPLICABLE in most, the
// other columns have their defaults, and else only votes in which it does not say so count for them.
func majorityOf(s *prompt.Schema, votes []reply.Row) reply.Row {
	row := reply.Row{RowID: votes[0].RowID, Values: make([]string, len(s.Columns)), Agreement: make([]float64, len(s.Columns))}
	if votes[0].Confidence != nil {
		row.Confidence = make([]float64, len(s.Columns))
	}
	applicable := votes
	if s.Gate != prompt.NoGate {
		value, _ := electValue(s, s.Gate, votes)
		row.Gate = value == prompt.NotApplicable
		applicable = slices.DeleteFunc(slices.Clone(votes), func(v reply.Row) bool { return v.Gate != row.Gate })
	}
	for c := range s.Columns {
		from := applicable
		if c == s.Gate {
			from = votes
		}
		value, given := electValue(s, c, from)
		row.Values[c] = value
		row.Agreement[c] = float64(len(given)) / float64(len(votes))
		if row.Gate && c != s.Gate {
			row.Agreement[c] = math.NaN()
		}
		if row.Confidence != nil {
			row.Confidence[c] = meanConfidence(given, c)
		}
		for _, o := range given[0].Organic {
			if o.Column == s.Columns[c].Name {
				row.Organic = append(row.Organic, o)
			}
		}
	}
	return row
}

// electValue is the value that most votes have in a column, and those votes. Of
// values with as many, the label first listed wins, and without labels that of the first vote.
func electValue(s *prompt.Schema, column int, votes []reply.Row) (value string, given []*reply.Row) {
	best := math.MaxInt
	for i := range votes {
		v := votes[i].Values[column]
		var same []*reply.Row
		for k := range votes {
			if votes[k].Values[column] == v {
				same = append(same, &votes[k])
			}
		}
		rank := placeInList(&s.Columns[column], v)
		if len(same) > len(given) || len(same) == len(given) && rank < best {
			value, given, best = v, same, rank
		}
	}
	return value, given
}

// placeInList is where a label stands among those listed; what is not listed stands behind them.
func placeInList(c *prompt.Column, value string) int {
	if i := slices.Index(c.Labels, value); i >= 0 {
		return i
	}
	return len(c.Labels)
}

// meanConfidence is the mean of those votes' that have one, else NaN.
func meanConfidence(votes []*reply.Row, column int) float64 {
	sum, n := 0.0, 0.0
	for _, v := range votes {
		if v.Confidence != nil && !math.IsNaN(v.Confidence[column]) {
			sum, n = sum+v.Confidence[column], n+1
		}
	}
	return sum / n // 0/0 is NaN
}
