package parquet

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// level is how deep a column is: how many of the columns from the root to it may
// repeat, and how many may be absent.
type level struct{ repetition, definition int }

// column is a column of the schema, with those below it.
type column struct {
	name      string
	optional  bool
	repeated  bool
	level     level // of its values
	firstLeaf int
	leaves    int
	value     appendValue // of a leaf
	isText    bool        // its values are quoted in JSON
	children  []*column
	kind      groupKind
}

type groupKind uint8

const (
	structGroup groupKind = iota
	listGroup
	mapGroup
)

const maxDepth = 64

func newColumn(c *lib.Column, above level, leaf *int) (*column, error) {
	n := &column{name: c.Name(), optional: c.Optional(), repeated: c.Repeated(), level: above, firstLeaf: *leaf}
	if n.optional || n.repeated {
		n.level.definition++
	}
	if n.repeated {
		n.level.repetition++
	}
	if n.level.definition > maxDepth || len(c.Path()) > maxDepth {
		return nil, errors.New("it is nested too deep")
	}
	if c.Leaf() {
		n.leaves = 1
		*leaf++
		n.value, n.isText = leafText(c)
		return n, nil
	}
	for _, child := range c.Columns() {
		below, err := newColumn(child, n.level, leaf)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, below)
	}
	if n.leaves = *leaf - n.firstLeaf; n.leaves == 0 {
		return nil, errors.New("a group has no columns")
	}
	if t := c.Type().LogicalType(); t != nil {
		switch t.Value.(type) {
		case *format.ListType:
			n.kind = listGroup
		case *format.MapType:
			n.kind = mapGroup
		}
	}
	n.simplify()
	return n, nil
}

// simplify makes lists and maps of the groups that stand for them, as the format's
// rules for old writers say.
func (n *column) simplify() {
	if n.kind == structGroup {
		return
	}
	if len(n.children) != 1 || !n.children[0].repeated {
		n.kind = structGroup // not what the annotation promises
		return
	}
	if n.kind == mapGroup && len(n.children[0].children) != 2 {
		n.kind = structGroup
	}
	if items := n.children[0]; n.kind == listGroup && len(items.children) == 1 && items.name != "array" && items.name != n.name+"_tuple" {
		items.kind = listGroup // its one child is the element
	}
}

// appendCell appends the text of the values of a row: nothing for null.
func (n *column) appendCell(dst []byte, values [][]lib.Value) ([]byte, error) {
	if n.value != nil && !n.repeated {
		if values[0][0].IsNull() {
			return dst, nil
		}
		return n.value(dst, values[0][0])
	}
	if !n.repeated && n.isNull(values) {
		return dst, nil
	}
	return n.appendJSON(dst, values)
}

func (n *column) isNull(values [][]lib.Value) bool {
	return n.optional && values[0][0].DefinitionLevel() < n.level.definition
}

// appendJSON appends all values of the column as JSON: an array if it repeats.
func (n *column) appendJSON(dst []byte, values [][]lib.Value) ([]byte, error) {
	if !n.repeated {
		return n.appendOne(dst, values)
	}
	var err error
	dst = append(dst, '[')
	if values[0][0].DefinitionLevel() >= n.level.definition {
		for i, item := range n.splitItems(values) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = n.appendOne(dst, item); err != nil {
				return nil, err
			}
		}
	}
	return append(dst, ']'), nil
}

// splitItems cuts the values of a repeated column into those of its items. An item
// begins where a value repeats at the column's own level.
func (n *column) splitItems(values [][]lib.Value) (items [][][]lib.Value) {
	for leaf, all := range values {
		at := 0
		for from := 0; from < len(all); at++ {
			to := from + 1
			for to < len(all) && all[to].RepetitionLevel() > n.level.repetition {
				to++
			}
			if at == len(items) {
				items = append(items, make([][]lib.Value, len(values)))
			}
			items[at][leaf] = all[from:to]
			from = to
		}
	}
	return items
}

var errRagged = errors.New("the values of a nested column do not belong together")

// appendOne appends one item as JSON.
func (n *column) appendOne(dst []byte, values [][]lib.Value) ([]byte, error) {
	for _, v := range values {
		if len(v) == 0 {
			return nil, errRagged
		}
	}
	if n.isNull(values) || n.value != nil && values[0][0].IsNull() {
		return append(dst, "null"...), nil
	}
	if n.value != nil {
		text, err := n.value(nil, values[0][0])
		if !n.isText && jsontext.Value(text).IsValid() { // NaN is not
			return append(dst, text...), err
		}
		return appendQuoted(dst, text), err
	}
	switch n.kind {
	case listGroup:
		return n.children[0].appendJSON(dst, values)
	case mapGroup:
		return n.appendMap(dst, values)
	}
	dst = append(dst, '{')
	for i, c := range n.children {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, []byte(c.name)), ':')
		var err error
		if dst, err = c.appendJSON(dst, c.ofParent(n, values)); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// ofParent is the column's part of the values of the one above it.
func (n *column) ofParent(parent *column, values [][]lib.Value) [][]lib.Value {
	from := n.firstLeaf - parent.firstLeaf
	return values[from : from+n.leaves]
}

// appendMap appends a map as an object whose keys are text.
func (n *column) appendMap(dst []byte, values [][]lib.Value) ([]byte, error) {
	pairs := n.children[0]
	key, value := pairs.children[0], pairs.children[1]
	dst = append(dst, '{')
	if values[0][0].DefinitionLevel() >= pairs.level.definition {
		for i, item := range pairs.splitItems(values) {
			if i > 0 {
				dst = append(dst, ',')
			}
			for _, v := range item {
				if len(v) == 0 {
					return nil, errRagged
				}
			}
			name, err := key.appendCell(nil, key.ofParent(pairs, item))
			if err != nil {
				return nil, err
			}
			dst = append(appendQuoted(dst, name), ':')
			if dst, err = value.appendJSON(dst, value.ofParent(pairs, item)); err != nil {
				return nil, err
			}
		}
	}
	return append(dst, '}'), nil
}

// appendQuoted appends text, which is UTF-8, as a JSON string.
func appendQuoted(dst, text []byte) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}
