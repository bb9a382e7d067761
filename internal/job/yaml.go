package job

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseDocument returns the only document of data; nil if it is empty.
func (d *decoder) parseDocument(data []byte) (ast.Node, bool) {
	if !utf8.Valid(data) {
		d.rejectAt(location{1 + bytes.Count(data[:validLen(data)], []byte("\n")), 1}, "not UTF-8 text")
		return nil, false
	}
	if line := deepLine(data); line > 0 {
		d.rejectAt(location{line, 1}, "nested too deeply")
		return nil, false
	}
	if line := lineOfTooManyKeys(data); line > 0 {
		d.rejectAt(location{line, 1}, "more than %d keys on one level", maxKeys)
		return nil, false
	}
	file, err := parseYAML(data)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Token != nil:
		d.rejectAt(locationOf(syntax.Token), "not YAML: %s", syntax.Message)
		return nil, false
	case err != nil:
		d.rejectAt(location{1, 1}, "not YAML: %v", err)
		return nil, false
	case len(file.Docs) > 1 && file.Docs[1].Body != nil:
		d.rejectAt(locationOfNode(file.Docs[1].Body), "second document (want one)")
	}
	if len(file.Docs) == 0 {
		return nil, true
	}
	return file.Docs[0].Body, true
}

// maxNesting is how many brackets may be open, and how many lists may begin on one line:
// the YAML reader takes time and memory by the square of it.
const maxNesting = 100

// deepLine is the line on which nesting goes beyond maxNesting, 0 if none does. It counts
// brackets in texts too, of which nobody leaves that many open.
func deepLine(data []byte) int {
	open, number := 0, 0
	for line := range bytes.Lines(data) {
		number++
		starts, inStart := 0, true
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			case '-', '?':
				if inStart {
					starts++
				}
			}
			inStart = inStart && (c == ' ' || c == '-' || c == '?')
			if open > maxNesting || starts > maxNesting {
				return number
			}
		}
	}
	return 0
}

// maxKeys is how many keys a level may have: the YAML reader takes time by the square of it.
const maxKeys = 1000

// lineOfTooManyKeys is the line on which a level gets more keys than maxKeys, 0 if none does. Keys
// of one level are lines of one indentation with a colon, without a line between that is indented less.
func lineOfTooManyKeys(data []byte) int {
	var levels []struct{ indent, keys int } // those that are open, outer ones first
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(text)) == 0 || text[0] == '#' {
			continue
		}
		indent := len(line) - len(text)
		bracket := bytes.IndexByte([]byte("{}[]"), text[0]) >= 0 // another object of JSON
		for n := len(levels); n > 0 && (levels[n-1].indent > indent || bracket && levels[n-1].indent == indent); n-- {
			levels = levels[:n-1]
		}
		if bracket || text[0] == '-' || text[0] != '?' && bytes.IndexByte(text, ':') < 0 {
			continue
		}
		if n := len(levels); n == 0 || levels[n-1].indent < indent {
			levels = append(levels, struct{ indent, keys int }{indent, 0})
		}
		last := &levels[len(levels)-1]
		if last.keys++; last.keys > maxKeys {
			return number
		}
	}
	return 0
}

// parseYAML keeps a fault of the YAML reader from ending the program.
func parseYAML(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("YAML parser failed: %v", r)
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

func validLen(data []byte) int {
	n := 0
	for n < len(data) {
		r, size := utf8.DecodeRune(data[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

func locationOf(t *token.Token) location {
	if t == nil || t.Position == nil {
		return location{1, 1}
	}
	return location{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

func locationOfNode(n ast.Node) location {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return locationOf(m.Values[0].Key.GetToken())
	}
	return locationOf(n.GetToken())
}

// resolveAlias follows anchors and aliases to the node that they stand for; nil is nothing.
func (d *decoder) resolveAlias(n ast.Node) ast.Node {
	for range maxDepth {
		switch t := n.(type) {
		case *ast.AnchorNode:
			if t.Name != nil {
				d.anchors[t.Name.GetToken().Value] = t.Value
			}
			n = t.Value
		case *ast.AliasNode:
			target, ok := d.anchors[t.Value.GetToken().Value]
			if !ok {
				return n
			}
			n = target
		case *ast.NullNode, *ast.CommentGroupNode, *ast.CommentNode:
			return nil
		default:
			return n
		}
	}
	return n
}
