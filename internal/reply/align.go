package reply

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// alignByRowID matches the objects of the reply to the rows asked for, or the arrays of a compact
// one, whose number in the batch stands for the RowID. It
// returns, for each of ids, where its values begin in p.values, -1 if it has
// none, and the number of objects that belong to no row. What objects of one row say
// differently is marked as conflicting in p.values.
func (p *parser) alignByRowID() (matched []int, dropped int) {
	matched = make([]int, len(p.ids))
	for i := range matched {
		matched[i] = -1
	}
	for _, o := range p.objects {
		switch {
		case o.row < 0:
			dropped++
		case matched[o.row] < 0:
			matched[o.row] = o.values
		default:
			p.mergeObjects(matched[o.row], o.values)
			dropped++
		}
	}
	if p.compact {
		p.withdrawAlone(matched)
		p.withdrawUnordered(matched)
	}
	p.withdrawContradicted(matched)
	if len(p.ids) == 1 && len(p.objects) == 1 && p.objects[0].row == noRowID && !p.cutInRow {
		matched[0], dropped = p.objects[0].values, 0
	}
	return matched, dropped
}

// mergeObjects compares the values of a second object of a row, at again, with those of
// its first. Where they differ, neither counts.
func (p *parser) mergeObjects(first, again int) {
	for c := range p.columns {
		a, b := &p.values[first+c], p.values[again+c]
		if a.kind == missing && b.kind != missing {
			*a = value{kind: contradicted}
			continue
		}
		if a.merge(b); a.kind == conflicting {
			a.kind = contradicted
		}
	}
}

// rowIDKey finds what may be the RowID of an object, in text that is no longer read.
var rowIDKey = regexp.MustCompile(`(?i)row_?id\W{0,40}?(-?[0-9][0-9.eE+]*)`)

// rowNumber finds what may be the number of an array, likewise.
var rowNumber = regexp.MustCompile(`\[\s*(-?[0-9][0-9.eE+]*)\s*,`)

// withdrawContradicted takes the values from rows of which the reply says more where it
// is cut or broken: it could be something else.
func (p *parser) withdrawContradicted(matched []int) {
	if !p.cut {
		return
	}
	p.restNames = make([]bool, len(p.ids))
	if p.cutRow >= 0 {
		p.restNames[p.cutRow] = true
	}
	key := rowIDKey
	if p.compact {
		key = rowNumber
	}
	for _, m := range key.FindAllStringSubmatch(p.text[min(p.pos, len(p.text)):], -1) {
		if i := p.indexOfName(value{raw: m[1], kind: scalar}); i >= 0 {
			p.restNames[i] = true
		}
	}
	for i := range matched {
		p.restNames[i] = p.restNames[i] && matched[i] >= 0
		if p.restNames[i] {
			matched[i] = -1
		}
	}
}

// indexOfName returns the index of the row that the text behind the cut names, or unknownRowID.
func (p *parser) indexOfName(name value) int {
	if p.compact {
		return p.indexOfNumber(name)
	}
	id, ok := parseRowID(name)
	if !ok {
		return unknownRowID
	}
	return slices.Index(p.ids, id)
}

// indexOfRowID returns the index of o's RowID among those asked for. One that was
// asked for twice belongs to neither.
func (p *parser) indexOfRowID(o *openObject) int {
	row := unknownRowID
	for i := range p.ids {
		if o.idIsValid && p.ids[i] == o.id {
			if row != unknownRowID {
				return unknownRowID
			}
			row = i
		}
	}
	return row
}

// missingReason says why the reply has nothing for ids[i].
func (p *parser) missingReason(i int) string {
	for j, id := range p.ids {
		if j != i && id == p.ids[i] {
			return "duplicate RowID in one call"
		}
	}
	switch say := p.reasons(); {
	case p.unordered != nil && p.unordered[i]:
		return "the number of this row is out of order in the reply"
	case p.restNames != nil && p.restNames[i]:
		return say.cutInSecond
	case p.cutRow == i:
		return say.cutInside
	case p.cut:
		return say.cutBefore
	case len(p.objects) == 0:
		return say.noLabels
	default:
		return say.missing
	}
}

// reasons say why a row has no values.
type reasons struct{ cutInSecond, cutInside, cutBefore, noLabels, missing, contradicted string }

var objectReasons = reasons{
	cutInSecond:  "truncated or malformed reply; a second object may have this RowID",
	cutInside:    "truncated or malformed reply: it ends inside the object of this row",
	cutBefore:    "truncated or malformed reply; no object with this RowID before that point",
	noLabels:     "no object with labels in the reply",
	missing:      "no object with this RowID in the reply",
	contradicted: "differs between two objects with the same RowID",
}

var arrayReasons = reasons{
	cutInSecond:  "truncated or malformed reply; a second array may have this number",
	cutInside:    "truncated or malformed reply: it ends inside the array of this row",
	cutBefore:    "truncated or malformed reply; no array with this number before that point",
	noLabels:     "no array with labels in the reply",
	missing:      "no array with this number in the reply",
	contradicted: "differs between two arrays with the same number",
}

func (p *parser) reasons() *reasons {
	if p.compact {
		return &arrayReasons
	}
	return &objectReasons
}

// setRowID takes in a RowID; a second one must be the same.
func (o *openObject) setRowID(v value) {
	id, ok := parseRowID(v)
	if o.hasRowID {
		ok = ok && o.idIsValid && id == o.id
	}
	o.hasRowID, o.id, o.idIsValid = true, id, ok
}

// parseRowID returns the integer that v says: a number, or a text that is one. 17,
// "17", 17.0 and 1.7e1 are the same integer. It never goes through a float, so
// all 64 bits count.
func parseRowID(v value) (int64, bool) {
	if v.kind != text && v.kind != scalar {
		return 0, false
	}
	t, ok := v.text()
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(t, 10, 64); err == nil {
		return n, true
	}
	return parseInteger(t)
}

// parseInteger returns the value of a decimal number with a fraction or an exponent,
// if that is an integer of 64 bits.
func parseInteger(t string) (int64, bool) {
	t, negative := strings.CutPrefix(t, "-")
	exponent := 0
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = parseExponent(t[i+1:]); !ok {
			return 0, false
		}
		t = t[:i]
	}
	whole, fraction, point := strings.Cut(t, ".")
	if whole == "" || point && fraction == "" {
		return 0, false
	}
	n, ok := scaleDigits(whole+fraction, exponent-len(fraction))
	switch {
	case !ok:
		return 0, false
	case negative && n <= -math.MinInt64:
		return int64(-n), true
	case !negative && n <= math.MaxInt64:
		return int64(n), true
	}
	return 0, false
}

// parseExponent reads what follows the e. What is far beyond any integer of 64 bits
// is cut to a size that cannot overflow.
func parseExponent(t string) (int, bool) {
	t, negative := strings.CutPrefix(t, "-")
	if !negative {
		t, _ = strings.CutPrefix(t, "+")
	}
	n, ok := 0, t != ""
	for i := range len(t) {
		ok = ok && t[i]-'0' <= 9
		n = min(n*10+int(t[i]-'0'), 1<<30)
	}
	if negative {
		n = -n
	}
	return n, ok
}

// scaleDigits returns digits × 10^scale if that is an integer below 2^64.
func scaleDigits(digits string, scale int) (uint64, bool) {
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return 0, true
	}
	scale += len(digits) - len(significant)
	if scale < 0 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(significant)+scale; i++ {
		d := uint64(0)
		if i < len(significant) {
			d = uint64(significant[i]) - '0'
		}
		if d > 9 || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}
