package reply

import (
	"strings"

	"prism/internal/prompt"
)

// state is how the reading of a value ended.
type state uint8

const (
	good   state = iota
	bad          // here is no JSON; no object was begun
	broken       // an object is cut or is not JSON: where the next one begins is anyone's guess
)

// maxDepth bounds how deep arrays and objects may lie in each other.
const maxDepth = 64

// Instead of an index into the ids asked for, an element has:
const (
	unknown  = -1 // a RowID that was not asked for, is no integer or is there twice with two values
	nameless = -2 // no RowID
)

// element is a complete object of the reply that stands for a row.
type element struct {
	row  int // index into ids, or unknown, or nameless
	vals int // where its values begin in parser.vals, one a column; -1 if unknown
}

// parser finds the elements in a reply. It reads every byte once, apart from
// strings that need decoding.
type parser struct {
	s    string
	i    int // the next byte
	ids  []int64
	cols []prompt.Column

	elems []element
	vals  []value

	cut     bool // reading ended inside an array or object
	partial bool // that object, or one that holds it, would have been an element
	partRow int  // index into ids of that element, or unknown
}

// read takes the reply for prose in which JSON values may stand.
func (p *parser) read() {
	p.partRow = unknown
	for p.i < len(p.s) {
		start, st := p.i, good
		switch p.s[p.i] {
		case '[':
			_, st = p.array(1)
		case '{':
			_, st = p.object(1)
		case '<':
			p.tag()
		default:
			p.i++
		}
		p.cut = st == broken || st == bad && p.i == len(p.s)
		if st != broken {
			continue
		}
		if strings.Contains(p.s[start:], thinkEnd) {
			p.forget()
		}
		return
	}
}

const (
	thinkStart = "<think>"
	thinkEnd   = "</think>"
)

// tag passes over a block of thoughts. All that comes before an end without a
// start is thoughts too.
func (p *parser) tag() {
	rest := p.s[p.i:]
	switch {
	case strings.HasPrefix(rest, thinkStart):
		n := strings.Index(rest, thinkEnd)
		if n < 0 {
			p.i = len(p.s)
			return
		}
		p.i += n + len(thinkEnd)
	case strings.HasPrefix(rest, thinkEnd):
		p.i += len(thinkEnd)
		p.forget()
	default:
		p.i++
	}
}

func (p *parser) forget() {
	p.elems, p.vals = p.elems[:0], p.vals[:0]
	p.partial, p.partRow = false, unknown
}

func (p *parser) value(depth int) (value, state) {
	switch c := p.peek(); {
	case c == '"':
		return p.str()
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == 't':
		return p.literal("true", scalar)
	case c == 'f':
		return p.literal("false", scalar)
	case c == 'n':
		return p.literal("null", null)
	case c == '-' || c-'0' <= 9:
		return p.number()
	}
	return value{}, bad
}

// array reads the array whose bracket is next. A comma may follow the last
// element, and may be missing between objects.
func (p *parser) array(depth int) (value, state) {
	p.i++
	if depth > maxDepth {
		return value{}, bad
	}
	for p.peek() != ']' {
		v, st := p.value(depth)
		if st != good {
			return value{}, st
		}
		switch c := p.peek(); {
		case c == ',':
			p.i++
		case c == ']' || c == '{' && v.kind == object:
		default:
			return value{}, bad
		}
	}
	p.i++
	return value{kind: array}, good
}

// item is an object in the making.
type item struct {
	elems, vals int // lengths of parser.elems and parser.vals at its start
	next        int // the column expected next, if the model keeps the order

	named    bool // it has a RowID
	id       int64
	whole    bool // that is an integer, the same wherever it stands
	labelled bool // it has a column to code with a value that can hold no element

	groups int  // members that hold elements: arrays, and all objects together
	keyed  bool // a member of kind object holds elements
}

// object reads the object whose brace is next. If it has a RowID or columns to
// code it is an element, and nothing inside it is. Otherwise it only holds
// elements: those of one array, or those of its members.
func (p *parser) object(depth int) (value, state) {
	p.i++
	if depth > maxDepth {
		return value{}, bad
	}
	switch p.peek() {
	case '}':
		p.i++
		return value{kind: object}, good
	case '"':
	default:
		return value{}, bad
	}
	o := item{elems: len(p.elems), vals: len(p.vals)}
	for range p.cols {
		p.vals = append(p.vals, value{})
	}
	for p.peek() != '}' {
		if !p.member(&o, depth) {
			p.abandon(&o)
			return value{}, broken
		}
		switch p.peek() {
		case ',':
			p.i++
		case '}':
		default:
			p.abandon(&o)
			return value{}, broken
		}
	}
	p.i++
	p.finish(&o)
	return value{kind: object}, good
}

// member reads a key and its value into o.
func (p *parser) member(o *item, depth int) bool {
	if p.peek() != '"' {
		return false
	}
	key, st := p.str()
	if st != good || p.peek() != ':' {
		return false
	}
	p.i++
	inside := len(p.elems)
	v, st := p.value(depth)
	if st != good {
		return false
	}
	if len(p.elems) > inside && (v.kind == array || !o.keyed) {
		o.groups++
		o.keyed = o.keyed || v.kind == object
	}
	switch c := p.column(key, o.next); c {
	case noColumn:
	case rowIDColumn:
		o.setID(v)
	default:
		o.next = c + 1
		o.labelled = o.labelled || v.kind != array && v.kind != object
		at := &p.vals[o.vals+c]
		switch {
		case at.kind == missing:
			*at = v
		case !at.same(v):
			*at = value{kind: clash}
		case len(v.raw) < len(at.raw):
			*at = v // so that many repetitions never read a long one again
		}
	}
	return true
}

// What column returns for keys that name no column to code.
const (
	noColumn    = -1
	rowIDColumn = -2
)

// column returns the index of the column that a key names. Case and outer white
// space do not count.
func (p *parser) column(key value, next int) int {
	if next < len(p.cols) && key.raw == p.cols[next].Name {
		return next
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
	for i := range p.cols {
		if strings.EqualFold(name, p.cols[i].Name) {
			return i
		}
	}
	return noColumn
}

func (o *item) setID(v value) {
	id, ok := rowID(v)
	if o.named {
		ok = ok && o.whole && id == o.id
	}
	o.named, o.id, o.whole = true, id, ok
}

// row returns the index of o's RowID among those asked for. One that was asked
// for twice belongs to neither.
func (p *parser) row(o *item) int {
	row := unknown
	for i := range p.ids {
		if o.whole && p.ids[i] == o.id {
			if row != unknown {
				return unknown
			}
			row = i
		}
	}
	return row
}

// finish files a complete object.
func (p *parser) finish(o *item) {
	switch {
	case o.named || o.labelled:
		p.elems = p.elems[:o.elems]
		e := element{row: nameless, vals: o.vals}
		if o.named {
			e.row = p.row(o)
		}
		keep := o.vals + len(p.cols)
		if e.row == unknown {
			e.vals, keep = -1, o.vals
		}
		p.elems, p.vals = append(p.elems, e), p.vals[:keep]
	case len(p.elems) == o.elems:
		p.vals = p.vals[:o.vals]
	case o.groups > 1:
		p.elems, p.vals = p.elems[:o.elems], p.vals[:o.vals]
	}
}

// abandon files an object that was not read to its end. The elements in it
// count only if nothing says that it is an element itself.
func (p *parser) abandon(o *item) {
	p.partial = p.partial || o.named || o.labelled || len(p.elems) == o.elems
	if o.named || o.labelled {
		p.partRow = p.row(o)
	}
	if o.named || o.labelled || o.groups > 1 {
		p.elems = p.elems[:o.elems]
	}
}
