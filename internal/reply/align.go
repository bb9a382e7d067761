package reply

import (
	"math"
	"strconv"
	"strings"
)

// alignByRowID matches the objects of the reply to the rows asked for. It
// returns, for each of ids, where its values begin in p.values, -1 if it has
// none, and the number of objects that belong to no row.
func (p *parser) alignByRowID() (matched []int, dropped int) {
	matched = make([]int, len(p.ids))
	for i := range matched {
		matched[i] = -1
	}
	for _, o := range p.objects {
		if o.row >= 0 && matched[o.row] < 0 {
			matched[o.row] = o.values
		} else {
			dropped++
		}
	}
	if len(p.ids) == 1 && len(p.objects) == 1 && p.objects[0].row == noRowID && !p.cutInRow {
		matched[0], dropped = p.objects[0].values, 0
	}
	return matched, dropped
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
			return "its RowID was asked for twice in one call"
		}
	}
	switch {
	case p.cutRow == i:
		return "the reply is cut or broken inside its object"
	case p.cut:
		return "no object with its RowID before the reply is cut or broken"
	case len(p.objects) == 0:
		return "no object with labels in the reply"
	}
	return "no object with its RowID in the reply"
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
