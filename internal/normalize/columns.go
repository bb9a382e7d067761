package normalize

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prism/internal/table"
	"prism/internal/term"
)

// plan is the columns to write and what each is made of.
type plan struct {
	names []string
	from  []int // column of the table; -1: the row's position
	notes []string
}

// nameless begins the names of columns that have none; the number of the column follows.
const nameless = "column_"

// IsNameless reports whether a column of the normal form had no name.
func IsNameless(name string) bool {
	number, ok := strings.CutPrefix(name, nameless)
	_, err := strconv.ParseUint(number, 10, 32)
	return ok && err == nil
}

// planColumns decides the columns of the normal form.
func planColumns(f findings, o Options) (plan, error) {
	var p plan
	if len(f.names) == 0 {
		return p, fmt.Errorf("the table has no columns")
	}
	id := slices.Index(f.names, table.RowID)
	if o.IDColumn != "" {
		flag := o.optionName("id-column")
		id = slices.Index(f.names, o.IDColumn)
		switch {
		case id < 0:
			text := fmt.Sprintf("missing column %q (%s); the columns are %s", o.IDColumn, flag, strings.Join(f.names, ", "))
			if slices.Contains(f.names, "") {
				text += fmt.Sprintf("; some have no name: if the header is not on the first line, %s says where it is", o.optionName("header-line"))
			}
			return p, errors.New(text)
		case !f.integer[id]:
			return p, fmt.Errorf("column %q (%s) does not have an integer in every row; without %s the positions are the RowIDs", o.IDColumn, flag, flag)
		}
	} else if o.NumberRows && id >= 0 {
		return p, fmt.Errorf("the table has a column RowID: leave %s out, or rename the column", o.optionName("number-rows"))
	} else if o.NeedID && id < 0 {
		return p, fmt.Errorf("%s; %s names another column that identifies a row", table.MissingColumn(f.names, table.RowID), o.optionName("id-column"))
	} else if id >= 0 && !f.integer[id] && !o.NeedID {
		id = -1
	}
	names, notes := uniqueNames(f, id)
	if f.blank > 0 {
		p.notes = append(p.notes, term.Plural(f.blank, "blank row")+" between others kept")
	}
	p.notes = append(p.notes, notes...)
	p.names, p.from = []string{table.RowID}, []int{id}
	switch {
	case id < 0:
		p.notes = append(p.notes, "RowID added: positions")
	case f.names[id] != table.RowID:
		p.notes = append(p.notes, fmt.Sprintf("RowID added: the values of %q", f.names[id]))
	case id > 0:
		p.notes = append(p.notes, "RowID moved to the first column")
	}
	for i, name := range names {
		if name == "" || i == id && f.names[i] == table.RowID {
			continue
		}
		p.names, p.from = append(p.names, name), append(p.from, i)
	}
	return p, nil
}

// uniqueNames gives every column a name of its own, "" to one that is left out.
// RowID is kept for column id, or for the one that is added.
func uniqueNames(f findings, id int) (names, notes []string) {
	given := map[string]bool{table.RowID: true} // names of the table, which keep their first columns
	for _, n := range f.names {
		given[n] = true
	}
	taken := map[string]bool{table.RowID: true}
	for i, n := range f.names {
		name := n
		switch {
		case strings.TrimSpace(n) == "" && !f.used[i]:
			names = append(names, "")
			notes = append(notes, fmt.Sprintf("column %d left out: no name and no content", i+1))
			continue
		case strings.TrimSpace(n) == "":
			name = nameless + strconv.Itoa(i+1)
			if given[name] || taken[name] {
				name = freeName(name, given, taken)
			}
			notes = append(notes, fmt.Sprintf("column %d named %s", i+1, name))
		case i == id && n == table.RowID:
		case taken[n]:
			name = freeName(n, given, taken)
			notes = append(notes, fmt.Sprintf("column %d renamed from %q to %q", i+1, n, name))
		}
		taken[name] = true
		names = append(names, name)
	}
	return names, notes
}

func freeName(name string, given, taken map[string]bool) string {
	for k := 2; ; k++ {
		if free := fmt.Sprintf("%s_%d", name, k); !given[free] && !taken[free] {
			return free
		}
	}
}
