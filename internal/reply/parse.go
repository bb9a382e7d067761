package reply

import (
	"strings"

	"prism/internal/prompt"
	"prism/internal/term"
)

// parser finds the rows' objects in a reply. It reads every byte once, apart from
// strings that need unescaping.
type parser struct {
	text    string
	pos     int // of the next byte
	base    int // where text begins in the reply
	ids     []int64
	columns []prompt.Column
	compact bool // rows are arrays that begin with their number in the batch
	inRow   bool // reading inside such an array

	objects []rowObject // complete ones, in the reply's order
	values  []value     // of objects, one a column each

	cut      bool // reading ended inside an array or object
	cutInRow bool // that object, or one that holds it, would have been a row's
	cutRow   int  // index into ids of that row, or unknownRowID

	restNames []bool // ids[i] has an object, and the text behind the cut may hold another; nil: none
	unordered []bool // the number of ids[i] is not in order; nil: all are
}

// rowObject is a complete object of the reply that stands for a row, or the array of a compact one.
type rowObject struct {
	row    int  // index into ids, or unknownRowID, or noRowID
	values int  // where its values begin in parser.values; -1 for an unknown RowID
	alone  bool // an array that stands in no other array or object
}

// Instead of an index into the ids asked for, an object has:
const (
	unknownRowID = -1 // a RowID that was not asked for, is not an integer or is there twice with two values
	noRowID      = -2
)

// state is how the reading of a value ended.
type state uint8

const (
	complete state = iota
	notJSON        // no object was begun, so reading goes on behind it
	broken         // an object is cut or is not JSON: where the next one begins is unknown
)

// maxDepth bounds how deep arrays and objects may lie in each other.
const maxDepth = 64

// parseReply reads the text as prose in which JSON values may stand.
func (p *parser) parseReply() {
	p.cutRow = unknownRowID
	for p.pos < len(p.text) {
		start, st := p.pos, complete
		switch p.text[p.pos] {
		case '[':
			_, st = p.parseArray(1)
		case '{':
			_, st = p.parseObject(1)
		case '<':
			p.skipThinking()
		default:
			p.pos++
		}
		p.cut = st == broken || st == notJSON && p.pos == len(p.text)
		if st != broken {
			continue
		}
		if strings.Contains(p.text[start:], thinkEnd) {
			p.discardObjects()
		}
		return
	}
}

const (
	thinkStart = "<think>"
	thinkEnd   = "</think>"
)

// skipThinking skips a block of thoughts. All that comes before an end without a
// start is thoughts too.
func (p *parser) skipThinking() {
	rest := p.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, thinkStart):
		n := strings.Index(rest, thinkEnd)
		if n < 0 {
			p.pos = len(p.text)
			return
		}
		p.pos += n + len(thinkEnd)
	case strings.HasPrefix(rest, thinkEnd):
		p.pos += len(thinkEnd)
		p.discardObjects()
	default:
		p.pos++
	}
}

// discardObjects drops all that was read so far: it was thoughts.
func (p *parser) discardObjects() {
	p.objects, p.values = p.objects[:0], p.values[:0]
	p.cutInRow, p.cutRow = false, unknownRowID
}

func (p *parser) parseValue(depth int) (value, state) {
	switch c := p.peekToken(); {
	case c == '"':
		return p.parseString()
	case c == '{':
		return p.parseObject(depth + 1)
	case c == '[':
		return p.parseArray(depth + 1)
	case c == 't':
		return p.parseLiteral("true", scalar)
	case c == 'f':
		return p.parseLiteral("false", scalar)
	case c == 'n':
		return p.parseLiteral("null", null)
	case c == '-' || c-'0' <= 9:
		return p.parseNumber()
	}
	return value{}, notJSON
}

// parseArray reads the array whose bracket is next. A comma may follow the last
// element, and may be missing between objects.
func (p *parser) parseArray(depth int) (value, state) {
	if p.compact && !p.inRow {
		return p.parseCompactArray(depth)
	}
	start := p.pos
	p.pos++
	if depth > maxDepth {
		return value{}, notJSON
	}
	for p.peekToken() != ']' {
		v, st := p.parseValue(depth)
		if st != complete {
			return value{}, st
		}
		switch c := p.peekToken(); {
		case c == ',':
			p.pos++
		case c == ']' || c == '{' && v.kind == object:
		default:
			return value{}, notJSON
		}
	}
	p.pos++
	return value{raw: p.text[start:p.pos], at: p.base + start, kind: array}, complete
}

// openObject is an object that is being read.
type openObject struct {
	objects, values int // lengths of parser.objects and parser.values at its start
	nextColumn      int // the column expected next, if the model keeps the order

	hasRowID   bool
	id         int64
	idIsValid  bool // the RowID is an integer, the same wherever it stands
	isLabelled bool // it has a column to code with a value that holds no row's object

	holders        int  // members that hold rows' objects: arrays, and all objects together
	objectIsHolder bool // a member of kind object holds rows' objects
}

// isRow reports whether the object stands for a row.
func (o *openObject) isRow() bool { return o.hasRowID || o.isLabelled }

// parseObject reads the object whose brace is next. If it has a RowID or columns
// to code it is a row's, and nothing inside it is. Otherwise it only holds rows'
// objects: those of one array, or those of its members.
func (p *parser) parseObject(depth int) (value, state) {
	p.pos++
	if depth > maxDepth {
		return value{}, notJSON
	}
	switch p.peekToken() {
	case '}':
		p.pos++
		return value{kind: object}, complete
	case '"':
	default:
		return value{}, notJSON
	}
	o := openObject{objects: len(p.objects), values: len(p.values)}
	for range p.columns {
		p.values = append(p.values, value{})
	}
	for p.peekToken() != '}' {
		if !p.parseMember(&o, depth) {
			p.closeBroken(&o)
			return value{}, broken
		}
		switch p.peekToken() {
		case ',':
			p.pos++
		case '}':
		default:
			p.closeBroken(&o)
			return value{}, broken
		}
	}
	p.pos++
	p.closeComplete(&o)
	return value{kind: object}, complete
}

// parseMember reads a key and its value into o.
func (p *parser) parseMember(o *openObject, depth int) bool {
	if p.peekToken() != '"' {
		return false
	}
	key, st := p.parseString()
	if st != complete || p.peekToken() != ':' {
		return false
	}
	p.pos++
	before := len(p.objects)
	v, st := p.parseValue(depth)
	if st != complete {
		return false
	}
	if len(p.objects) > before && (v.kind == array || !o.objectIsHolder) {
		o.holders++
		o.objectIsHolder = o.objectIsHolder || v.kind == object
	}
	if p.compact {
		return true // arrays are rows, objects only hold them
	}
	switch c := p.columnOf(key, o.nextColumn); c {
	case noColumn:
	case rowIDColumn:
		o.setRowID(v)
	default:
		o.nextColumn = c + 1
		isValue := v.kind != array && v.kind != object || v.kind == array && p.columns[c].Type == prompt.TypeLabels && len(p.objects) == before
		o.isLabelled = o.isLabelled || isValue
		p.values[o.values+c].merge(v)
	}
	return true
}

// What columnOf returns for keys that do not name a column to code.
const (
	noColumn    = -1
	rowIDColumn = -2
)

// columnOf returns the index of the column that a key names. Case, outer white space,
// invisible characters and Unicode's form do not count.
func (p *parser) columnOf(key value, expected int) int {
	if expected < len(p.columns) && key.raw == p.columns[expected].Name {
		return expected
	}
	if key.raw == prompt.RowID {
		return rowIDColumn
	}
	name, ok := key.text()
	if !ok {
		return noColumn
	}
	if strings.EqualFold(name, prompt.RowID) {
		return rowIDColumn
	}
	for i := range p.columns {
		if strings.EqualFold(name, p.columns[i].Name) {
			return i
		}
	}
	if term.IsASCII(name) {
		return noColumn
	}
	if term.EqualNames(name, prompt.RowID) {
		return rowIDColumn
	}
	for i := range p.columns {
		if term.EqualNames(name, p.columns[i].Name) {
			return i
		}
	}
	return noColumn
}

// closeComplete keeps what counts of an object that was read to its end.
func (p *parser) closeComplete(o *openObject) {
	switch {
	case o.isRow():
		row := noRowID
		if o.hasRowID {
			row = p.indexOfRowID(o)
		}
		p.objects = p.objects[:o.objects]
		if row == unknownRowID { // its values are of no use
			p.objects = append(p.objects, rowObject{row: row, values: -1})
			p.values = p.values[:o.values]
			return
		}
		p.objects = append(p.objects, rowObject{row: row, values: o.values})
		p.values = p.values[:o.values+len(p.columns)]
	case len(p.objects) == o.objects:
		p.values = p.values[:o.values]
	case o.holders > 1:
		p.objects, p.values = p.objects[:o.objects], p.values[:o.values]
	}
}

// closeBroken keeps what counts of an object that was not read to its end. The
// rows' objects in it count only if nothing says that it is a row's itself.
func (p *parser) closeBroken(o *openObject) {
	p.cutInRow = p.cutInRow || o.isRow() || len(p.objects) == o.objects
	if o.isRow() {
		p.cutRow = p.indexOfRowID(o)
	}
	if o.isRow() || o.holders > 1 {
		p.objects = p.objects[:o.objects]
	}
}
