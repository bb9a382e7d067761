package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

const (
	feedbackHeader = "RowID,Title,Message,Sentiment\n"
	exportHeader   = "RowID;Title;Message;Sentiment\n"
	goldHeader     = "RowID,Topic,Validated_Sentiment,Urgency\n"
	labelledHeader = "RowID,Title,Message,Sentiment,Topic,Validated_Sentiment,Urgency,Key_Point,Model_Name,Batch_Size,Run_ID\n"
	resultHeader   = "RowID,Sentiment,Topic,Validated_Sentiment,Urgency,Key_Point,Model_Name,Batch_Size,Run_ID\n"
)

var (
	topics     = []string{"Product", "Support", "Billing", "Shipping", "Account", "Other", "NOT_APPLICABLE"}
	sentiments = []string{"Positive", "Negative", "Neutral", "Mixed"}
	urgencies  = []string{"High", "Medium", "Low"}
	words      = strings.Fields(`the parcel came late again and nobody answered my mail about it
		this app crashes whenever we open an invoice on our old tablet but support was kind they
		changed plan twice without telling us so please send refund soon because payment failed
		love new colours works exactly as described would buy from you any time delivery box was
		damaged password reset link never arrives screen stays black after update great service
		friendly team quick reply price went up customers wait too long Zürich naïve café 東京 Überraschung`)
)

// newRand returns the source of randomness of one row of one table.
func newRand(id int, table uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(id), table)) }

func pickFrom(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// appendWords appends n words with separators between them.
func appendWords(dst []byte, r *rand.Rand, n int, separators []string) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, pickFrom(r, separators)...)
		}
		dst = append(dst, pickFrom(r, words)...)
	}
	return dst
}

// Separators between words. Text with the special ones must be quoted.
var (
	plainSeparators   = []string{" "}
	specialSeparators = append(slices.Repeat([]string{" "}, 32), ", ", ", ", ", ", ", ", ", ", "\n", "\n", `, "so" `)
)

// appendFeedback appends a row of about 370 bytes. One message in ten may have
// commas, quotes or newlines and is quoted.
func appendFeedback(dst []byte, id int) []byte { return appendDelimited(dst, id, ',') }

func appendDelimited(dst []byte, id int, delimiter byte) []byte {
	r := newRand(id, 1)
	dst = strconv.AppendInt(dst, int64(id), 10)
	dst = append(dst, delimiter)
	dst = appendWords(dst, r, 2+r.IntN(4), plainSeparators)
	dst = append(dst, delimiter)
	n := 19 + r.IntN(74)
	if r.IntN(10) == 0 {
		dst = appendQuoted(dst, appendWords(nil, r, n, specialSeparators))
	} else {
		dst = appendWords(dst, r, n, plainSeparators)
	}
	dst = append(dst, delimiter)
	dst = append(dst, pickFrom(r, sentiments)...)
	return append(dst, '\n')
}

// mostLabelled is the rows that a student is trained on.
const mostLabelled = 2000

// appendLabelled appends a row of feedback with labels that the words of its title tell, but for one in
// twenty, where the model errs.
func appendLabelled(dst []byte, id int) []byte {
	row := appendFeedback(nil, id)
	dst = append(dst, row[:len(row)-1]...)
	first, last := len(words), 0
	for word := range strings.FieldsSeq(string(bytes.Split(row, []byte{','})[1])) {
		at := slices.Index(words, word)
		first, last = min(first, at), max(last, at)
	}
	r := newRand(id, 7)
	if r.IntN(20) == 0 {
		first, last = r.IntN(len(words)), r.IntN(len(words))
	}
	labels := []string{
		topics[first*len(topics)/len(words)], sentiments[last*len(sentiments)/len(words)], urgencies[first*len(urgencies)/len(words)],
	}
	if labels[0] == topics[len(topics)-1] {
		labels[1], labels[2] = "-", "-"
	}
	for _, label := range labels {
		dst = append(append(dst, ','), label...)
	}
	return appendResultEnd(dst, r)
}

// appendExport appends a row of feedback as a spreadsheet program in Europe exports it:
// with semicolons, in Windows-1252.
func appendExport(dst []byte, id int) []byte {
	text := bytes.ReplaceAll(appendDelimited(nil, id, ';'), []byte("東京"), []byte("Tokio"))
	for _, c := range string(text) {
		b, _ := charmap.Windows1252.EncodeRune(c) // has all words but that one
		dst = append(dst, b)
	}
	return dst
}

// appendResult appends a row of about 144 bytes. One key point in twenty is quoted.
func appendResult(dst []byte, id int) []byte {
	r := newRand(id, 2)
	dst = strconv.AppendInt(dst, int64(id), 10)
	for _, from := range [][]string{sentiments, topics, sentiments, urgencies} {
		dst = append(dst, ',')
		dst = append(dst, pickFrom(r, from)...)
	}
	return appendResultEnd(dst, r)
}

// appendGold appends the labels that people give to a row.
func appendGold(dst []byte, id int) []byte {
	r := newRand(id, 3)
	dst = strconv.AppendInt(dst, int64(id), 10)
	for _, from := range [][]string{topics, sentiments, urgencies} {
		dst = append(dst, ',')
		dst = append(dst, pickFrom(r, from)...)
	}
	return append(dst, '\n')
}

// appendModelResult appends a row with the labels of appendGold, of which the model has
// another in one of ten, and a key point of its own.
func appendModelResult(dst []byte, id int, model uint64) []byte {
	right, r := newRand(id, 3), newRand(id, 3+model)
	dst = strconv.AppendInt(dst, int64(id), 10)
	dst = append(dst, ',')
	dst = append(dst, pickFrom(newRand(id, 1), sentiments)...)
	for _, from := range [][]string{topics, sentiments, urgencies} {
		label := pickFrom(right, from)
		if r.IntN(10) == 0 {
			label = pickFrom(r, from)
		}
		dst = append(dst, ',')
		dst = append(dst, label...)
	}
	return appendResultEnd(dst, r)
}

// appendResultEnd appends a key point and what prism-classify adds to each row.
func appendResultEnd(dst []byte, r *rand.Rand) []byte {
	dst = append(dst, ',')
	n := 8 + r.IntN(8)
	if r.IntN(20) == 0 {
		dst = appendQuoted(dst, appendWords(nil, r, n, specialSeparators))
	} else {
		dst = appendWords(dst, r, n, plainSeparators)
	}
	return append(dst, ",llama3.2,10,bench_v1_m1_20260901_120000\n"...)
}

func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
	return append(dst, '"')
}
