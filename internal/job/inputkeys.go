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
	for _, key := range []string{"id_column", "text_column", "title_column", "sentiment_column", "encoding", "sheet"} {
		full := joinPath("input", key) // of a file an empty text takes that of input: away
		if at, given := d.locations[full]; given && strings.TrimSpace(c.Columns.key(key).String()) == "" && !d.hasMistakeAt(at) {
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
		d.reject(joinPath(path, "number_rows"), "excludes id_column: RowID is either the position or the value of a column")
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

// key is the field of a key.
func (c *InputColumns) key(name string) reflect.Value {
	keys, fields := fieldsOf(reflect.TypeFor[InputColumns]())
	for i, key := range keys {
		if key == name {
			return reflect.ValueOf(c).Elem().FieldByIndex(fields[i].Index)
		}
	}
	panic("bug: no key " + name)
}

// rivalKeys are keys that exclude each other: a file that sets one does not take the
// other from input:.
var rivalKeys = map[string]string{"id_column": "number_rows", "number_rows": "id_column"}

// inheritInputKeys gives each file of the queue the keys of input: that it does not set.
func (c *Config) inheritInputKeys(d *decoder) {
	keys, _ := fieldsOf(reflect.TypeFor[InputColumns]())
	for i := range c.InputQueue {
		in := &c.InputQueue[i].InputColumns
		sets := func(key string) bool {
			_, set := d.locations[joinPath(indexPath("input_queue", i), key)]
			return set
		}
		for _, key := range keys {
			rival, has := rivalKeys[key]
			if sets(key) || has && sets(rival) && !in.key(rival).IsZero() {
				continue
			}
			in.key(key).Set(c.Columns.key(key))
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
