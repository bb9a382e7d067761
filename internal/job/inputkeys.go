package job

import (
	"reflect"
	"strings"

	"prism/internal/table"
)

// checkInputKeys finds what is wrong with input: and with the keys of files that stand
// for it.
func (c *Config) checkInputKeys(d *decoder) {
	c.Columns.checkKeys(d, "input")
	shared := c.Columns.byKey()
	for _, key := range []string{"id_column", "text_column", "title_column", "sentiment_column", "encoding", "sheet"} {
		full := joinPath("input", key) // of a file an empty text takes that of input: away
		if at, given := d.locations[full]; given && strings.TrimSpace(shared[key].String()) == "" && !d.hasMistakeAt(at) {
			d.reject(full, "must not be empty")
		}
	}
	for i := range c.InputQueue {
		c.InputQueue[i].checkKeys(d, indexPath("input_queue", i))
	}
}

// checkKeys finds what no single key shows.
func (c *InputColumns) checkKeys(d *decoder, path string) {
	if c.NumberRows && c.IDColumn != "" {
		d.reject(joinPath(path, "number_rows"), "cannot be combined with id_column: RowID is either the position or the value of a column")
	}
	if _, err := c.ParseDelimiter(); err != nil {
		d.reject(joinPath(path, "delimiter"), "%v", err)
	}
	for i, name := range c.ContextColumns {
		if name == "" {
			d.reject(indexPath(joinPath(path, "context_columns"), i), "must not be empty")
		}
	}
}

// byKey are the fields by their keys.
func (c *InputColumns) byKey() map[string]reflect.Value {
	keys, fields := fieldsOf(reflect.TypeFor[InputColumns]())
	values := make(map[string]reflect.Value, len(keys))
	for i, key := range keys {
		values[key] = reflect.ValueOf(c).Elem().FieldByIndex(fields[i].Index)
	}
	return values
}

// exclusiveKeys are keys that exclude each other: a file that sets one does not take the
// other from input:.
var exclusiveKeys = map[string]string{"id_column": "number_rows", "number_rows": "id_column"}

// inheritInputKeys gives each file of the queue the keys of input: that it does not set.
func (c *Config) inheritInputKeys(d *decoder) {
	shared := c.Columns.byKey()
	for i := range c.InputQueue {
		own := c.InputQueue[i].byKey()
		sets := func(key string) bool {
			_, set := d.locations[joinPath(indexPath("input_queue", i), key)]
			return set
		}
		for key, value := range shared {
			rival, has := exclusiveKeys[key]
			if sets(key) || has && sets(rival) && !own[rival].IsZero() {
				continue
			}
			own[key].Set(value)
		}
	}
}

// ParseDelimiter is the delimiter as a character, 0 if none is named.
func (c *InputColumns) ParseDelimiter() (byte, error) {
	if c.Delimiter == "" {
		return 0, nil
	}
	return table.ParseDelimiter(c.Delimiter)
}
