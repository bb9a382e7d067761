package merge

import (
	"cmp"
	"encoding/json"

	"prism/internal/prompt"
	"prism/internal/table"
)

// findValues finds the columns that a model filled whose values are more than texts: JSONL
// has numbers, booleans and arrays where other formats have cells.
func (l *layout) findValues(s *prompt.Schema) {
	if s == nil {
		return
	}
	for i, name := range l.names {
		c := cmp.Or(s.FindOutput(name, l.names), s.FindShare(name, l.names))
		if c != nil && c.NeedsJSON() {
			if l.values == nil {
				l.values = make([]*prompt.Column, len(l.names))
			}
			l.values[i] = c
		}
	}
}

// convertValue makes what the output's format has of the value of a column.
func (e *encoder) convertValue(c *prompt.Column, cell table.Cell) table.Cell {
	from, to := cell.Form == table.JSONL, e.format == table.JSONL
	switch {
	case to && !from:
		text := string(table.AppendText(nil, cell.Form, cell.Bytes))
		return table.Cell{Bytes: c.AppendJSON(nil, text), Form: table.JSONL}
	case from && !to && c.Type == prompt.TypeLabels:
		var labels []string
		if json.Unmarshal(cell.Bytes, &labels) == nil { // else somebody wrote another value there
			return table.Cell{Bytes: []byte(prompt.LabelsCell(labels))}
		}
	}
	return cell
}
