package stats

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"prism/internal/prompt"
	"prism/internal/table"
)

const typedSchema = `{"system_prompt": "p", "columns_to_code": ["Topic", "Areas", "Severity", "Score", "Refund"],
  "columns": {"Topic": {"labels": ["A"]}, "Areas": {"type": "labels", "labels": ["App", "Web", "Store"]},
    "Severity": {"type": "integer", "minimum": 1, "maximum": 5}, "Score": {"type": "number", "optional": true}, "Refund": {"type": "boolean"}},
  "not_applicable_defaults": {"Areas": ["none"], "Severity": 0}, "reasoning": {}}`

// The same rows in CSV and in JSONL have the same figures: several labels are counted one by
// one, and what only marks rows that are not applicable is in no mean.
func TestTypedColumns(t *testing.T) {
	s, err := prompt.Parse([]byte(typedSchema), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{
		{Name: "Topic", Kind: Label, Rows: 5, Distinct: 2, Values: []ValueCount{{"A", 4, 0.8, Listed}, {"NOT_APPLICABLE", 1, 0.2, NotApplicable}}},
		{Name: "Areas", Kind: Labels, Rows: 5, MissingRows: 1, Distinct: 4, OrganicRows: 1, Values: []ValueCount{
			{"Web", 3, 0.6, Listed}, {"App", 1, 0.2, Listed}, {"Store", 0, 0, Listed}, {"none", 1, 0.2, Default}, {"Shop", 1, 0.2, Organic}}},
		{Name: "Severity", Kind: Integer, Rows: 5, Distinct: 4, Numbers: &Numbers{Count: 4, Mean: 2.5, Min: 1, P25: 1, Median: 2, P75: 2, Max: 5},
			Values: []ValueCount{{"0", 1, 0.2, ""}, {"1", 1, 0.2, ""}, {"2", 2, 0.4, ""}, {"3", 0, 0, ""}, {"4", 0, 0, ""}, {"5", 1, 0.2, ""}}},
		{Name: "Score", Kind: Number, Rows: 5, MissingRows: 3, Distinct: 2, Numbers: &Numbers{Count: 2, Mean: 4.75, Min: -0.5, P25: -0.5, Median: -0.5, P75: 10, Max: 10},
			Values: []ValueCount{{"-0.5", 1, 0.2, ""}, {"10", 1, 0.2, ""}}},
		{Name: "Refund", Kind: Boolean, Rows: 5, MissingRows: 1, Distinct: 2, Values: []ValueCount{{"true", 3, 0.6, ""}, {"false", 1, 0.2, ""}}},
	}
	for form, text := range map[table.Format]string{
		table.CSV: "RowID,Topic,Areas,Severity,Score,Refund\n1,A,App|Web,2,10,true\n2,A,Web|Shop,2,,true\n3,A,,5,-0.5,false\n" +
			"4,A,Web,1,,true\n5,NOT_APPLICABLE,none,0,,\n",
		table.JSONL: `{"RowID":1,"Topic":"A","Areas":["App","Web"],"Severity":2,"Score":10,"Refund":true}
{"RowID":2,"Topic":"A","Areas":["Web","Shop"],"Severity":2,"Score":null,"Refund":true}
{"RowID":3,"Topic":"A","Areas":[],"Severity":5,"Score":-0.5,"Refund":false}
{"RowID":4,"Topic":"A","Areas":["Web"],"Severity":1,"Score":null,"Refund":true}
{"RowID":5,"Topic":"NOT_APPLICABLE","Areas":["none"],"Severity":0,"Score":null,"Refund":null}
`} {
		counted := NewDistributions(Options{Schema: s})
		countText(t, counted, form, text)
		if d := cmp.Diff(counted.Result().Columns, want, cmpopts.IgnoreFields(Column{}, "Schema"), cmpopts.IgnoreFields(Numbers{}, "Histogram")); d != "" {
			t.Errorf("%v (-got +want):\n%s", form, d)
		}
	}
}
