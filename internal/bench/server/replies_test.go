package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestConvertReplies(t *testing.T) {
	schema := readExampleSchema(t)
	const header = "RowID,Topic,Sentiment,Urgency,Key_Point\n"
	const good = `{"RowID":1,"Topic":"Billing","Sentiment":"Negative","Urgency":"High","Key_Point":"Charged, twice."}`
	for _, c := range []struct{ name, replies, want string }{
		{"nothing", "", header},
		{"an object a line", good + "\n" + strings.Replace(good, ":1,", ":2,", 1) + "\n",
			header + "1,Billing,Negative,High,\"Charged, twice.\"\n2,Billing,Negative,High,\"Charged, twice.\"\n"},
		{"an array", "[" + good + "," + strings.Replace(good, ":1,", ":3,", 1) + "]\n",
			header + "1,Billing,Negative,High,\"Charged, twice.\"\n3,Billing,Negative,High,\"Charged, twice.\"\n"},
		{"no line end", good, header + "1,Billing,Negative,High,\"Charged, twice.\"\n"},
		{"the first one counts", good + "\n" + strings.Replace(good, "High", "Low", 1) + "\n", header + "1,Billing,Negative,High,\"Charged, twice.\"\n"},
		{"the gate gives the defaults", strings.Replace(good, "Billing", "NOT_APPLICABLE", 1), header + "1,NOT_APPLICABLE,Neutral,Low,-\n"},
		{"a label that is not listed", strings.Replace(good, "Billing", "Weather", 1), header},
		{"a column is missing", `{"RowID":1,"Topic":"Billing","Sentiment":"Negative","Urgency":"High"}`, header},
		{"no RowID", strings.Replace(good, `"RowID":1,`, "", 1), header},
		{"not JSON", "null\nsorry\n" + good[:40] + "\n" + good, header + "1,Billing,Negative,High,\"Charged, twice.\"\n"},
		{"an array with others", "[1,null,[]," + good + "]", header + "1,Billing,Negative,High,\"Charged, twice.\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var table bytes.Buffer
			rows, err := convertReplies(strings.NewReader(c.replies), schema, &table)
			if err != nil || table.String() != c.want || rows != strings.Count(c.want, "\n")-1 {
				t.Errorf("got %d rows, %v\n%swant\n%s", rows, err, &table, c.want)
			}
		})
	}
}

// FuzzReadReply: a row is only read with the RowID that stands in the reply, and all its columns.
func FuzzReadReply(f *testing.F) {
	schema := readExampleSchema(f)
	f.Add([]byte(`{"RowID":1,"Topic":"Billing","Sentiment":"Negative","Urgency":"High","Key_Point":"x"}`))
	f.Add([]byte(`[{"RowID":-1},{"rowid":2,"Topic":"NOT_APPLICABLE"},7]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, row := range readReply(line, schema) {
			if len(row.Values) != len(schema.Columns) || !bytes.Contains(bytes.ToLower(line), []byte("rowid")) && !bytes.Contains(line, []byte(`\u`)) {
				t.Errorf("%q gives %+v", line, row)
			}
		}
	})
}
