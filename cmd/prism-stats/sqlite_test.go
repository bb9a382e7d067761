package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/stats"
	"prism/internal/table"
)

// The counts of 100,000 rows with quoted newlines, quotes and delimiters are
// those of an independent program.
func TestCountsEqualThoseOfSQLite(t *testing.T) {
	sqlite, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("no sqlite3 to compare with")
	}
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, tableWithQuotes(100_000), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := run([]string{path, "--columns", "Topic,Mood,Text", "--cross", "Topic,Mood", "--format", "json"}, nil, &out, &errOut); code != 0 {
		t.Fatalf("exit %d: %s", code, errOut.String())
	}
	var got stats.Result
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, c := range got.Columns[:2] {
		for _, v := range c.Values {
			counts[c.Name+"|"+v.Value] = v.Count
		}
		counts[c.Name+"|"] = c.MissingRows
	}
	x := got.CrossTables[0]
	for i, row := range x.Counts {
		for k, n := range row {
			counts[x.RowAxis[i]+"|"+x.ColAxis[k]] = n
		}
	}
	want := query(t, sqlite, path, `SELECT 'Topic|'||Topic AS name, count(*) AS n FROM t GROUP BY Topic
		UNION ALL SELECT 'Mood|'||Mood, count(*) FROM t GROUP BY Mood
		UNION ALL SELECT Topic||'|'||Mood, count(*) FROM t WHERE Topic<>'' AND Mood<>'' GROUP BY Topic, Mood`)
	for _, w := range want {
		if counts[w.Name] != int64(w.N) {
			t.Errorf("%q: got %d, sqlite3 says %v", w.Name, counts[w.Name], w.N)
		}
	}
	if len(want) < 20 {
		t.Errorf("sqlite3 compared only %d counts", len(want))
	}
	length := got.Columns[2].Length
	for _, w := range query(t, sqlite, path, `SELECT 'least' AS name, min(length(Text)) AS n FROM t WHERE Text<>''
		UNION ALL SELECT 'mean', avg(length(Text)) FROM t WHERE Text<>'' UNION ALL SELECT 'most', max(length(Text)) FROM t`) {
		have := map[string]float64{"least": float64(length.Min), "mean": length.Mean, "most": float64(length.Max)}[w.Name]
		if math.Abs(have-w.N) > 1e-6 {
			t.Errorf("%s length: got %v, sqlite3 says %v", w.Name, have, w.N)
		}
	}
}

func tableWithQuotes(rows int) []byte {
	rng := rand.New(rand.NewPCG(11, 12))
	topics := []string{"Product", "Billing, invoices", "Two\nlines", "Say \"what\"", "NOT_APPLICABLE", "Größe 退款", ""}
	moods := []string{"Good", "Bad", "so\r\nso", ""}
	e := table.NewEncoder(table.CSV, []string{"RowID", "Topic", "Text", "Mood"})
	text := e.Header(nil)
	for i := range rows {
		words := strings.Repeat([]string{"yes ", "ä, ", "line\n", "\"q\" "}[rng.IntN(4)], rng.IntN(9))
		text = e.Record(text, []table.Cell{
			{Bytes: fmt.Append(nil, i+1)}, {Bytes: []byte(topics[rng.IntN(len(topics))])},
			{Bytes: fmt.Appendf(nil, "%s%d", words, i)}, {Bytes: []byte(moods[rng.IntN(len(moods))])},
		})
	}
	return text
}

type named struct {
	Name string  `json:"name"`
	N    float64 `json:"n"`
}

func query(t *testing.T, sqlite, path, sql string) []named {
	t.Helper()
	cmd := exec.Command(sqlite, "-batch", "-cmd", ".mode csv", "-cmd", ".import "+path+" t", "-cmd", ".mode json", ":memory:", sql)
	out, err := cmd.CombinedOutput()
	var rows []named
	if err == nil {
		err = json.Unmarshal(out, &rows)
	}
	if err != nil {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
	return rows
}
