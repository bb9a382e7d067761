package stats

import (
	"strconv"

	"prism/internal/table"
)

// rowClass is rows of gold that were drawn alike: of one stratum, each standing for as many.
type rowClass struct {
	stratum int32
	weight  float64 // 1 / inclusion probability
}

// rowClasses says how the rows of gold were drawn. Nil is rows of which nothing is told:
// they are alike.
type rowClasses struct {
	classes   []rowClass
	ofRow     []int32 // index in classes, by row of gold
	standsFor float64 // rows that gold was drawn from: the sum of the weights

	byClass map[rowClass]int32
	strata  map[string]int32
}

// differ reports whether rows are of several classes.
func (c *rowClasses) differ() bool { return c != nil && len(c.classes) > 1 }

// classOf is how a row of gold was drawn; if all rows are alike they weigh one.
func (c *rowClasses) classOf(row int) rowClass {
	if !c.differ() {
		return rowClass{weight: 1}
	}
	return c.classes[c.ofRow[row]]
}

// indexOf returns the index of a class, a new one if it was not there.
func (c *rowClasses) indexOf(class rowClass) int32 {
	at, known := c.byClass[class]
	if !known {
		at = int32(len(c.classes))
		c.byClass[class] = at
		c.classes = append(c.classes, class)
	}
	return at
}

// stratumOf returns the number of a stratum, a new one if it was not there.
func (c *rowClasses) stratumOf(name []byte) int32 {
	at, known := c.strata[string(name)]
	if !known {
		at = int32(len(c.strata))
		c.strata[string(name)] = at
	}
	return at
}

// drawnColumns reads how the rows of gold were drawn: the places of the columns in the cut,
// -1 for a stratum that gold lacks.
type drawnColumns struct{ probability, stratum int }

// drawnBlock is the values of these columns in a block.
type drawnBlock struct {
	probability, stratum blockColumn
	classes              map[uint64]int32 // by the tokens of both
	text                 []byte
}

func (d *drawnColumns) readBlock(b *table.Block, v *drawnBlock, s *ratingScan) {
	if len(b.Spans) == 0 {
		return
	}
	v.probability.reset()
	v.probability.countTokens(b, b.Spans[d.probability:], len(s.cut), s.seed, true)
	if v.stratum.reset(); d.stratum >= 0 {
		v.stratum.countTokens(b, b.Spans[d.stratum:], len(s.cut), s.seed, true)
	}
}

// addBlock gives the next rows of gold, the first so many of a block, their classes.
func (d *drawnColumns) addBlock(b *table.Block, v *drawnBlock, rows int, r *Ratings, f *RatedFile) error {
	if v.classes == nil {
		v.classes = map[uint64]int32{}
	}
	clear(v.classes)
	for i := range rows {
		key := uint64(v.probability.rowTokens[i]) << 32
		if d.stratum >= 0 {
			key |= uint64(v.stratum.rowTokens[i])
		}
		at, known := v.classes[key]
		if !known {
			class, err := d.readClass(b, v, i, r, f)
			if err != nil {
				return err
			}
			at = r.drawn.indexOf(class)
			v.classes[key] = at
		}
		r.drawn.ofRow = append(r.drawn.ofRow, at)
		r.drawn.standsFor += r.drawn.classes[at].weight
	}
	return nil
}

// readClass reads how the i-th row of a block was drawn.
func (d *drawnColumns) readClass(b *table.Block, v *drawnBlock, i int, r *Ratings, f *RatedFile) (rowClass, error) {
	textOf := func(c *blockColumn) []byte {
		v.text = table.AppendText(v.text[:0], f.header.Format, b.Token(c.tokens[c.rowTokens[i]].span))
		return v.text
	}
	text := string(textOf(&v.probability))
	weight, fault := parseWeight(text)
	if fault != "" {
		line, err := table.LineAt(f.Content, b.Offset+int64(b.Recs[i].From))
		if err != nil {
			return rowClass{}, err
		}
		return rowClass{}, &table.Error{File: f.Options.Name, Line: line, Msg: fault}
	}
	class := rowClass{weight: weight}
	if d.stratum >= 0 {
		class.stratum = r.drawn.stratumOf(textOf(&v.stratum))
	}
	return class, nil
}

// parseWeight is how many rows a drawn row stands for, by its inclusion probability, and what is wrong with this.
func parseWeight(probability string) (weight float64, fault string) {
	p, ok := parseNumber(probability)
	if !ok || p <= 0 || p > 1 {
		return 0, InclusionProbability + " " + strconv.Quote(probability) + ": want a probability above 0 and at most 1"
	}
	return 1 / p, ""
}
