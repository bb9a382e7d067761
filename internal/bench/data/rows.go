package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

const (
	feedbackHeader = "RowID,Title,Message,Sentiment\n"
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

func random(id int, table uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(id), table)) }

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

func appendWords(dst []byte, r *rand.Rand, n int, between []string) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, pick(r, between)...)
		}
		dst = append(dst, pick(r, words)...)
	}
	return dst
}

var (
	plain  = []string{" "}
	marked = append(slices.Repeat([]string{" "}, 32), ", ", ", ", ", ", ", ", ", ", "\n", "\n", `, "so" `)
)

// appendFeedback appends a row of about 370 bytes. One message in ten has
// commas, quotes or newlines and so stands in quotes.
func appendFeedback(dst []byte, id int) []byte {
	r := random(id, 1)
	dst = strconv.AppendInt(dst, int64(id), 10)
	dst = append(dst, ',')
	dst = appendWords(dst, r, 2+r.IntN(4), plain)
	dst = append(dst, ',')
	n := 19 + r.IntN(74)
	if r.IntN(10) == 0 {
		dst = appendQuoted(dst, appendWords(nil, r, n, marked))
	} else {
		dst = appendWords(dst, r, n, plain)
	}
	dst = append(dst, ',')
	dst = append(dst, pick(r, sentiments)...)
	return append(dst, '\n')
}

// appendResult appends a row of about 144 bytes.
func appendResult(dst []byte, id int) []byte {
	r := random(id, 2)
	dst = strconv.AppendInt(dst, int64(id), 10)
	for _, from := range [][]string{sentiments, topics, sentiments, urgencies} {
		dst = append(dst, ',')
		dst = append(dst, pick(r, from)...)
	}
	dst = append(dst, ',')
	n := 8 + r.IntN(8)
	if r.IntN(20) == 0 {
		dst = appendQuoted(dst, appendWords(nil, r, n, marked))
	} else {
		dst = appendWords(dst, r, n, plain)
	}
	return append(dst, ",llama3.2,10,bench_v1_m1_20260901_120000\n"...)
}

func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
	return append(dst, '"')
}
