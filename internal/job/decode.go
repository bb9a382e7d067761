package job

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"prism/internal/term"
)

// decoder reads YAML, of which JSON is a part, into structs by their tags, and
// collects every mistake with its place.
//
//	json:"key"       the key
//	need:""          it must be there
//	enum:"a,b"       text it may be
//	min:"1" max:"9"  least and greatest number
type decoder struct {
	file      string
	mistakes  []mistake
	locations map[string]location // of values, by path: model.name, input_queue[0].path
	anchors   map[string]ast.Node
	supplied  []string // paths of needed values that come from elsewhere
	depth     int
}

func indexPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// location is where something stands in a file, from 1.
type location struct{ line, column int }

type mistake struct {
	at  location
	msg string
}

// maxDepth bounds nesting, which aliases can make endless.
const maxDepth = 20

// decode reads data into v, a pointer to a struct that holds the defaults.
func (d *decoder) decode(data []byte, v any) {
	d.locations, d.anchors = map[string]location{}, map[string]ast.Node{}
	root, ok := d.parseDocument(bytes.TrimPrefix(data, []byte("\ufeff")))
	if ok {
		d.decodeStruct(root, reflect.ValueOf(v).Elem(), "")
	}
}

// maxSuggestions is the mistakes after which names are no longer compared: they are not shown.
const maxSuggestions = 100

func (d *decoder) suggest(name string, names []string) string {
	if len(d.mistakes) > maxSuggestions {
		return ""
	}
	return term.DidYouMean(name, names)
}

// joinMistakes returns all mistakes, a line each, in the order of the file.
func (d *decoder) joinMistakes() error {
	slices.SortStableFunc(d.mistakes, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	errs := make([]error, len(d.mistakes))
	for i, m := range d.mistakes {
		errs[i] = fmt.Errorf("%s:%d:%d: %s", d.file, m.at.line, m.at.column, m.msg)
	}
	return errors.Join(errs...)
}

func (d *decoder) rejectAt(p location, format string, args ...any) {
	d.mistakes = append(d.mistakes, mistake{p, fmt.Sprintf(format, args...)})
}

// reject reports a value by its path; of one that is not there, its nearest parent.
func (d *decoder) reject(path, format string, args ...any) {
	at, ok := d.locations[path]
	for parent := path; !ok && parent != ""; {
		parent = parent[:max(strings.LastIndexAny(parent, ".["), 0)]
		at, ok = d.locations[parent]
	}
	d.rejectAt(cmp.Or(at, location{1, 1}), "%s: %s", path, fmt.Sprintf(format, args...))
}

// pair is a key of a mapping and what stands there.
type pair struct {
	key   string
	at    location
	value ast.Node
}

// pairsOf lists the pairs of a mapping; anything else is a mistake.
func (d *decoder) pairsOf(n ast.Node, path string) ([]pair, bool) {
	var values []*ast.MappingValueNode
	switch t := d.resolveAlias(n).(type) {
	case nil:
		return nil, true
	case *ast.MappingNode:
		values = t.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{t}
	default:
		d.rejectAt(locationOfNode(n), "%swant keys and values, have %s", pathPrefix(path), kindOf(t))
		return nil, false
	}
	pairs := make([]pair, 0, len(values))
	for _, v := range values {
		t := v.Key.GetToken()
		pairs = append(pairs, pair{t.Value, locationOf(t), v.Value})
	}
	return pairs, true
}

func pathPrefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

func joinPath(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// decodeStruct fills the fields of a struct.
func (d *decoder) decodeStruct(n ast.Node, v reflect.Value, path string) {
	if path == "" && n != nil {
		d.locations[path] = locationOfNode(n)
	}
	pairs, ok := d.pairsOf(n, path)
	if !ok {
		return
	}
	keys, fields := fieldsOf(v.Type())
	seen := map[string]bool{}
	for _, p := range pairs {
		i := slices.Index(keys, p.key)
		switch {
		case i < 0:
			d.rejectAt(p.at, "%sunknown key %q%s", pathPrefix(path), p.key, d.suggest(p.key, keys))
		case seen[p.key]:
			d.rejectAt(p.at, "%sduplicate key %q", pathPrefix(path), p.key)
		default:
			seen[p.key] = true
			d.locations[joinPath(path, p.key)] = p.at
			d.decodeValue(p.value, v.FieldByIndex(fields[i].Index), fields[i].Tag, joinPath(path, p.key))
		}
	}
	for i, f := range fields {
		if _, need := f.Tag.Lookup("need"); need && !seen[keys[i]] {
			d.reportMissing(f.Type, joinPath(path, keys[i]))
		}
	}
}

// reportMissing reports a needed key that is not there; of a struct those in it.
func (d *decoder) reportMissing(t reflect.Type, path string) {
	if t.Kind() == reflect.Struct {
		keys, fields := fieldsOf(t)
		for i, f := range fields {
			if _, need := f.Tag.Lookup("need"); need {
				d.reportMissing(f.Type, joinPath(path, keys[i]))
			}
		}
		return
	}
	if !slices.Contains(d.supplied, path) {
		d.reject(path, "missing")
	}
}

// decodeValue fills v from a node, or reports why it cannot.
func (d *decoder) decodeValue(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	if d.depth++; d.depth > maxDepth {
		d.reject(path, "nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.depth > maxDepth {
		return
	}
	n = d.resolveAlias(n)
	if _, known := d.locations[path]; n != nil && len(d.anchors) == 0 && !(known && v.Kind() == reflect.Struct) {
		d.locations[path] = locationOfNode(n) // of an alias, and of keys and values, the key's location says more
	}
	switch {
	case v.Type() == reflect.TypeFor[Seconds]():
		d.decodeSeconds(n, v, tag, path)
	case v.Type() == reflect.TypeFor[Calls]():
		d.decodeCalls(n, v, tag, path)
	case v.Kind() == reflect.Struct:
		d.decodeStruct(n, v, path)
	case v.Kind() == reflect.Slice:
		d.decodeList(n, v, path)
	case v.Kind() == reflect.Map:
		d.decodeMap(n, v, path)
	default:
		d.decodeScalar(n, v, tag, path)
	}
}

func (d *decoder) decodeList(n ast.Node, v reflect.Value, path string) {
	if n == nil {
		return
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.rejectKind(path, "a list", n)
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(s.Values))
	for i, e := range s.Values {
		item := reflect.New(v.Type().Elem()).Elem()
		d.decodeValue(e, item, "", indexPath(path, i))
		out = reflect.Append(out, item)
	}
	v.Set(out)
}

// decodeMap fills a map of lists of text.
func (d *decoder) decodeMap(n ast.Node, v reflect.Value, path string) {
	pairs, ok := d.pairsOf(n, path)
	if !ok {
		return
	}
	out := reflect.MakeMap(v.Type())
	seen := map[string]bool{}
	for _, p := range pairs {
		if seen[p.key] {
			d.rejectAt(p.at, "%sduplicate key %q", pathPrefix(path), p.key)
			continue
		}
		seen[p.key] = true
		d.locations[joinPath(path, p.key)] = p.at
		item := reflect.New(v.Type().Elem()).Elem()
		d.decodeValue(p.value, item, "", joinPath(path, p.key))
		out.SetMapIndex(reflect.ValueOf(p.key), item)
	}
	v.Set(out)
}
