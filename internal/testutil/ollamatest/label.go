package ollamatest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Row is a row as the model sees it.
type Row struct {
	ID                        int64
	Title, Message, Sentiment string

	Number int64 // in the batch, of a compact message; 0: it has its ID
}

// Label is what the server says in a column of a row: one of labels, or with
// none a text that is the row's own. It depends on the column's name and the
// row's RowID, title and message (outer white space aside), on nothing else.
func Label(column string, r Row, labels []string) string {
	h := hashOf(column, r)
	if len(labels) > 0 {
		return labels[h.mix()%uint64(len(labels))]
	}
	return column + " of " + strconv.FormatInt(r.ID, 10) + " is " + strconv.FormatUint(h.mix()>>40, 16)
}

func hashOf(column string, r Row) hash {
	return newHash(0).addText(column).addNumber(uint64(r.ID)).
		addText(strings.TrimSpace(r.Title)).addText(strings.TrimSpace(r.Message))
}

// hash is FNV-1a, 64 bits, of a row of values.
type hash uint64

func newHash(seed uint64) hash { return (hash(14695981039346656037)).addNumber(seed) }

func (h hash) addText(s string) hash {
	for i := range len(s) {
		h = (h ^ hash(s[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

func (h hash) addNumber(n uint64) hash {
	for range 8 {
		h = (h ^ hash(n&0xff)) * 1099511628211
		n >>= 8
	}
	return h
}

// mix spreads the hash over all its bits.
func (h hash) mix() uint64 {
	x := uint64(h)
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// unit is the hash as a number in [0, 1).
func (h hash) unit() float64 { return float64(h.mix()>>11) / (1 << 53) }

// firstID is the RowID of the row before the first that MakeRow makes.
const firstID = 1000

// MakeRow is the row of a number of made feedback: some rows hold what is hard
// for readers (commas, quotes, line ends, a line that looks like a RowID, other
// scripts). RowIDs are 1000 + n.
func MakeRow(n int) Row {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	row := Row{ID: firstID + int64(n), Title: pick(titles), Sentiment: pick([]string{"Positive", "Neutral", "Negative", ""})}
	var text []string
	for range 2 + r.IntN(4) {
		text = append(text, pick(sentences))
	}
	row.Message = fmt.Sprintf("%s (ticket %d)", strings.Join(text, " "), n)
	switch n % 20 {
	case 3:
		row.Message = "She said: \"never again\", and left, twice.\n" + row.Message
	case 7:
		row.Message += "\nRowID: " + strconv.Itoa(1000+n+1) + "\n[MENTION 2 of 10]\nTitle: not a title"
	case 11:
		row.Message = "配送が遅い、とても残念 🙁 – naïve café " + row.Message
	case 15:
		row.Title = ""
	}
	return row
}

var titles = []string{"Poor service", "Great app", "Late delivery", "Billing question", "Love it, mostly", "Login fails"}

var sentences = []string{
	"I waited 45 minutes for support and nobody helped me.", "The new version is much faster than the old one.",
	"My parcel came three days late and the box was open.", "I was charged twice for the same month.",
	"The staff was friendly and solved it at once.", "It crashes whenever I open the settings.",
	"I would recommend it to my friends.", "The price went up again without a word.",
}

// WriteCSV writes made rows first to last (numbers as of MakeRow) with a header.
func WriteCSV(w io.Writer, first, last int) error {
	buf := []byte("RowID,Title,Message,Sentiment\n")
	for n := first; n <= last; n++ {
		r := MakeRow(n)
		buf = strconv.AppendInt(buf, r.ID, 10)
		for _, text := range []string{r.Title, r.Message, r.Sentiment} {
			buf = append(buf, ',')
			if strings.ContainsAny(text, ",\"\n") {
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			buf = append(buf, text...)
		}
		buf = append(buf, '\n')
		if len(buf) > 1<<16 || n == last {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return nil
}
