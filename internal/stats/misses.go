package stats

// Miss is a row and a column in which results differ from gold.
type Miss struct {
	RowID       int64
	Column      string
	Gold, Label string
}

// isMiss reports whether results differ from gold in a row. Free text of more than maxDistinct
// values is not kept, so nothing is told of it.
func (r *Ratings) isMiss(c *ratedColumn, row int) bool {
	return !(c.isWide && !c.isNumeric) && !c.isEmpty(goldRater, row) && r.has[resultRater][row] && !c.areEqual(goldRater, resultRater, row)
}

// Misses lists the first misses of each column, and counts all. Free text is left out: it
// differs nearly always.
func (r *Ratings) Misses(ofColumn int) (misses []Miss, all int64) {
	for _, c := range r.columns {
		if c.kind == Text {
			continue
		}
		listed := 0
		for row := range r.has[goldRater] {
			if !r.has[goldRater][row] || !r.isMiss(c, row) {
				continue
			}
			all++
			if listed++; listed <= ofColumn {
				misses = append(misses, Miss{r.rows.ids[row], c.name, c.text(goldRater, row), c.text(resultRater, row)})
			}
		}
	}
	return misses, all
}
