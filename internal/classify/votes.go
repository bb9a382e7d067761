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
// answers until it has all of them; then the majority, column by column, is what is saved, with the texts
// of the answer that agrees most with it. An
// interruption costs the answers of the rows that are on their way. A row that gets no valid
// answer in one of the votes fails as it would with a single one. A row that was alone in each of its calls, at
// temperature 0, was asked the same thing K times: that its answers agree tells nothing.

// addVotes adds the answers to those of their rows, which a batch asked for. It returns the rows that have all their
// votes with what the majority says, and asks for the others again.
func (e *engine) addVotes(b *batch, rows []*row, labelled []reply.Row) (decided []*row, majority []reply.Row) {
	var again []*row
	same := len(b.rows) == 1 && e.c.Request.Temperature == 0 && b.history.rowRetries == 0
	for i, r := range rows {
		r.votes = append(r.votes, labelled[i])
		if same {
			r.sameVotes++
		}
		if len(r.votes) < e.c.Options.Votes {
			again = append(again, r)
			continue
		}
		elected := majorityOf(e.c.Prompt.Schema, r.votes)
		if r.sameVotes == len(r.votes) {
			for c := range elected.Agreement {
				elected.Agreement[c] = math.NaN()
			}
		}
		decided, majority = append(decided, r), append(majority, elected)
		r.votes = nil
	}
	if len(again) > 0 {
		source := rand.NewPCG(uint64(e.c.Options.Seed), uint64(again[0].pos)<<8|uint64(len(again[0].votes)))
		e.askNext(newBatch(inOtherOrder(again, rand.New(source)), false))
	}
	return decided, majority
}

// inOtherOrder returns the rows in a random order; if there are several, not in the one they have.
func inOtherOrder(rows []*row, random *rand.Rand) []*row {
	shuffled := slices.Clone(rows)
	random.Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
	if slices.Equal(shuffled, rows) {
		shuffled = append(shuffled[1:], shuffled[0])
	}
	return shuffled
}

// seedStep is between the seeds of two votes: more than a single row is tried.
const seedStep = 10_000

// majorityOf is what most votes say of a row, column by column. Agreement is the share of
// votes for each value, Confidence the mean of these votes'. If the gate says NOT_APPLICABLE in most, the
// other columns have their defaults, and else only votes in which it does not say so count for them.
func majorityOf(s *prompt.Schema, votes []reply.Row) reply.Row {
	row := reply.Row{RowID: votes[0].RowID, Values: make([]string, len(s.Columns)), Agreement: make([]float64, len(s.Columns))}
	if slices.ContainsFunc(votes, func(v reply.Row) bool { return v.Confidence != nil }) {
		row.Confidence = make([]float64, len(s.Columns))
	}
	applicable := votes
	if s.Gate != prompt.NoGate {
		value, _ := electValue(s, s.Gate, votes)
		row.Gate = value == prompt.NotApplicable
		applicable = slices.DeleteFunc(slices.Clone(votes), func(v reply.Row) bool { return v.Gate != row.Gate })
	}
	set := func(c int, value string, given []*reply.Row) {
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
	for c := range s.Columns {
		switch {
		case c == s.Gate:
			value, given := electValue(s, c, votes)
			set(c, value, given)
		case !isText(s, c):
			value, given := electValue(s, c, applicable)
			set(c, value, given)
		}
	}
	spokesman := mostAlike(s, applicable, row.Values)
	for c := range s.Columns {
		if isText(s, c) {
			set(c, spokesman.Values[c], votesFor(spokesman.Values[c], c, applicable))
		}
	}
	return row
}

// isText reports whether a column has texts, which are not voted on: each may be another one.
func isText(s *prompt.Schema, c int) bool { return s.Columns[c].Type == prompt.TypeText && c != s.Gate }

// mostAlike is the vote that has the most of the elected values; of several that whose texts most votes
// have, then the first. Its texts say why the values are what they are.
func mostAlike(s *prompt.Schema, votes []reply.Row, elected []string) *reply.Row {
	best, most := &votes[0], -1
	for i := range votes {
		alike, supported := 0, 0
		for c, value := range votes[i].Values {
			switch {
			case isText(s, c):
				supported += len(votesFor(value, c, votes))
			case value == elected[c]:
				alike++
			}
		}
		if rank := alike*(len(votes)*len(elected)+1) + supported; rank > most {
			best, most = &votes[i], rank
		}
	}
	return best
}

// electValue is the value that most votes have in a column, and those votes. Of
// values with as many, the label first listed wins, and without labels that of the first vote.
func electValue(s *prompt.Schema, column int, votes []reply.Row) (value string, given []*reply.Row) {
	best := math.MaxInt
	for i := range votes {
		v := votes[i].Values[column]
		same := votesFor(v, column, votes)
		rank := placeInList(&s.Columns[column], v)
		if len(same) > len(given) || len(same) == len(given) && rank < best {
			value, given, best = v, same, rank
		}
	}
	return value, given
}

// votesFor are the votes that have a value in a column.
func votesFor(value string, column int, votes []reply.Row) (same []*reply.Row) {
	for i := range votes {
		if votes[i].Values[column] == value {
			same = append(same, &votes[i])
		}
	}
	return same
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
