package ollamatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// shape is what replies to a reply schema look like.
type shape struct {
	columns []shapeColumn // without RowID
}

type shapeColumn struct {
	name      string
	labels    []string // nil: free text
	maxLength int      // characters; 0: no bound
}

var errSchema = errors.New("invalid JSON schema in format")

// readFormat finds the RowIDs that a reply schema asks for (none if it does not
// fix them), the columns, and whether the reply is an array. Every object of a
// schema has the same columns; the first is looked at.
func (s *Server) readFormat(format []byte) (ids []int64, sh *shape, array bool, err error) {
	items := [][]byte{format}
	if list, ok := field(format, "prefixItems"); ok {
		items, array = elements(list), true
	} else if item, ok := field(format, "items"); ok {
		items, array = [][]byte{item}, true
	}
	if len(items) == 0 {
		return nil, nil, array, errSchema
	}
	for _, item := range items {
		properties, _ := field(item, "properties")
		rowID, _ := field(properties, "RowID")
		fixed, ok := field(rowID, "const")
		if !ok {
			ids = nil
			break
		}
		id, err := strconv.ParseInt(string(fixed), 10, 64)
		if err != nil {
			return nil, nil, array, errSchema
		}
		ids = append(ids, id)
	}
	sh, err = s.shapeOf(items[0])
	return ids, sh, array, err
}

// shapeOf reads the columns of an object's schema, remembering those it knows:
// what follows the RowID is the same in all calls of a run.
func (s *Server) shapeOf(object []byte) (*shape, error) {
	key := object
	if at := bytes.Index(object, []byte(`}`)); at >= 0 {
		key = object[at:]
	}
	if known, ok := s.shapes.Load(string(key)); ok {
		return known.(*shape), nil
	}
	properties, ok := field(object, "properties")
	if !ok {
		return nil, errSchema
	}
	sh := &shape{}
	d := json.NewDecoder(bytes.NewReader(properties))
	if _, err := d.Token(); err != nil {
		return nil, errSchema
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errSchema
		}
		var value struct {
			Enum      []string `json:"enum"`
			MaxLength int      `json:"maxLength"`
		}
		if name == "RowID" {
			var any json.RawMessage
			err = d.Decode(&any)
		} else {
			err = d.Decode(&value)
			sh.columns = append(sh.columns, shapeColumn{name.(string), value.Enum, value.MaxLength})
		}
		if err != nil {
			return nil, errSchema
		}
	}
	s.shapes.Store(string(key), sh)
	return sh, nil
}

// field returns the value of a key of the object, ok false if there is none.
// The text is valid JSON (the request was decoded), keys have no escapes.
func field(object []byte, key string) (value []byte, ok bool) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return nil, false
	}
	for i++; ; i++ {
		if i = skipSpace(object, i); i >= len(object) || object[i] != '"' {
			return nil, false
		}
		end := skipValue(object, i)
		name := object[i+1 : max(end-1, i+1)]
		if i = skipSpace(object, end); i >= len(object) || object[i] != ':' {
			return nil, false
		}
		i = skipSpace(object, i+1)
		end = skipValue(object, i)
		if string(name) == key {
			return object[i:end], true
		}
		if i = skipSpace(object, end); i >= len(object) || object[i] != ',' {
			return nil, false
		}
	}
}

// elements returns the values of an array.
func elements(array []byte) [][]byte {
	i := skipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return nil
	}
	var list [][]byte
	for i++; ; i++ {
		if i = skipSpace(array, i); i >= len(array) || array[i] == ']' {
			return list
		}
		end := skipValue(array, i)
		list = append(list, array[i:end])
		if i = skipSpace(array, end); i >= len(array) || array[i] != ',' {
			return list
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the end of the JSON value at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}
