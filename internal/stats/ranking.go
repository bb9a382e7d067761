package stats

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/student"
	"prism/internal/term"
)

// reasonKind is why a value is worth a look.
type reasonKind uint8

const (
	isUnlisted    reasonKind = iota // the codebook does not have it
	differsInRun                    // another result of the same row has another one
	differsInText                   // another row with the same text has another one
	isMissing                       // a value is due, and there is none
	differsInOwn                    // the input's own column says something else
	isRare
	isUnsure    // the model says that it was
	hasFewVotes // other votes have another one
)

// plainWorths are what a look at a value is worth, by its reason: how likely the value is wrong, as
// far as anybody can tell without the model's probabilities; chanceOf is with them. The k-th row with the same reason and value
// is worth 1/√k of it, so that a label which a thousand rows have does not hide all others.
var plainWorths = []float64{isUnlisted: 10, differsInRun: 8, differsInText: 7, isMissing: 6, differsInOwn: 5, isRare: 3}

// rareShare is the share of rows below which a value is rare.
const rareShare = 0.05

// reason is why a column of a row is worth a look.
type reason struct {
	kind   reasonKind
	column int
	value  int32 // the code of the value in the column
	other  int   // the rater or the row that says something else
	worth  float64
}

// ranking tells which rows of results are most worth a look.
type ranking struct {
	ratings  *Ratings
	schema   *prompt.Schema
	columns  []rankedColumn
	gate     int // in columns; -1: none
	reviewed *ratedColumn
	by       [2]*ratedColumn // who labelled a row: Labelled_By and Model_Name
	sameText []int32         // by row: the first row with the same text; nil: no column of the text
	reasons  []reason
	notes    []string // what people should know, a line each

	worthOf    []float64 // of values, by the kind of the reason
	hasChances bool      // these are chances that the value is wrong
}

// rankedColumn is a column to look at.
type rankedColumn struct {
	*ratedColumn
	name    string
	own     *ratedColumn // the column of that name that the input has; nil: none
	ownSays []int32      // by code of own, the code of the same value; -1: none
	counts  []int64      // rows of the first rater, by code
	rows    int64        // with a value
	known   []bool       // by code: the codebook has it

	confidence, agreement *ratedColumn // how certain its values are; nil: nothing tells
}

func newRanking(r *Ratings, s *prompt.Schema) *ranking {
	k := &ranking{ratings: r, schema: s, gate: -1, worthOf: plainWorths}
	compared := len(r.plans) - besideCount(r)
	beside := map[string]*ratedColumn{}
	for i := compared; i < len(r.plans); i++ {
		beside[r.plans[i].name] = r.columns[i]
	}
	k.reviewed, k.by = beside[override.Reviewed], [2]*ratedColumn{beside[override.LabelledBy], beside[modelColumn]}
	for i, c := range r.columns[:compared] {
		name := strings.TrimPrefix(r.plans[i].name, prompt.Validated)
		column := rankedColumn{ratedColumn: c, name: name}
		if r.results[0].header.Index(prompt.Validated+name) >= 0 {
			column.own = beside[name]
		}
		if s != nil && s.Gate != prompt.NoGate && s.Columns[s.Gate].Name == name {
			k.gate = i
		}
		column.countValues(s)
		k.columns = append(k.columns, column)
	}
	k.findCertainties(beside)
	k.findSameTexts(beside)
	return k
}

// besideCount is how many columns were read beside those to compare.
func besideCount(r *Ratings) (n int) {
	for _, p := range r.plans {
		if p.isBeside {
			n++
		}
	}
	return n
}

// countValues counts the values of the first rater, and finds out which are known.
func (c *rankedColumn) countValues(s *prompt.Schema) {
	if c.isWide {
		return
	}
	c.counts, c.known = make([]int64, len(c.texts)), make([]bool, len(c.texts))
	for _, code := range c.codes[0] {
		if code > emptyCode {
			c.counts[code]++
			c.rows++
		}
	}
	for code, text := range c.texts {
		c.known[code] = true
		if s != nil && c.schema != nil && code != emptyCode {
			_, err := s.ParseTyped(c.schema, text, false)
			c.known[code] = err == nil
		}
	}
	if c.own == nil || c.own.isWide {
		return
	}
	byKey := map[string]int32{}
	for code, text := range c.texts {
		byKey[valueKey(text)] = int32(code)
	}
	for _, text := range c.own.texts {
		code, known := byKey[valueKey(text)]
		if !known || code == emptyCode || !c.known[code] || saysNothing(text) {
			code = -1 // it speaks another language, such as 4 stars
		}
		c.ownSays = append(c.ownSays, code)
	}
}

// findSameTexts finds the first row with the text of each row.
func (k *ranking) findSameTexts(beside map[string]*ratedColumn) {
	message, title := beside["Message"], beside["Title"]
	if message == nil {
		return
	}
	first := map[[2]uint64]int32{}
	k.sameText = make([]int32, len(k.ratings.rows.ids))
	for row := range k.sameText {
		k.sameText[row] = int32(row)
		if message.isEmpty(0, row) {
			continue
		}
		key := [2]uint64{message.identity(0, row), 0}
		if title != nil {
			key[1] = title.identity(0, row)
		}
		if at, known := first[key]; known {
			k.sameText[row] = at
		} else {
			first[key] = int32(row)
		}
	}
}

// identity is equal for equal values of a rater in the column.
func (c *ratedColumn) identity(rater, row int) uint64 {
	if c.isWide {
		return c.wide[rater][row]
	}
	return uint64(int64(c.codes[rater][row]))
}

// findReasons lists why a row is worth a look. The list lives until the next call.
func (k *ranking) findReasons(row int) []reason {
	k.reasons = k.reasons[:0]
	reviewed := ""
	if k.reviewed != nil {
		reviewed = "|" + k.reviewed.text(0, row) + "|"
	}
	applies := true
	if k.gate >= 0 {
		applies = k.columns[k.gate].text(0, row) != prompt.NotApplicable
	}
	for i := range k.columns {
		c := &k.columns[i]
		if !applies && i != k.gate || reviewed != "" && (strings.Contains(reviewed, "|"+c.name+"|") || strings.Contains(reviewed, "|"+prompt.Validated+c.name+"|")) {
			continue
		}
		k.addReasons(i, row)
	}
	return k.reasons
}

// addReasons adds those of one column.
func (k *ranking) addReasons(i, row int) {
	c := &k.columns[i]
	add := func(kind reasonKind, value int32, other int, share float64) {
		k.reasons = append(k.reasons, reason{kind, i, value, other, k.worthOf[kind] * share})
	}
	k.addDifferences(i, row, add)
	if c.kind == Text {
		return
	}
	if c.isWide {
		c.addDoubts(row, emptyCode, add)
		return
	}
	code := c.codes[0][row]
	c.addDoubts(row, code, add)
	switch {
	case code <= emptyCode && c.schema != nil && !c.schema.Optional && c.kind != Labels:
		add(isMissing, emptyCode, 0, 1)
		return
	case code <= emptyCode || saysNothing(c.texts[code]):
		return
	case !c.known[code]:
		add(isUnlisted, code, 0, 1)
	case c.kind != Number && c.rows > 0:
		if share := float64(c.counts[code]) / float64(c.rows); share < rareShare {
			add(isRare, code, 0, 1-share/rareShare)
		}
	}
	if c.ownSays != nil {
		if own := c.own.codes[0][row]; own > emptyCode && c.ownSays[own] >= 0 && c.ownSays[own] != code {
			add(differsInOwn, code, int(c.ownSays[own]), 1)
		}
	}
}

// addDifferences adds what other results of the row, and other rows with its text, say.
func (k *ranking) addDifferences(i, row int, add func(kind reasonKind, value int32, other int, share float64)) {
	c := &k.columns[i]
	if c.kind == Text {
		return
	}
	value := int32(emptyCode)
	if !c.isWide {
		value = c.codes[0][row]
	}
	others, differ, first := 0, 0, -1
	for rater := 1; rater < len(k.ratings.names); rater++ {
		if !k.ratings.has[rater][row] {
			continue
		}
		others++
		if !c.areEqual(0, rater, row) {
			if differ++; first < 0 {
				first = rater
			}
		}
	}
	if differ > 0 {
		add(differsInRun, value, first, float64(differ)/float64(others))
	}
	if k.sameText == nil || c.isEmpty(0, row) {
		return
	}
	if other := int(k.sameText[row]); other != row && !c.isEmpty(0, other) && c.identity(0, row) != c.identity(0, other) {
		add(differsInText, value, other, 1)
	}
}

// chooseRows chooses n rows, the best first: all, if there are fewer. From the place
// standOut on nothing stands out in them, and they are drawn at random.
func (k *ranking) chooseRows(n int64, seed uint64) (rows []int, standOut int64) {
	seen := map[sameReason]int{}
	var best rankedRows
	var plain []int32
	for row := range k.ratings.rows.ids {
		if !k.ratings.has[0][row] {
			continue
		}
		worth := k.scoreRow(k.findReasons(row), seen)
		if worth == 0 {
			plain = append(plain, int32(row))
			continue
		}
		heap.Push(&best, rankedRow{row, worth})
		if int64(len(best)) > n {
			heap.Pop(&best)
		}
	}
	slices.SortFunc(best, func(a, b rankedRow) int { return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.row, b.row)) })
	for _, r := range best {
		rows = append(rows, r.row)
	}
	standOut = int64(len(rows))
	for _, at := range drawPlaces(newSeededRand(seed), int64(len(plain)), min(n-standOut, int64(len(plain)))) {
		rows = append(rows, int(plain[at]))
	}
	return rows, standOut
}

// rankedRow is a row and what a look at it is worth.
type rankedRow struct {
	row   int
	worth float64
}

// rankedRows is a heap: the row that is worth least, and of several the last one, is at its top.
type rankedRows []rankedRow

func (h rankedRows) Len() int      { return len(h) }
func (h rankedRows) Swap(a, b int) { h[a], h[b] = h[b], h[a] }
func (h rankedRows) Less(a, b int) bool {
	return cmp.Or(cmp.Compare(h[a].worth, h[b].worth), cmp.Compare(h[b].row, h[a].row)) < 0
}

// Push is that of container/heap.
func (h *rankedRows) Push(x any) { *h = append(*h, x.(rankedRow)) }

// Pop is that of container/heap.
func (h *rankedRows) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// describeRow says in plain words why a row was chosen, the best reason first.
func (k *ranking) describeRow(row int) string {
	reasons := slices.Clone(k.findReasons(row))
	if len(reasons) == 0 {
		return "drawn at random: nothing stands out"
	}
	slices.SortStableFunc(reasons, func(a, b reason) int { return cmp.Compare(b.worth, a.worth) })
	var texts []string
	for i, r := range reasons {
		if !r.isTold(i) {
			continue
		}
		c := &k.columns[r.column]
		texts = append(texts, c.name+": "+k.describeReason(r, c, row))
	}
	return strings.Join(texts, "; ")
}

func (k *ranking) describeReason(r reason, c *rankedColumn, row int) string {
	switch r.kind {
	case isUnlisted:
		return fmt.Sprintf("%s is not in the codebook", c.texts[r.value])
	case differsInRun:
		return fmt.Sprintf("%s says %s", k.ratings.names[r.other], orNothing(c.text(r.other, row)))
	case differsInText:
		return fmt.Sprintf("the same text has %s in row %d", orNothing(c.text(0, r.other)), k.ratings.rows.ids[r.other])
	case isMissing:
		return "there is no value"
	case differsInOwn:
		return fmt.Sprintf("the input says %s", c.texts[r.other])
	case isUnsure, hasFewVotes:
		return r.describeDoubt(k.whoLabelled(row))
	}
	return fmt.Sprintf("%s is rare (%s of %s)", c.texts[r.value], term.Count(c.counts[r.value]), term.Plural(c.rows, "row"))
}

// whoLabelled is the model or its student.
func (k *ranking) whoLabelled(row int) string {
	var cells [2]string
	for i, c := range k.by {
		if c != nil {
			cells[i] = c.text(0, row)
		}
	}
	if student.IsBy(cells[0], cells[1]) {
		return "the student"
	}
	return "the model"
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
