package systemtest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ratedTable is internal/stats/testdata/agreement.csv by column.
type ratedTable map[string][]string

func readRatedTable(t *testing.T, name string) ratedTable {
	t.Helper()
	f, err := os.Open(filepath.Join("../../stats/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := ratedTable{}
	for i, column := range records[0] {
		for _, r := range records[1:] {
			rows[column] = append(rows[column], r[i])
		}
	}
	return rows
}

// writeColumns writes columns of the table to a CSV file, each as "name=column".
func (r ratedTable) writeColumns(t *testing.T, path string, columns ...string) {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	var head []string
	for _, c := range columns {
		name, _, _ := strings.Cut(c, "=")
		head = append(head, name)
	}
	records := [][]string{head}
	for i := range r["RowID"] {
		var record []string
		for _, c := range columns {
			_, from, _ := strings.Cut(c, "=")
			record = append(record, r[from][i])
		}
		records = append(records, record)
	}
	if err := w.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// statsJSON runs prism-stats --format json in a folder.
func statsJSON(t *testing.T, dir string, args ...string) map[string]any {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "prism-stats"), append(args, "--format", "json")...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("prism-stats %q: %v\n%s", args, err, &stderr)
	}
	var result map[string]any
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	if result["schema"] != 2.0 {
		t.Errorf("schema %v", result["schema"])
	}
	return result
}

// columnOf is the entry of a column in a section of the result.
func columnOf(t *testing.T, result map[string]any, section, name string) map[string]any {
	t.Helper()
	for _, c := range result[section].(map[string]any)["columns"].([]any) {
		if c := c.(map[string]any); c["column"] == name {
			return c
		}
	}
	t.Fatalf("%s has no column %s: %v", section, name, result[section])
	return nil
}

// checkFigures compares figures of the JSON with those that R computed.
func checkFigures(t *testing.T, got map[string]any, want ratedTable, prefix string, names map[string]string) {
	t.Helper()
	for key, name := range names {
		found := false
		for i, n := range want["name"] {
			if n != prefix+name {
				continue
			}
			found = true
			w, err := strconv.ParseFloat(want["value"][i], 64)
			if v, ok := got[key].(float64); err != nil || !ok || math.Abs(v-w) > 1e-9 {
				t.Errorf("%s%s: got %v, R says %v", prefix, key, got[key], w)
			}
		}
		if !found {
			t.Errorf("R has no figure %s", prefix+name)
		}
	}
}

// What prism-stats prints of gold equals what R computes of the same tables.
func TestGoldEqualsR(t *testing.T) {
	rows, want := readRatedTable(t, "agreement.csv"), readRatedTable(t, "agreement_figures.csv")
	rows["Inclusion_Probability"] = nil
	for _, w := range rows["Weight"] {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			t.Fatal(err)
		}
		rows["Inclusion_Probability"] = append(rows["Inclusion_Probability"], strconv.FormatFloat(1/v, 'g', -1, 64))
	}
	dir := t.TempDir()
	rows.writeColumns(t, filepath.Join(dir, "gold.csv"), "RowID=RowID", "Topic=Gold", "Severity=GoldSeverity", "Areas=GoldAreas")
	rows.writeColumns(t, filepath.Join(dir, "sample.csv"), "Inclusion_Probability=Inclusion_Probability", "RowID=RowID", "Topic=Gold", "Severity=GoldSeverity", "Areas=GoldAreas")
	rows.writeColumns(t, filepath.Join(dir, "result.csv"), "RowID=RowID", "Areas=Areas", "Topic=A", "Severity=Severity")
	for prefix, file := range map[string]string{"": "gold.csv", "weighted_": "sample.csv"} {
		result := statsJSON(t, dir, "--gold", file, "result.csv")
		topic := columnOf(t, result, "gold", "Topic")
		checkFigures(t, topic, want, prefix, map[string]string{"accuracy": "accuracy", "kappa": "kappa", "macro_f1": "macro_f1"})
		checkFigures(t, columnOf(t, result, "gold", "Severity"), want, prefix, map[string]string{"mae": "mae", "spearman": "spearman", "kappa_quadratic": "kappa_quadratic"})
		checkFigures(t, columnOf(t, result, "gold", "Areas"), want, prefix, map[string]string{"exact": "exact", "jaccard": "jaccard", "micro_f1": "micro", "macro_f1": "macro"})
		if prefix != "" {
			continue
		}
		checkFigures(t, topic, want, "", map[string]string{"accuracy_low": "wilson_low", "accuracy_high": "wilson_high"})
		for _, l := range topic["labels"].([]any) {
			figures := l.(map[string]any)
			if name := figures["label"].(string); name != "Refund" {
				checkFigures(t, figures, want, "", map[string]string{"precision": "precision_" + name, "recall": "recall_" + name, "f1": "f1_" + name})
			} else if figures["recall"] != nil || figures["support"] != 0.0 {
				t.Errorf("a label that gold has not: %v", figures)
			}
		}
	}
}

// Likewise of results that are compared.
func TestComparisonEqualsR(t *testing.T) {
	rows, want := readRatedTable(t, "agreement.csv"), readRatedTable(t, "agreement_figures.csv")
	dir := t.TempDir()
	rows.writeColumns(t, filepath.Join(dir, "gold.csv"), "RowID=RowID", "Topic=Gold")
	rows.writeColumns(t, filepath.Join(dir, "a.csv"), "RowID=RowID", "Topic=A", "Severity=GoldSeverity")
	rows.writeColumns(t, filepath.Join(dir, "b.csv"), "RowID=RowID", "Topic=B", "Severity=Severity")
	rows.writeColumns(t, filepath.Join(dir, "c.csv"), "RowID=RowID", "Topic=B", "Severity=SeverityB")
	three := statsJSON(t, dir, "--compare", "a.csv", "b.csv", "c.csv")
	checkFigures(t, columnOf(t, three, "compare", "Severity"), want, "", map[string]string{"alpha": "alpha_ordinal"})
	if pairs := columnOf(t, three, "compare", "Topic")["pairs"].([]any); len(pairs) != 3 {
		t.Errorf("%d pairs of three files", len(pairs))
	}
	two := statsJSON(t, dir, "--compare", "a.csv", "b.csv", "--gold", "gold.csv")
	pair := columnOf(t, two, "compare", "Topic")["pairs"].([]any)[0].(map[string]any)
	checkFigures(t, pair, want, "", map[string]string{"mcnemar_p": "mcnemar_p"})
	difference, low, high := pair["accuracy_difference"].(float64), pair["low"].(float64), pair["high"].(float64)
	if math.Abs(difference-13.0/120) > 1e-12 || !(low < difference && difference < high) {
		t.Errorf("difference %v, %v to %v", difference, low, high)
	}
	for _, key := range []string{"a", "b", "rows", "agreement", "kappa", "moved"} {
		if pair[key] == nil {
			t.Errorf("a pair has no %s: %v", key, pair)
		}
	}
}

// The example of Krippendorff (2011), whose missing values are rows that a file lacks, or
// empty cells.
func TestKrippendorffsExample(t *testing.T) {
	observers := []string{"123321412...", "1233224125.3", ".3332342251.", "12332441251."}
	for _, empty := range []bool{false, true} {
		for kind, want := range map[string]float64{"label": 0.743, "integer": 0.815, "number": 0.849} {
			dir := t.TempDir()
			var files []string
			for i, values := range observers {
				text := "RowID,Score\n"
				for unit, v := range values {
					value := map[string]string{"label": "v" + string(v), "integer": string(v), "number": string(v) + ".5"}[kind]
					switch {
					case v != '.':
						text += strconv.Itoa(unit+1) + "," + value + "\n"
					case empty:
						text += strconv.Itoa(unit+1) + ",\n"
					}
				}
				name := "observer" + strconv.Itoa(i+1) + ".csv"
				files = append(files, name)
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			got := columnOf(t, statsJSON(t, dir, append(files, "--compare")...), "compare", "Score")
			if alpha := got["alpha"].(float64); math.Abs(alpha-want) > 5e-4 {
				t.Errorf("%s: got %.4f, want %.3f", kind, alpha, want)
			}
		}
	}
}
