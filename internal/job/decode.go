package job

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"prism/internal/term"
)

// decoder reads YAML, of which JSON is a part, into structs by their tags, and
// collects every mistake with its place.
//
//	json:"key"       the key
//	need:""          it must be there
//	enum:"a,b"       text it may be
//	min:"1"          least number
type decoder struct {
	file     string
	mistakes []mistake
	places   map[string]place // of values, by path: model.name, input_queue[0].path
	anchors  map[string]ast.Node
	waived   []string // paths of needed values that come from elsewhere
	depth    int
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// place is where something stands in a file, from 1.
type place struct{ line, column int }

type mistake struct {
	at  place
	msg string
}

// maxDepth bounds nesting, which aliases can make endless.
const maxDepth = 20

// decode reads data into v, a pointer to a struct that holds the defaults.
func (d *decoder) decode(data []byte, v any) {
	d.places, d.anchors = map[string]place{}, map[string]ast.Node{}
	root, ok := d.tree(bytes.TrimPrefix(data, []byte("\ufeff")))
	if ok {
		d.object(root, reflect.ValueOf(v).Elem(), "")
	}
}

// err is all mistakes, a line each, in the order of the file.
func (d *decoder) err() error {
	slices.SortStableFunc(d.mistakes, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	errs := make([]error, len(d.mistakes))
	for i, m := range d.mistakes {
		errs[i] = fmt.Errorf("%s:%d:%d: %s", d.file, m.at.line, m.at.column, m.msg)
	}
	return errors.Join(errs...)
}

func (d *decoder) at(p place, format string, args ...any) {
	d.mistakes = append(d.mistakes, mistake{p, fmt.Sprintf(format, args...)})
}

// bad reports a value by its path; of one that is not there, its nearest parent.
func (d *decoder) bad(path, format string, args ...any) {
	at, ok := d.places[path]
	for parent := path; !ok && parent != ""; {
		parent = parent[:max(strings.LastIndexAny(parent, ".["), 0)]
		at, ok = d.places[parent]
	}
	d.at(cmp.Or(at, place{1, 1}), "%s: %s", path, fmt.Sprintf(format, args...))
}

// pair is a key of a mapping and what stands there.
type pair struct {
	key   string
	at    place
	value ast.Node
}

// pairs are those of a mapping; anything else is a mistake.
func (d *decoder) pairs(n ast.Node, path string) ([]pair, bool) {
	var values []*ast.MappingValueNode
	switch t := d.plain(n).(type) {
	case nil:
		return nil, true
	case *ast.MappingNode:
		values = t.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{t}
	default:
		d.at(placeOfNode(n), "%swant keys and values, have %s", prefix(path), kindOf(t))
		return nil, false
	}
	pairs := make([]pair, 0, len(values))
	for _, v := range values {
		t := v.Key.GetToken()
		pairs = append(pairs, pair{t.Value, placeOf(t), v.Value})
	}
	return pairs, true
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// object fills the fields of a struct.
func (d *decoder) object(n ast.Node, v reflect.Value, path string) {
	if path == "" && n != nil {
		d.places[path] = placeOfNode(n)
	}
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	keys, fields := fieldsOf(v.Type())
	seen := map[string]bool{}
	for _, p := range pairs {
		i := slices.Index(keys, p.key)
		switch {
		case i < 0:
			d.at(p.at, "%sunknown key %q%s", prefix(path), p.key, term.DidYouMean(p.key, keys))
		case seen[p.key]:
			d.at(p.at, "%sduplicate key %q", prefix(path), p.key)
		default:
			seen[p.key] = true
			d.places[join(path, p.key)] = p.at
			d.value(p.value, v.FieldByIndex(fields[i].Index), fields[i].Tag, join(path, p.key))
		}
	}
	for i, f := range fields {
		if _, need := f.Tag.Lookup("need"); need && !seen[keys[i]] {
			d.missing(f.Type, join(path, keys[i]))
		}
	}
}

// missing reports a needed key that is not there; of a struct those in it.
func (d *decoder) missing(t reflect.Type, path string) {
	if t.Kind() == reflect.Struct {
		keys, fields := fieldsOf(t)
		for i, f := range fields {
			if _, need := f.Tag.Lookup("need"); need {
				d.missing(f.Type, join(path, keys[i]))
			}
		}
		return
	}
	if !slices.Contains(d.waived, path) {
		d.bad(path, "missing")
	}
}

// fieldsOf lists the keys of a struct and their fields. Those of an embedded
// struct are its own.
func fieldsOf(t reflect.Type) (keys []string, fields []reflect.StructField) {
	for _, f := range reflect.VisibleFields(t) {
		if key := keyOf(f); key != "-" && !f.Anonymous {
			keys, fields = append(keys, key), append(fields, f)
		}
	}
	return keys, fields
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// enumOf lists the values that a field may have; nil: any.
func enumOf(tag reflect.StructTag) []string {
	values := strings.TrimSuffix(tag.Get("enum"), ",")
	if values == "" {
		return nil
	}
	return strings.Split(values, ",")
}

// value fills v from a node, or reports why it cannot.
func (d *decoder) value(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	if d.depth++; d.depth > maxDepth {
		d.bad(path, "nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.depth > maxDepth {
		return
	}
	n = d.plain(n)
	if _, known := d.places[path]; n != nil && len(d.anchors) == 0 && !(known && v.Kind() == reflect.Struct) {
		d.places[path] = placeOfNode(n) // of an alias, and of keys and values, the key's place says more
	}
	switch {
	case v.Type() == reflect.TypeFor[Seconds]():
		d.seconds(n, v, path)
	case v.Kind() == reflect.Struct:
		d.object(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path)
	case v.Kind() == reflect.Map:
		d.dictionary(n, v, path)
	default:
		d.scalar(n, v, tag, path)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	if n == nil {
		return
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.want(path, "a list", n)
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(s.Values))
	for i, e := range s.Values {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e, item, "", index(path, i))
		out = reflect.Append(out, item)
	}
	v.Set(out)
}

// dictionary fills a map of lists of text.
func (d *decoder) dictionary(n ast.Node, v reflect.Value, path string) {
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, p := range pairs {
		d.places[join(path, p.key)] = p.at
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(p.value, item, "", join(path, p.key))
		out.SetMapIndex(reflect.ValueOf(p.key), item)
	}
	v.Set(out)
}

func (d *decoder) want(path, what string, n ast.Node) {
	d.bad(path, "want %s, have %s", what, kindOf(n))
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	switch v.Kind() {
	case reflect.String:
		text, ok := textOf(n)
		if !ok {
			d.wantText(path, n)
			return
		}
		if values := enumOf(tag); values != nil {
			d.oneOf(path, text, values)
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.want(path, "true or false", n)
			return
		}
		v.SetBool(b.Value)
	case reflect.Float64:
		f, ok := numberOf(n)
		if !ok {
			d.want(path, "a number", n)
			return
		}
		d.atLeast(path, f, tag)
		v.SetFloat(f)
	default:
		f, ok := numberOf(n)
		if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			d.want(path, "a whole number", n)
			return
		}
		d.atLeast(path, f, tag)
		v.SetInt(int64(f))
	}
}

func (d *decoder) wantText(path string, n ast.Node) {
	if _, ok := numberOf(n); ok {
		d.bad(path, "want text, have a number: write %q", n.GetToken().Value)
		return
	}
	d.want(path, "text", n)
}

func (d *decoder) oneOf(path, text string, values []string) {
	if slices.Contains(values, text) {
		return
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	d.bad(path, "want %s, have %q%s", strings.Join(quoted, " or "), text, term.DidYouMean(text, values))
}

func (d *decoder) atLeast(path string, f float64, tag reflect.StructTag) {
	if least, err := strconv.ParseFloat(tag.Get("min"), 64); err == nil && f < least {
		d.bad(path, "want at least %g, have %g", least, f)
	}
}

func (d *decoder) seconds(n ast.Node, v reflect.Value, path string) {
	f, isNumber := numberOf(n)
	text, isText := textOf(n)
	span := time.Duration(f * float64(time.Second))
	var err error
	if isText {
		span, err = time.ParseDuration(text)
	}
	switch {
	case isNumber && math.Abs(f) > math.MaxInt64/1e9:
		d.bad(path, "%g seconds is too long", f)
	case isText && err != nil:
		d.bad(path, "invalid duration %q (want a number of seconds, or 250ms, 5s, 2m)", text)
	case !isText && !isNumber:
		d.want(path, "a number of seconds", n)
	case span < 0:
		d.bad(path, "want at least 0, have %s", span)
	default:
		v.SetInt(int64(span))
	}
}
