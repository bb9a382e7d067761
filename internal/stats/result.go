package stats

import (
	"slices"
	"strings"

	"prism/internal/prompt"
)

// Result sums up what was counted.
func (t *Table) Result() *Result {
	r := &Result{Schema: Schema, Files: []File{}, Facts: []Fact{}, Columns: []Column{}, Crosses: []Cross{}}
	if t.o.Schema != nil {
		r.PromptHash = t.o.Schema.Hash()
	}
	for _, f := range t.files {
		r.Files = append(r.Files, f)
		r.Rows += f.Rows
	}
	for _, c := range t.facts {
		values := c.values()
		byCount(values)
		r.Facts = append(r.Facts, Fact{Column: c.name, Values: values})
	}
	for _, c := range t.cols {
		r.Columns = append(r.Columns, c.result())
		if c.gate {
			n := c.countOf(prompt.NotApplicable)
			r.Gate = &Gate{Column: c.name, NotApplicable: n, Share: share(n, c.rows)}
		}
	}
	for _, c := range t.crosses {
		r.Crosses = append(r.Crosses, c.result())
	}
	return r
}

func (c *tableColumn) countOf(text string) int64 {
	if t := c.text[text]; t != nil {
		return t.count
	}
	return 0
}

func (c *tableColumn) values() []Value {
	values := make([]Value, 0, len(c.order))
	for _, t := range c.order {
		if t.count == 0 {
			continue
		}
		values = append(values, Value{Value: t.text, Count: t.count, Share: share(t.count, c.rows)})
	}
	return values
}

func byCount(values []Value) {
	slices.SortStableFunc(values, func(a, b Value) int {
		if a.Count != b.Count {
			return int(min(max(b.Count-a.Count, -1), 1))
		}
		return strings.Compare(a.Value, b.Value)
	})
}

func (c *tableColumn) result() Column {
	out := Column{
		Name: c.name, Kind: Labels, Rows: c.rows, Missing: c.missing(),
		Distinct: c.distinct(), Overflow: c.over, Values: []Value{},
	}
	if c.isText() {
		out.Kind, out.Length = Text, c.lengths()
		if c.over {
			out.Distinct = maxDistinct
		}
		return out
	}
	out.Rest = c.rest
	out.Values = c.classify(c.values())
	byCount(out.Values)
	slices.SortStableFunc(out.Values, func(a, b Value) int { return rank(a.Class) - rank(b.Class) })
	if c.listed() {
		out.Organic = c.rest
		for _, v := range out.Values {
			if v.Class == Organic {
				out.Organic += v.Count
			}
		}
	}
	return out
}

func (c *tableColumn) listed() bool { return c.spec != nil && c.spec.Labels != nil }

// isText tells free text from labels: by the schema or, without one, by nearly
// every row having a value of its own.
func (c *tableColumn) isText() bool {
	switch {
	case c.spec != nil:
		return c.spec.Labels == nil
	case c.over:
		return true
	}
	distinct, rows := c.distinct(), c.present()
	if distinct*2 <= rows {
		return false
	}
	l := c.lengths()
	return distinct > 20 || l != nil && l.Mean > 30
}

// classify gives each value its class and adds the listed labels that no row has.
func (c *tableColumn) classify(values []Value) []Value {
	if !c.listed() {
		return values
	}
	for i := range values {
		v := &values[i]
		switch {
		case slices.Contains(c.spec.Labels, v.Value):
			v.Class = Listed
		case c.gate && v.Value == prompt.NotApplicable:
			v.Class = NotApplicable
		case v.Value == c.spec.Default && !c.gate:
			v.Class = Default
		default:
			v.Class = Organic
		}
	}
	for _, l := range c.spec.Labels {
		if c.countOf(l) == 0 {
			values = append(values, Value{Value: l, Class: Listed})
		}
	}
	return values
}

func rank(c Class) int {
	return slices.Index([]Class{Listed, NotApplicable, Default, Organic}, c)
}
