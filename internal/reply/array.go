package reply

import "slices"

// openArray is an array of a compact reply that is being read. It is a row's if it begins with a
// number that a comma follows; then nothing inside it is. Else it may hold those of rows.
type openArray struct {
	values  int // length of parser.values at its start
	length  int // elements that were read
	hasText bool
	isRow   bool
	number  value // the first element of a row's
}

// parseCompactArray reads the array whose bracket is next, of a compact reply. A comma may
// follow the last element, and may be missing between arrays.
func (p *parser) parseCompactArray(depth int) (value, state) {
	start := p.pos
	p.pos++
	if depth > maxDepth {
		return value{}, notJSON
	}
	a := openArray{values: len(p.values)}
	for p.peekToken() != ']' {
		v, st := p.parseValue(depth)
		if st != complete {
			return value{}, p.closeBrokenArray(&a, st)
		}
		p.addElement(&a, v)
		switch c := p.peekToken(); {
		case c == ',':
			p.pos++
			if a.length == 1 && v.kind == scalar {
				p.beginRowArray(&a, v)
			}
		case c == ']' || c == '[' && v.kind == array && !a.isRow:
		case c == '[' || c == '{' || c == '"': // a comma is lost, or part of a number
			return value{}, p.closeBrokenArray(&a, broken)
		default:
			return value{}, p.closeBrokenArray(&a, notJSON)
		}
	}
	p.pos++
	if a.isRow {
		p.closeRowArray(&a, depth == 1)
	}
	return value{raw: p.text[start:p.pos], at: p.base + start, kind: array}, complete
}

// addElement takes in an element. Behind the number they are the values of the columns, in their order.
func (p *parser) addElement(a *openArray, v value) {
	if a.isRow && a.length <= len(p.columns) {
		p.values[a.values+a.length-1] = v
	}
	a.length++
	a.hasText = a.hasText || v.kind == text
}

// beginRowArray begins with the values of a row, whose number was read. true and false are none.
func (p *parser) beginRowArray(a *openArray, number value) {
	if !isJSONNumber(number.raw) {
		return
	}
	a.isRow, a.number = true, number
	p.inRow = true
	for range p.columns {
		p.values = append(p.values, value{})
	}
}

// closeRowArray keeps the row of an array that was read to its end. If it has another
// number of values than there are columns, it is not known which are whose.
func (p *parser) closeRowArray(a *openArray, alone bool) {
	p.inRow = false
	row := p.indexOfNumber(a.number)
	if a.length == 1 || row == unknownRowID {
		p.values = p.values[:a.values]
		if a.length > 1 {
			p.objects = append(p.objects, rowObject{row: unknownRowID, values: -1})
		}
		return
	}
	if a.length != 1+len(p.columns) {
		for i := range p.columns {
			p.values[a.values+i] = value{kind: miscounted}
		}
	}
	p.objects = append(p.objects, rowObject{row: row, values: a.values, alone: alone})
}

// closeBrokenArray says how the reading goes on where an array is cut or is not JSON. What
// follows may stand inside a string whose quotes are lost if the array is a row's or has
// a text. Else it is but a bracket in a sentence.
func (p *parser) closeBrokenArray(a *openArray, st state) state {
	if a.isRow {
		p.inRow = false
		p.values = p.values[:a.values]
		p.cutRow = p.indexOfNumber(a.number)
	}
	if a.isRow || a.hasText {
		return broken
	}
	return st
}

// indexOfNumber returns the index of the row with a number of the batch, or unknownRowID.
// Of rows with one RowID none is meant.
func (p *parser) indexOfNumber(number value) int {
	n, ok := parseRowID(number)
	if !ok || n < 1 || n > int64(len(p.ids)) {
		return unknownRowID
	}
	for i, id := range p.ids {
		if id == p.ids[n-1] && i != int(n-1) {
			return unknownRowID
		}
	}
	return int(n - 1)
}

// withdrawAlone takes the values from rows whose array stands alone in a reply that has a list of
// others: it may be numbers in a sentence, such as [1, 2, 3].
func (p *parser) withdrawAlone(matched []int) {
	inList := make([]bool, len(p.ids))
	hasList := false
	for _, o := range p.objects {
		if o.row >= 0 && !o.alone {
			inList[o.row], hasList = true, true
		}
	}
	for i := range matched {
		if hasList && !inList[i] {
			matched[i] = -1
		}
	}
}

// withdrawUnordered takes the values, which matched finds, from rows whose number is not between
// those before and behind it in the reply: the number and the place disagree.
func (p *parser) withdrawUnordered(matched []int) {
	var order []int // the rows, as their arrays come first
	for _, o := range p.objects {
		if o.row >= 0 && matched[o.row] == o.values {
			order = append(order, o.row)
		}
	}
	if slices.IsSorted(order) {
		return
	}
	p.unordered = make([]bool, len(p.ids))
	highest := -1
	for _, row := range order {
		p.unordered[row] = row < highest
		highest = max(highest, row)
	}
	lowest := len(p.ids)
	for _, row := range slices.Backward(order) {
		if p.unordered[row] = p.unordered[row] || row > lowest; p.unordered[row] {
			matched[row] = -1
		}
		lowest = min(lowest, row)
	}
}
