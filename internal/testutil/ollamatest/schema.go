package ollamatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// shape is what replies to a reply schema look like.
type shape struct {
	columns []Column // without RowID
	compact bool     // rows are arrays
}

var errSchema = errors.New("invalid JSON schema in format")

// readFormat finds the RowIDs that a reply schema asks for (none if it does not
// fix them; of a compact one the numbers of the rows), the columns, and whether the reply is an array. Every object of a
// schema has the same columns; the first is looked at.
func (s *Server) readFormat(format []byte) (ids []int64, sh *shape, array bool, err error) {
	var root struct {
		PrefixItems []json.RawMessage `json:"prefixItems"`
		Items       json.RawMessage   `json:"items"`
	}
	if json.Unmarshal(format, &root) != nil {
		return nil, nil, false, errSchema
	}
	items := []json.RawMessage{format}
	switch {
	case root.PrefixItems != nil:
		items, array = root.PrefixItems, true
	case root.Items != nil:
		items, array = []json.RawMessage{root.Items}, true
	}
	if len(items) == 0 {
		return nil, nil, array, errSchema
	}
	if isCompactRow(format) {
		items, array = []json.RawMessage{format}, false
	}
	if isCompactRow(items[0]) {
		ids, sh, err = s.readCompactFormat(items)
		return ids, sh, array, err
	}
	for _, item := range items {
		id, fixed, err := fixedRowID(item)
		if err != nil {
			return nil, nil, array, errSchema
		}
		if !fixed {
			ids = nil
			break
		}
		ids = append(ids, id)
	}
	sh, err = s.shapeOf(items[0])
	return ids, sh, array, err
}

// contractReply returns the only reply that a schema takes: an object with one
// property, a constant text, which no schema of rows is. Other schemas: empty.
func contractReply(format []byte) string {
	var schema struct {
		Properties map[string]struct {
			Const json.RawMessage `json:"const"`
		} `json:"properties"`
	}
	if json.Unmarshal(format, &schema) != nil || len(schema.Properties) != 1 {
		return ""
	}
	for name, property := range schema.Properties {
		if len(property.Const) == 0 || property.Const[0] != '"' {
			return ""
		}
		return string(appendJSON([]byte{'{'}, name)) + ":" + string(property.Const) + "}"
	}
	return ""
}

// fixedRowID returns the RowID that an object's schema asks for; fixed is false
// if it takes any.
func fixedRowID(object []byte) (id int64, fixed bool, err error) {
	var schema struct {
		Properties struct {
			RowID struct {
				Const json.RawMessage `json:"const"`
			} `json:"RowID"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(object, &schema); err != nil {
		return 0, false, err
	}
	text := schema.Properties.RowID.Const
	if text == nil {
		return 0, false, nil
	}
	id, err = strconv.ParseInt(string(text), 10, 64)
	return id, err == nil, err
}

// shapeOf reads the columns of an object's schema, remembering those it knows:
// what follows the RowID is the same in all calls of a run.
func (s *Server) shapeOf(object []byte) (*shape, error) {
	key := object
	if at := bytes.IndexByte(object, '}'); at >= 0 {
		key = object[at:]
	}
	if known, ok := s.shapes.Load(string(key)); ok {
		return known.(*shape), nil
	}
	var schema struct {
		Properties json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(object, &schema) != nil {
		return nil, errSchema
	}
	columns, err := readProperties(schema.Properties)
	if err != nil {
		return nil, errSchema
	}
	sh := &shape{columns: columns}
	s.shapes.Store(string(key), sh)
	return sh, nil
}

// readProperties reads the columns of a schema's properties in their order.
func readProperties(properties []byte) ([]Column, error) {
	d := json.NewDecoder(bytes.NewReader(properties))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errSchema
	}
	var columns []Column
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name == "RowID" {
			if err := d.Decode(new(json.RawMessage)); err != nil {
				return nil, err
			}
			continue
		}
		var value property
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		columns = append(columns, value.column(name.(string)))
	}
	return columns, nil
}

// property is the schema of a column's values.
type property struct {
	Type      string     `json:"type"`
	Enum      []string   `json:"enum"`
	MaxLength int        `json:"maxLength"`
	Minimum   *float64   `json:"minimum"`
	Maximum   *float64   `json:"maximum"`
	MaxItems  int        `json:"maxItems"`
	Items     *property  `json:"items"`
	AnyOf     []property `json:"anyOf"` // a schema and null
}

func (p *property) column(name string) Column {
	if len(p.AnyOf) > 0 {
		c := p.AnyOf[0].column(name)
		c.Optional = true
		return c
	}
	c := Column{Name: name, Labels: p.Enum, Minimum: p.Minimum, Maximum: p.Maximum, MaxItems: p.MaxItems, MaxLength: p.MaxLength}
	if p.Type != "string" {
		c.Type = p.Type
	}
	if p.Items != nil {
		c.Labels, c.MaxLength = p.Items.Enum, p.Items.MaxLength
	}
	return c
}
