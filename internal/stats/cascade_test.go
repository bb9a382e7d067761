package stats

import (
	"strings"
	"testing"
)

const reported = `{"rows": 2000, "target": 0.9, "student": {"state": "in use", "learned": 500, "sure": 700, "audited": 100,
  "columns": [{"column": "Topic", "threshold": 0.6, "promised": 0.93, "audited": 100, "agreement": 0.95, "agreement_low": 0.888, "agreement_high": 0.978, "missed": false},
              {"column": "Mood", "threshold": null}]}, "shares": [{"column": "Topic", "labels": [{"label": "a", "labelled": 0.5, "corrected": 0.6, "low": 0.55, "high": 0.65}]}]}`

func TestParseCascade(t *testing.T) {
	c, err := ParseCascade([]byte(reported), "report.json")
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Student.Columns[0]; c.Name != "report.json" || a.Agreement != 0.95 || a.High != 0.978 || a.Audited != 100 || c.Shares[0].Labels[0].Corrected != 0.6 {
		t.Errorf("got %+v", c)
	}
	if a := c.Student.Columns[1]; a.Threshold.IsDefined() || a.Agreement.IsDefined() || a.Low.IsDefined() || a.Audited != 0 {
		t.Errorf("a column that was not audited: got %+v, want undefined figures", a)
	}
	for text, want := range map[string]string{
		`{"rows": 5, "stages": []}`:           "it has no student",
		`{"student": {"state": "brilliant"}}`: "it has no student",
		`{"student": {"state": "not needed"}`: "unexpected end",
		`[]`:                                  "cannot unmarshal",
	} {
		if _, err := ParseCascade([]byte(text), "x.json"); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "x.json is not the report of prism-cascade --student: ") {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParseCascade(f *testing.F) {
	f.Add([]byte(reported))
	f.Add([]byte(`{"student": {"state": "set aside", "why": "x", "columns": null}, "shares": [{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCascade(data, "report.json")
		if (err == nil) != (c != nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if c != nil && (c.Student.Columns == nil || c.Shares == nil || c.Student.State == "") {
			t.Fatalf("got %+v", c)
		}
	})
}
