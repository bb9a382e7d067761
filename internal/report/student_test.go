package report

import (
	"strings"
	"testing"

	"prism/internal/override"
	"prism/internal/stats"
)

func TestStudentReport(t *testing.T) {
	level := stats.StudentLevel{Threshold: 0.9, Above: 0.7, Rows: 700, Agreement: 0.96, Low: 0.94, High: 0.98, Gold: 50, Accuracy: 0.92, AccuracyLow: 0.9, AccuracyHigh: 0.95}
	usable := stats.StudentColumn{
		Column: "Topic", Kind: stats.Label, Rows: 1000, Labels: []string{"Billing", "Product"}, Agreement: 0.9, AgreementLow: 0.88, AgreementHigh: 0.92,
		Gold: 80, Accuracy: 0.85, AccuracyLow: 0.8, AccuracyHigh: 0.9, Kappa: 0.7, KappaLow: 0.65, KappaHigh: 0.75, Threshold: 0.9, Above: 0.7, Usable: true,
		Levels: []stats.StudentLevel{{Threshold: 0.5, Above: 1, Rows: 1000, Agreement: 0.9, Low: undefined(), High: undefined(), Accuracy: undefined(), AccuracyLow: undefined(), AccuracyHigh: undefined()}, level},
	}
	r := &stats.StudentReport{File: "s.student", Target: 0.9, Rows: 1000, PassedOver: 20, Gold: 80, Columns: []stats.StudentColumn{usable}, Whole: level}
	checkForms(t, &stats.Result{Student: r}, &PageData{}, []formCase{
		{"what it was trained on", "text", "Student: 1,000 rows, 80 of them gold, 20 passed over; written to s.student"},
		{"figures", "text", "Topic: label, 1,000 rows, 2 labels,\n  agreement with the model 90.0% (88.0% to 92.0%),\n" +
			"  accuracy on 80 rows of gold 85.0% (80.0% to 90.0%), kappa 0.70 (0.65 to 0.75)"},
		{"levels, of which one is chosen", "text", "  threshold   above   rows  agreement  95%             gold  accuracy  95%\n" +
			"      0.500  100.0%  1,000      90.0%                     0         -\n" +
			"      0.900   70.0%    700      96.0%  94.0% to 98.0%    50     92.0%  90.0% to 95.0%  ← chosen"},
		{"what the threshold is", "text", "  from 0.9 on, in 70.0% of the rows, the lower end of the accuracy is at least 90.0%"},
		{"all columns", "text", "sure in all columns: 70.0% of the rows, agreement 96.0% (94.0% to 98.0%), accuracy 92.0% (90.0% to 95.0%)"},
	})
	r = &stats.StudentReport{File: "s.student", Rows: 1, Whole: stats.StudentLevel{Above: 0, Accuracy: undefined()}}
	checkForms(t, &stats.Result{Student: r}, &PageData{}, []formCase{
		{"no gold", "text", "Student: 1 row; written to s.student"}, {"no rows", "text", "sure in all columns: 0.0% of the rows"},
	})
}

func TestStudentAdvice(t *testing.T) {
	for _, c := range []struct {
		name   string
		column stats.StudentColumn
		want   string
	}{
		{"nothing is learned", stats.StudentColumn{Agreement: undefined(), Threshold: undefined()}, "set aside: no label has enough rows to be learned"},
		{"no skill", stats.StudentColumn{Agreement: 0.9, Kappa: 0.01, KappaLow: -0.1, Threshold: 0.9}, "set aside: it agrees with the model little more often than by chance (kappa)"},
		{"both always say the same", stats.StudentColumn{Agreement: 1, Kappa: undefined(), KappaLow: undefined(), Threshold: 0.75, Above: 1}, "from 0.75 on, in 100.0% of the rows, the lower end of the agreement is at least 95.0%"},
		{"no threshold, with gold", stats.StudentColumn{Agreement: 0.9, Gold: 10, Kappa: 0.8, KappaLow: 0.7, Threshold: undefined(), Best: 0.91}, "set aside: no threshold reaches 95.0%; the best lower end of the accuracy is 91.0%\n" +
			"hint: more rows of gold narrow the intervals; or give a lower --target"},
		{"no threshold", stats.StudentColumn{Agreement: 0.9, Kappa: 0.8, KappaLow: 0.7, Threshold: undefined(), Best: 0.91}, "set aside: no threshold reaches 95.0%; the best lower end of the agreement is 91.0%\n" +
			"hint: a model that errs in 5 of 100 rows can be agreed with in 95 at most:\n--gold FILE chooses by rows that people labelled; or give a lower --target"},
	} {
		if got := strings.Join(studentAdvice(&stats.StudentReport{Target: 0.95}, &c.column), "\n"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// cascadeResult has a student in use and its audit.
func cascadeResult() *stats.Result {
	return &stats.Result{
		Files: []stats.File{{Name: "r.csv", Rows: 1000}}, Rows: 1000,
		RunColumns: []stats.RunColumn{{Column: override.LabelledBy, Values: []stats.ValueCount{{Value: "student", Count: 800}, {Value: "qwen3", Count: 200}}}},
		Cascades: []stats.Cascade{{Name: "r.json", Rows: 1000,
			Student: stats.CascadeStudent{State: stats.StudentInUse, Learned: 100, Sure: 800, Audited: 50, Columns: []stats.AuditedColumn{
				{Column: "Topic", Threshold: 0.875, Promised: 0.95, Audited: 50, Agreement: 0.94, Low: 0.85, High: 0.98},
				{Column: "Areas", Threshold: undefined(), Promised: undefined(), Agreement: undefined(), Low: undefined(), High: undefined()},
			}},
			Shares: []stats.EstimatedColumn{{Column: "Topic", Labels: []stats.EstimatedShare{{Label: "Billing", EstimatedMean: stats.EstimatedMean{Labelled: 0.3, Corrected: 0.35, Low: 0.3, High: 0.4}}}}},
		}},
	}
}

func TestCascadeInEveryForm(t *testing.T) {
	checkForms(t, cascadeResult(), &PageData{}, []formCase{
		{"what it did", "text", "Student of r.json\n  A student learned from 100 rows that the model labelled, and was sure of 800.\n  The model was also asked for 50 of these, drawn at random: " +
			"the agreement is how often it says the same there, with its interval of 95%."},
		{"audit", "text", "  column  sure from  promised  agreement  95%             rows\n  Topic       0.875     95.0%      94.0%  85.0% to 98.0%    50\n  Areas           -         -          -                     0"},
		{"audit", "Markdown", "| Topic | 0.875 | 95.0% | 94.0% | 85.0% to 98.0% | 50 |"},
		{"state", "CSV", "student|r.json|in use||\naudit_rows|r.json Topic||50|\naudit_agreement|r.json Topic|0.94||"},
		{"audit", "CSV", "audit_promised|r.json Topic|0.95||\naudit_threshold|r.json Topic|0.875||"},
		{"an undefined figure", "CSV", "audit_agreement|r.json Areas|||"},
		{"corrected shares", "Markdown", correctedShares + "\n\n### Topic\n\n| | labelled | corrected | 95% |\n| --- | ---: | ---: | --- |\n| Billing | 30.0% | 35.0% | 30.0% to 40.0% |"},
		{"corrected shares", "CSV", "audit_share_corrected|Topic=Billing|0.35||"},
		{"who labelled", "page", `<th scope="row">student</th><td class="number">800</td><td class="number">80.0%</td>`},
		{"audit", "page", `<th scope="row">Topic</th><td class="number">0.875</td><td class="number">95.0%</td><td class="number">94.0%</td>`},
		{"corrected shares", "page", `<th scope="row">Billing</th><td class="number">30.0%</td><td class="number">35.0%</td><td class="number">30.0% to 40.0%</td>`},
	})
}

func TestCascadeLine(t *testing.T) {
	for _, c := range []struct {
		name, state, why, line, sentence string
	}{
		{"in use", stats.StudentInUse, "", "r.json: in use, sure of 800 of 1,000 rows; as the model says: Topic 94.0% (85.0% to 98.0%)", "A student learned from 100 rows that the model labelled"},
		{"set aside", stats.StudentSetAside, "it guesses", "r.json: set aside: it guesses", "The student was set aside, and the model labelled all rows: it guesses."},
		{"not needed", stats.StudentNotNeeded, "", "r.json: not needed", "The model labelled all 1,000 rows: too few for a student."},
	} {
		r := cascadeResult()
		r.Cascades[0].Student.State, r.Cascades[0].Student.Why = c.state, c.why
		if got := CascadeLine(&r.Cascades[0]); got != c.line {
			t.Errorf("%s: got line %q, want %q", c.name, got, c.line)
		}
		if got := string(Text(r)); !strings.Contains(got, c.sentence) {
			t.Errorf("%s: %q is missing in\n%s", c.name, c.sentence, got)
		}
	}
}

// Of several files, the page names the student of each.
func TestCascadesOfSeveralFiles(t *testing.T) {
	r := cascadeResult()
	r.Cascades = append(r.Cascades, stats.Cascade{Name: "second", Rows: 10, Student: stats.CascadeStudent{State: stats.StudentNotNeeded}})
	checkForms(t, r, &PageData{}, []formCase{
		{"the first", "page", `<h3 class="group">r.json</h3>`},
		{"the second", "page", `<h3 class="group">second</h3>` + "\n<p>The model labelled all 10 rows: too few for a student.</p>"},
		{"the second", "text", "Student of second\n  The model labelled all 10 rows: too few for a student."},
	})
}
