package stats

import (
	"context"
	"math"
	"slices"

	"prism/internal/prompt"
	"prism/internal/student"
)

// leastKappa is the agreement beyond chance, its lower end, below which a student has no skill in a
// column: where 96 of 100 rows have one label, one that always says it agrees in 96. From 0.4 on
// agreement is called moderate: Landis and Koch (1977), The measurement of observer
// agreement for categorical data, Biometrics 33.
const leastKappa = 0.4

// StudentReport is how far a student can be relied on, by rows that it had not seen: each is
// judged by a student that was trained on the other folds.
type StudentReport struct {
	File       string          `json:"file"`
	Seed       uint64          `json:"seed"`
	Target     Figure          `json:"target"`
	Rows       int64           `json:"rows"`        // that it was trained on
	PassedOver int64           `json:"passed_over"` // rows of a student, blank ones and those without labels
	Gold       int64           `json:"gold"`        // of Rows, those that people labelled
	Columns    []StudentColumn `json:"columns"`
	Whole      StudentLevel    `json:"whole"` // rows that are above the thresholds in all columns
}

// StudentColumn is what a student learned of a column.
type StudentColumn struct {
	Column        string         `json:"column"`
	Kind          Kind           `json:"kind"`
	Rows          int64          `json:"rows"`   // that the model labelled, and did not find not applicable
	Labels        []string       `json:"labels"` // that the student gives
	Agreement     Figure         `json:"agreement"`
	AgreementLow  Figure         `json:"agreement_low"`
	AgreementHigh Figure         `json:"agreement_high"`
	Gold          int64          `json:"gold"` // rows that people labelled
	Accuracy      Figure         `json:"accuracy"`
	AccuracyLow   Figure         `json:"accuracy_low"`
	AccuracyHigh  Figure         `json:"accuracy_high"`
	Kappa         Figure         `json:"kappa"` // of the agreement with the model
	KappaLow      Figure         `json:"kappa_low"`
	KappaHigh     Figure         `json:"kappa_high"`
	Threshold     Figure         `json:"threshold"`
	Above         Figure         `json:"above"`  // share of Rows at or above the threshold
	Usable        bool           `json:"usable"` // there is a threshold, and the student has skill
	Best          Figure         `json:"best"`   // the highest lower end that any threshold reaches
	Levels        []StudentLevel `json:"thresholds"`
}

// HasSkill reports whether the student agrees with the model clearly more often than by chance, or
// there is nothing to tell apart: both say the same of all rows.
func (c *StudentColumn) HasSkill() bool {
	return float64(c.KappaLow) >= leastKappa || !c.Kappa.IsDefined() && c.Agreement == 1
}

// StudentLevel is the rows whose confidence is at or above a threshold.
type StudentLevel struct {
	Threshold    Figure `json:"threshold"`
	Above        Figure `json:"above"` // share of the rows
	Rows         int64  `json:"rows"`
	Agreement    Figure `json:"agreement"` // with the model
	Low          Figure `json:"low"`
	High         Figure `json:"high"`
	Gold         int64  `json:"gold"` // rows that people labelled
	Accuracy     Figure `json:"accuracy"`
	AccuracyLow  Figure `json:"accuracy_low"`
	AccuracyHigh Figure `json:"accuracy_high"`
}

// Train trains a student on the rows, which also has the thresholds of the report.
func (t *StudentRows) Train(ctx context.Context) (*student.Student, *StudentReport, error) {
	st, opinions, err := student.Train(ctx, t.options.Schema, t.inputs, &t.sample, t.options.Seed)
	if err != nil {
		return nil, nil, err
	}
	r := &StudentReport{Seed: t.options.Seed, Target: Figure(t.options.Target), Rows: int64(len(t.sample.Rows)), PassedOver: t.PassedOver, Columns: []StudentColumn{}}
	for _, weight := range t.weights {
		if weight > 0 {
			r.Gold++
		}
	}
	st.Trained = student.Trained{Rows: len(t.sample.Rows), Gold: int(r.Gold), Files: t.sums}
	st.Target = t.options.Target
	for i := range st.Columns {
		if !t.isJudged(st, i) {
			continue
		}
		c := t.judgeColumn(&st.Columns[i], &opinions.Columns[i], i)
		if c.Threshold.IsDefined() {
			st.Columns[i].Threshold = new(float64(c.Threshold))
		}
		st.Columns[i].Usable = c.Usable
		r.Columns = append(r.Columns, c)
	}
	r.Whole = t.judgeWhole(st, opinions)
	return st, r, nil
}

// isJudged reports whether a column is one of those that a student is to give: a gate of free text is only
// if there was anything to learn.
func (t *StudentRows) isJudged(st *student.Student, column int) bool {
	c := &st.Columns[column]
	return student.Knows(t.options.Schema, column) && (c.Kind != prompt.TypeText || len(c.Cells) > 0)
}

// verdict is what model and people say of what the student gave a row.
type verdict struct {
	confidence       float64
	hasModel, isSame bool    // the model labelled it, as the student did
	weight           float64 // of gold; 0: people did not label it
	isRight          bool
}

// judgeColumn judges the opinions of a column.
func (t *StudentRows) judgeColumn(learned *student.Column, o *student.OpinionColumn, column int) StudentColumn {
	undefined := Figure(math.NaN())
	c := StudentColumn{
		Column: learned.Name, Kind: Kind(learned.Kind), Labels: learned.Cells, Levels: []StudentLevel{},
		Kappa: undefined, KappaLow: undefined, KappaHigh: undefined, Threshold: undefined, Above: undefined, Best: undefined,
	}
	verdicts := t.verdictsOf(column, o)
	all := newStudentLevel(verdicts, math.NaN())
	c.Rows, c.Gold = all.Rows, all.Gold
	if o.Given == nil {
		for _, f := range []*Figure{&c.Agreement, &c.AgreementLow, &c.AgreementHigh, &c.Accuracy, &c.AccuracyLow, &c.AccuracyHigh} {
			*f = undefined
		}
		return c
	}
	c.Agreement, c.AgreementLow, c.AgreementHigh = all.Agreement, all.Low, all.High
	c.Accuracy, c.AccuracyLow, c.AccuracyHigh = all.Accuracy, all.AccuracyLow, all.AccuracyHigh
	c.Kappa, c.KappaLow, c.KappaHigh = t.kappaOf(column, o)
	threshold, best := chooseThreshold(verdicts, t.options.Target)
	c.Threshold, c.Best = Figure(threshold), Figure(best)
	if c.Threshold.IsDefined() {
		c.Above = newStudentLevel(verdicts, threshold).Above
	}
	c.Usable = c.Threshold.IsDefined() && c.HasSkill()
	c.Levels = studentLevels(verdicts, threshold)
	return c
}

// verdictsOf are the verdicts on the rows that the column has a value in.
func (t *StudentRows) verdictsOf(column int, o *student.OpinionColumn) (verdicts []verdict) {
	for row := range t.sample.Rows {
		v := verdict{hasModel: t.applies(t.model, column, row)}
		given := ""
		if o.Given != nil {
			given, v.confidence = o.Given[row], o.Confidence[row]
		}
		v.isSame = v.hasModel && given == t.model[column][row]
		if t.gold != nil && t.known[column][row] && t.applies(t.sample.Values, column, row) {
			v.weight, v.isRight = t.weights[row], given == t.gold[column][row]
		}
		if v.hasModel || v.weight > 0 {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// applies reports whether a row has a value in a column: it is not one that the gate finds not applicable, and is
// not empty without saying so.
func (t *StudentRows) applies(values [][]string, column, row int) bool {
	s := t.options.Schema
	c := &s.Columns[column]
	switch {
	case column == s.Gate:
		return values[column][row] != "" || c.Type == prompt.TypeText || c.Optional
	case s.Gate != prompt.NoGate && values[s.Gate][row] == prompt.NotApplicable:
		return false
	}
	return values[column][row] != "" || c.Type == prompt.TypeLabels || c.Optional
}

// newStudentLevel is the rows from a threshold on; NaN: all.
func newStudentLevel(verdicts []verdict, threshold float64) StudentLevel {
	var all, same, rows, goldRows int64
	var weights, squares, right float64
	for _, v := range verdicts {
		if v.hasModel {
			all++
		}
		if v.confidence < threshold {
			continue
		}
		if v.hasModel {
			rows++
		}
		if v.isSame {
			same++
		}
		if v.weight > 0 {
			goldRows++
			weights, squares = weights+v.weight, squares+v.weight*v.weight
		}
		if v.isRight {
			right += v.weight
		}
	}
	agreement, accuracy := float64(same)/float64(rows), right/weights
	low, high := wilsonInterval(agreement, float64(rows))
	accuracyLow, accuracyHigh := wilsonInterval(accuracy, effectiveNumber(weights, squares))
	return StudentLevel{
		Threshold: Figure(threshold), Above: Figure(float64(rows) / float64(all)), Rows: rows, Agreement: Figure(agreement), Low: Figure(low), High: Figure(high),
		Gold: goldRows, Accuracy: Figure(accuracy), AccuracyLow: Figure(accuracyLow), AccuracyHigh: Figure(accuracyHigh),
	}
}

// kappaOf is the agreement with the model beyond chance.
func (t *StudentRows) kappaOf(column int, o *student.OpinionColumn) (kappa, low, high Figure) {
	codes := map[string]int32{}
	codeOf := func(cell string) int32 {
		if _, known := codes[cell]; !known {
			codes[cell] = int32(len(codes))
		}
		return codes[cell]
	}
	var model, given []int32
	for row := range t.sample.Rows {
		if t.applies(t.model, column, row) {
			model, given = append(model, codeOf(t.model[column][row])), append(given, codeOf(o.Given[row]))
		}
	}
	weighed := countWeighedCells(model, given, nil)
	kappa = Figure(cohenKappa(joinWeighedCells(weighed)))
	if !kappa.IsDefined() {
		return kappa, kappa, kappa
	}
	from, to := kappaInterval(weighed, t.options.Seed)
	return kappa, Figure(from), Figure(to)
}

// chooseThreshold returns the least confidence from which on the rows are right in a share whose
// lower end is at least the target, by the rows that people labelled, else by those of the model. A model that errs at random
// in 5 of 100 rows agrees with nobody in more than 95. best is the highest lower end of all.
// Both are NaN where there is none.
func chooseThreshold(verdicts []verdict, target float64) (threshold, best float64) {
	hasGold := slices.ContainsFunc(verdicts, func(v verdict) bool { return v.weight > 0 })
	var judged []judgedRow
	weights := []float64{}
	for _, v := range verdicts {
		switch {
		case hasGold && v.weight > 0:
			judged = append(judged, judgedRow{v.confidence, int32(len(weights)), v.isRight})
			weights = append(weights, v.weight)
		case !hasGold && v.hasModel:
			judged = append(judged, judgedRow{v.confidence, int32(len(weights)), v.isSame})
			weights = append(weights, 1)
		}
	}
	threshold, best = math.NaN(), math.NaN()
	var all, right, squares float64
	for l := range sortLevels(judged, weights) {
		all, right, squares = all+l.right+l.wrong, right+l.right, squares+l.squares
		low, _ := wilsonInterval(right/all, effectiveNumber(all, squares))
		if low >= target {
			threshold = l.confidence
		}
		if !(low <= best) {
			best = low
		}
	}
	return threshold, best
}

// levelShares are the shares of rows for which a report has thresholds.
var levelShares = []float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1}

// studentLevels are the levels of these shares of the rows, and that of the chosen threshold, from the highest threshold down.
func studentLevels(verdicts []verdict, chosen float64) []StudentLevel {
	var confidences []float64
	for _, v := range verdicts {
		if v.hasModel {
			confidences = append(confidences, v.confidence)
		}
	}
	slices.Sort(confidences)
	var thresholds []float64
	for _, share := range levelShares {
		if n := int(math.Round(share * float64(len(confidences)))); n > 0 {
			thresholds = append(thresholds, confidences[len(confidences)-n])
		}
	}
	if !math.IsNaN(chosen) {
		thresholds = append(thresholds, chosen)
	}
	slices.Sort(thresholds)
	levels := []StudentLevel{}
	for _, x := range slices.Backward(slices.Compact(thresholds)) {
		levels = append(levels, newStudentLevel(verdicts, x))
	}
	return levels
}

// judgeWhole judges the rows of which the student is sure in all columns: the rows that need no model.
func (t *StudentRows) judgeWhole(st *student.Student, o *student.Opinions) StudentLevel {
	verdicts := make([]verdict, len(t.sample.Rows))
	for row := range verdicts {
		v := verdict{hasModel: true, isSame: true, isRight: true, weight: t.weights[row]}
		if t.isSureOf(st, o, row) {
			v.confidence = 1
		}
		isKnown, isRefused := true, t.isRefused(o, row)
		for i := range o.Columns {
			if o.Columns[i].Given == nil || isRefused && i != t.options.Schema.Gate {
				continue
			}
			given := o.Columns[i].Given[row]
			v.isSame = v.isSame && given == t.model[i][row]
			if t.gold != nil && t.known[i][row] {
				v.isRight = v.isRight && given == t.gold[i][row]
			} else {
				isKnown = false
			}
		}
		if v.isRight && !isKnown {
			v.weight = 0
		}
		verdicts[row] = v
	}
	level := newStudentLevel(verdicts, 1)
	level.Threshold = Figure(math.NaN())
	return level
}

// isRefused reports whether the student finds a row not applicable: then it gives the gate alone.
func (t *StudentRows) isRefused(o *student.Opinions, row int) bool {
	gate := t.options.Schema.Gate
	return gate != prompt.NoGate && o.Columns[gate].Given != nil && o.Columns[gate].Given[row] == prompt.NotApplicable
}

// isSureOf reports whether a row is above the threshold in every column that it has. A column that could not be learned is
// above none.
func (t *StudentRows) isSureOf(st *student.Student, o *student.Opinions, row int) bool {
	isRefused := t.isRefused(o, row)
	for i := range st.Columns {
		c := &st.Columns[i]
		switch {
		case !t.isJudged(st, i) || isRefused && i != t.options.Schema.Gate:
		case !c.Usable || o.Columns[i].Confidence[row] < *c.Threshold:
			return false
		}
	}
	return true
}
