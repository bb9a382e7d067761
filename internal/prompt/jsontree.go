package prompt

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"prism/internal/job"
)

// kind is the JSON type of a node, as messages name it.
type kind string

const (
	kindString kind = "a string"
	kindNumber kind = "a number"
	kindBool   kind = "a boolean"
	kindNull   kind = "null"
	kindArray  kind = "an array"
	kindObject kind = "an object"
)

// node is a JSON value and the line it starts on.
type node struct {
	line    int
	kind    kind
	text    string // a string's value, the token of a number or boolean
	elems   []node // of an array
	members []member
}

type member struct {
	key   string
	line  int
	value node
}

// parseTree reads data, one JSON value, and reports a key that an object repeats
// (the first one counts). It returns false, with the mistake
// added, if data is not JSON.
func (p *parser) parseTree(data []byte) (node, bool) {
	if !utf8.Valid(data) {
		p.addMistake(1+bytes.Count(validPrefix(data), []byte("\n")), "not UTF-8 text")
		return node{}, false
	}
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		end := int64(len(data))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			end = syntax.Offset
		}
		if line, what := job.ExplainJSONError(data, max(end, 1)-1, err.Error()); what != "" { // the offset is that after the byte at fault
			p.addMistake(line, "not JSON: %s", what)
		} else {
			p.addMistake(line, "not JSON: %w", err)
		}
		return node{}, false
	}
	w := treeBuilder{p: p, data: data, line: 1, dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	return w.buildNode(), true
}

func validPrefix(data []byte) []byte {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return data[:i]
		}
		i += n
	}
	return data
}

// treeBuilder turns the tokens of data, which is known to be JSON, into nodes.
type treeBuilder struct {
	p      *parser
	data   []byte
	dec    *json.Decoder
	offset int // up to where lines are counted
	line   int // of offset
}

// nextToken returns the next token and its line.
func (w *treeBuilder) nextToken() (json.Token, int) {
	t, err := w.dec.Token()
	if err != nil {
		panic("prompt: a token after the syntax check: " + err.Error())
	}
	end := int(w.dec.InputOffset())
	w.line += bytes.Count(w.data[w.offset:end], []byte("\n"))
	w.offset = end
	return t, w.line
}

func (w *treeBuilder) buildNode() node {
	t, line := w.nextToken()
	n := node{line: line}
	switch t := t.(type) {
	case string:
		n.kind, n.text = kindString, t
	case json.Number:
		n.kind, n.text = kindNumber, t.String()
	case bool:
		n.kind, n.text = kindBool, strconv.FormatBool(t)
	case json.Delim:
		if t == '[' {
			n.kind, n.elems = kindArray, w.buildElems()
		} else {
			n.kind, n.members = kindObject, w.buildMembers()
		}
	default:
		n.kind = kindNull
	}
	return n
}

func (w *treeBuilder) buildElems() []node {
	var elems []node
	for w.dec.More() {
		elems = append(elems, w.buildNode())
	}
	w.nextToken()
	return elems
}

func (w *treeBuilder) buildMembers() []member {
	var members []member
	seen := map[string]bool{}
	for w.dec.More() {
		t, line := w.nextToken()
		key, ok := t.(string)
		if !ok {
			panic("prompt: a key after the syntax check is not a string")
		}
		value := w.buildNode()
		if seen[key] {
			w.p.addMistake(line, "duplicate key %q", key)
			continue
		}
		seen[key] = true
		members = append(members, member{key: key, line: line, value: value})
	}
	w.nextToken()
	return members
}
