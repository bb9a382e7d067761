package stats

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

func TestParseCertainty(t *testing.T) {
	for _, c := range []struct {
		token string
		form  table.Format
		want  certainty
	}{
		{"0.41", table.CSV, 410_000_000}, {"1", table.CSV, certain}, {"1.000000", table.CSV, certain}, {"0", table.CSV, 0}, {".5", table.CSV, 500_000_000},
		{"0.999999", table.CSV, 999_999_000}, {"1e-6", table.CSV, 1000}, {`" 0.5 "`, table.CSV, 500_000_000}, {"0.666667", table.JSONL, 666_667_000}, {`"0.5"`, table.JSONL, 500_000_000},
		{"", table.CSV, noCertainty}, {`"  "`, table.CSV, noCertainty}, {"null", table.JSONL, noCertainty}, {"", table.JSONL, noCertainty}, {`""`, table.JSONL, noCertainty},
		{"41", table.CSV, badCertainty}, {"-0.1", table.CSV, badCertainty}, {"1.0000001", table.CSV, badCertainty}, {"high", table.CSV, badCertainty}, {"NaN", table.CSV, badCertainty},
		{"0.123456789", table.CSV, 123_456_789}, {"0.1234567891", table.CSV, 123_456_789}, {"0.", table.CSV, 0}, {"1.5", table.CSV, badCertainty}, {"1.", table.CSV, certain},
		{"0..5", table.CSV, badCertainty}, {"0,5", table.CSV, badCertainty}, {"true", table.JSONL, badCertainty}, {"[0.5]", table.JSONL, badCertainty},
	} {
		if got, _ := parseCertainty([]byte(c.token), c.form, nil); got != c.want {
			t.Errorf("%q: got %d, want %d", c.token, got, c.want)
		}
	}
}

func FuzzParseCertainty(f *testing.F) {
	for _, token := range []string{"0.5", "1", "", " 0.25 ", "-1", "1e400", "0x1p-2", "٠.٥"} {
		f.Add([]byte(token))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		if bytes.IndexByte(token, '"') >= 0 {
			return // the reader lets valid quotes through alone
		}
		c, _ := parseCertainty(token, table.CSV, nil)
		if c > certain || c < badCertainty {
			t.Errorf("%q: %d", token, c)
		}
		if usual, ok := parseDecimals(token); ok {
			if v, err := strconv.ParseFloat(string(token), 64); err != nil || usual != v || c != certainty(math.Round(v*float64(certain))) {
				t.Errorf("%q: %v, %d (%v)", token, usual, c, err)
			}
		}
	})
}

// countedText is the counts of files, each counted both as a regular file and as a stream.
func countedText(t *testing.T, o Options, files map[string]string, names ...string) *Result {
	t.Helper()
	inBlocks, streamed := NewDistributions(o), NewDistributions(o)
	for _, name := range names {
		options, err := table.NewOptions(name, "", "")
		if err != nil {
			t.Fatal(err)
		}
		options.Name = name
		if err := inBlocks.CountFile(context.Background(), strings.NewReader(files[name]), int64(len(files[name])), options); err != nil {
			t.Fatal(err)
		}
		r, err := table.NewReader(strings.NewReader(files[name]), options)
		if err == nil {
			err = streamed.CountRecords(r, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := json.Marshal(inBlocks.Result())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(streamed.Result())
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("counted in blocks\n%s\nas a stream\n%s", a, b)
	}
	return inBlocks.Result()
}

func TestCertaintiesAreCounted(t *testing.T) {
	files := map[string]string{
		"a.csv":     "RowID,Message,Topic,Mood,Topic_Confidence,Topic_Agreement,Mood_Agreement,Model_Name,Batch_Size,Run_ID\n1,m,x,y,0.5,1,0.666667,m,1,r\n2,m,x,y,,,1,m,1,r\n3,m,x,z,0.9,0.6,1.000000,m,1,r\n",
		"b.csv":     "RowID,Message,Topic,Mood,Model_Name,Batch_Size,Run_ID\n4,m,x,y,m,1,r\n",
		"c.jsonl":   `{"RowID":5,"Message":"m","Topic":"x","Mood":"y","Topic_Confidence":1,"Topic_Agreement":0.5}` + "\n" + `{"RowID":6,"Message":"m","Topic":"x","Mood":"y","Topic_Confidence":null}` + "\n",
		"own.csv":   "RowID,Message,Consumer_Confidence,Topic,Topic_Confidence\n1,m,high,x,sure\n2,m,low,x,99\n",
		"valid.csv": "RowID,Message,Mood,Validated_Mood,Validated_Mood_Confidence\n1,m,4 stars,Good,0.25\n",
		"empty.csv": "RowID,Message,Topic,Topic_Confidence,Topic_Agreement\n",
	}
	mood, err := prompt.Parse([]byte(`{"system_prompt": "p", "columns_to_code": ["Mood"], "columns": {"Mood": {"labels": ["Good", "Bad"]}}}`), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		options Options
		files   []string
		want    string // each column with its confidence and its agreement
	}{
		{"one file", Options{}, []string{"a.csv"},
			`Topic {"rows":2,"mean":0.7} {"rows":2,"mean":0.8,"changed":0.5}; Mood null {"rows":3,"mean":0.888889,"changed":0.3333333333333333}`},
		{"files with and without", Options{}, []string{"a.csv", "b.csv", "c.jsonl"},
			`Topic {"rows":3,"mean":0.8} {"rows":3,"mean":0.7,"changed":0.6666666666666666}; Mood null {"rows":3,"mean":0.888889,"changed":0.3333333333333333}`},
		{"neither", Options{}, []string{"b.csv"}, `Topic null null; Mood null null`},
		{"one column of two", Options{Columns: []string{"Mood"}}, []string{"a.csv"}, `Mood null {"rows":3,"mean":0.888889,"changed":0.3333333333333333}`},
		{"named itself", Options{Columns: []string{"Topic_Confidence"}}, []string{"a.csv"}, `Topic_Confidence null null`},
		{"a column of the input, and words", Options{}, []string{"own.csv"}, `Consumer_Confidence null null; Topic {"rows":0,"mean":null} null`},
		{"of a column that the input has too", Options{Schema: mood}, []string{"valid.csv"}, `Validated_Mood {"rows":1,"mean":0.25} null`},
		{"crossed", Options{Columns: []string{"Mood"}, Cross: [][]string{{"Topic", "Mood"}}}, []string{"a.csv"},
			`Mood null {"rows":3,"mean":0.888889,"changed":0.3333333333333333}; Topic {"rows":2,"mean":0.7} {"rows":2,"mean":0.8,"changed":0.5}`},
		{"no rows", Options{}, []string{"empty.csv"}, `Topic {"rows":0,"mean":null} {"rows":0,"mean":null,"changed":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, column := range countedText(t, c.options, files, c.files...).Columns {
				confidence, err := json.Marshal(column.Confidence)
				if err != nil {
					t.Fatal(err)
				}
				agreement, err := json.Marshal(column.Agreement)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, column.Name+" "+string(confidence)+" "+string(agreement))
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), c.want)
			}
		})
	}
}
