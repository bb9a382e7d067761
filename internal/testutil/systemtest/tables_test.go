package systemtest

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"prism/internal/testutil/ollamatest"
)

// export is a table as another system writes it, which docs/tables.md labels.
type export struct {
	recipe string // how the title of its section begins
	file   string
	make   func(t *testing.T, path string, text []byte) // writes the file
	ids    []int64                                      // of all rows, in order
	text   string                                       // that the model sees of the first row
}

var exports = []export{
	{"SurveyMonkey", "SurveyMonkey.csv", write(crlf, mark), []int64{118237450021, 118237450019, 118237450013}, "Content: Shorter queues, please"},
	{"Qualtrics", "Qualtrics.csv", write(mark), []int64{1, 2}, "Q1: 10\nContent: Support solved it in minutes"},
	{"Google Forms", "Customer survey (Responses) - Form Responses 1.csv", write(crlf), []int64{1, 2}, "Content: The café was closed, a pity"},
	{"Google Sheets", "googlesheets.tsv", write(crlf), []int64{1, 2}, `Content: Great, "really" great`},
	{"Typeform", "Typeform.csv", write(), []int64{1, 2}, "How likely are you to recommend us?: 9\nContent: Because it simply works"},
	{"LimeSurvey", "LimeSurvey.csv", write(crlf, mark), []int64{4, 9}, "Content: Öffnungszeiten am Samstag; und WLAN"},
	{"KoboToolbox", "KoboToolbox.csv", write(mark), []int64{31240077, 31240081}, "Village: Kisumu\nContent: The pump handle is broken"},
	{"Microsoft Forms", "Microsoft Forms.xlsx", merged, []int64{1, 2}, "Content: The booking page is slow"},
	{"Zendesk", "Zendesk.json", write(), []int64{35436, 35437}, "Title: Order never came\nContent: I ordered on Monday\nand nothing came."},
	{"Freshdesk", "Freshdesk.csv", write(), []int64{10231, 10229}, `Content: After the update I cannot log in, "invalid token" it says`},
	{"Jira", "Jira.csv", write(), []int64{48210, 48195}, "Title: Export hangs\nComment: 01/Mar/26 9:00 AM;712020:a1;same here\nComment_2: 02/Mar/26 8:00 AM;712020:b2;+1\nContent: h2. Steps\n# open"},
	{"ServiceNow", "ServiceNow.csv", write(crlf, encoded(charmap.Windows1252)), []int64{1, 2}, "Content: Every 10 minutes the VPN drops – since the café’s Wi-Fi was changed"},
	{"Salesforce", "Salesforce.csv", write(), []int64{1026, 1027}, "Content: The reading of 12,5 is wrong"},
	{"HubSpot", "HubSpot.csv", write(), []int64{1893344, 1893351}, "Title: Broken zip\nContent: The zip broke on the first day"},
	{"GitHub", "github.json", write(), []int64{412, 409}, "Title: Build fails on ARM\nlabels: [{"},
	{"Outlook", "Outlook.CSV", write(crlf, encoded(charmap.Windows1252)), []int64{1, 2}, "the façade was painted “wrong”."},
	{"Google Play", "reviews_com.example.app_202603.csv", write(encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))), []int64{1, 2}, "Star Rating: 2\nContent: Stürzt ab, seit dem Update"},
	{"Amazon", "Office_Products_5.json.gz", write(compressed), []int64{1, 2}, "Title: nice\nContent: kids like story BUT \"tall\" print"},
	{"Yelp", "yelp_academic_dataset_review.json", write(), []int64{1, 2}, "Content: Long wait, good pasta.\n\nParking"},
	{"Brandwatch", "Brandwatch.csv", write(mark), []int64{1, 2}, "[INPUT SENTIMENT]: positive ← Validate and override if wrong\n\nTitle: Example opens store\nContent: People queued, round the block"},
	{"Sentiment140", "training.1600000.processed.noemoticon.csv", write(encoded(charmap.Windows1252)), []int64{1467810369, 1467810672}, "Content: is upset that he can't update it, café is closed"},
	{"A German Excel", "Beschwerden.csv", write(crlf, quoted(`Die Rückgabe dauerte „ewig“; niemand half`), encoded(charmap.Windows1252)), []int64{1, 2}, "Content: Die Rückgabe dauerte „ewig“; niemand half"},
	{"A French Excel", "Réclamations.csv", write(crlf, mark), []int64{101, 102}, "Content: Colis ouvert ; il manquait l’œuvre"},
	{"A Japanese Excel", "アンケート.csv", write(crlf, encoded(japanese.ShiftJIS)), []int64{1, 2}, "Content: 店員の対応がとても良かったです"},
	{`"Unicode Text"`, "Unicode Text.txt", write(crlf, encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))), []int64{5, 6}, "Content: Zwei Zeilen\r\nin einer Zelle"},
	{"FileMaker", "FileMaker.csv", write(carriageReturns), []int64{11, 12}, "Content: Old, but loved"},
	{"pandas", "pandas.csv", write(), []int64{17, 18}, "Content: Delivery was late"},
	{"R:", "r.csv", write(), []int64{201, 202}, "Content: Slow; but fine"},
	{"PostgreSQL", "psql.txt", write(), []int64{31, 32}, "channel: web\nContent: The form lost my text"},
	{"MySQL", "mysql.tsv", write(), []int64{71, 72}, `Content: Line one\nline two`},
	{"Parquet", "part-00000.parquet", merged, []int64{9007199254740993, 9007199254740994}, "Content: It does not sync"},
	{"BigQuery", "bigquery.json.gz", write(compressed), []int64{501, 502}, "Content: Card declined"},
}

// write returns what writes a text changed in these ways, one after the other.
func write(changes ...func(text []byte) []byte) func(*testing.T, string, []byte) {
	return func(t *testing.T, path string, text []byte) {
		for _, change := range changes {
			text = change(text)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func crlf(text []byte) []byte            { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }
func carriageReturns(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r")) }
func mark(text []byte) []byte            { return append([]byte("\ufeff"), text...) }

// quoted puts a cell of the text in quotes, as its program does.
func quoted(cell string) func([]byte) []byte {
	return func(text []byte) []byte { return bytes.Replace(text, []byte(cell), []byte(`"`+cell+`"`), 1) }
}

func encoded(e encoding.Encoding) func([]byte) []byte {
	return func(text []byte) []byte {
		text, err := e.NewEncoder().Bytes(text)
		if err != nil {
			panic(err)
		}
		return text
	}
}

func compressed(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text) // to memory
	_ = w.Close()
	return out.Bytes()
}

// pack writes a file compressed by gzip.
func pack(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, compressed(data), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// merged has prism-merge write the table in the format of the path.
func merged(t *testing.T, path string, text []byte) {
	cmd := exec.Command(filepath.Join(bin, "prism-merge"), "--quiet", "--sort-by", "none", "-o", path, "-")
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, out)
	}
}

// TestExports runs every command of docs/tables.md on its table: all rows come out,
// in their order, and the model saw what it should.
func TestExports(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	archive, err := txtar.ParseFile("testdata/tables.txtar")
	if err != nil {
		t.Fatal(err)
	}
	recipes := readRecipes(t, "tables.md", len(exports))
	if len(recipes) != len(exports) {
		t.Errorf("%d recipes, %d tables", len(recipes), len(exports))
	}
	for _, e := range exports {
		i := slices.IndexFunc(recipes, func(r recipe) bool { return strings.HasPrefix(r.title, e.recipe) })
		if i < 0 {
			t.Errorf("no recipe for %s", e.recipe)
			continue
		}
		t.Run(e.recipe, func(t *testing.T) {
			t.Parallel()
			e.check(t, archive, &recipes[i])
		})
	}
}

func (e *export) check(t *testing.T, archive *txtar.Archive, r *recipe) {
	dir := t.TempDir()
	name := strings.TrimSuffix(e.file, ".gz")
	for _, ending := range []string{".xlsx", ".parquet"} {
		if base, ok := strings.CutSuffix(name, ending); ok {
			name = base + ".csv"
		}
	}
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no %s in the archive", name)
	}
	e.make(t, filepath.Join(dir, e.file), archive.Files[i].Data)
	schema, err := os.ReadFile(schemaPath(t))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "prompt.json"), schema, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Model{Name: "llama3.2"})...)
	r.run(t, dir, "OLLAMA_HOST="+srv.URL, "PRISM_MODEL=llama3.2", "PRISM_PROMPTS_CONFIG=prompt.json")

	var sent []int64
	seen := false
	for _, c := range srv.Calls() {
		sent = append(sent, c.RowIDs...)
		seen = seen || strings.Contains(c.User, e.text)
	}
	if !seen {
		t.Errorf("the model did not see %q", e.text)
	}
	for _, id := range sent {
		if !slices.Contains(e.ids, id) {
			t.Errorf("row %d was asked for", id)
		}
	}
	e.checkOutput(t, filepath.Join(dir, "labelled.csv"))
}

// checkOutput checks that the output has all rows in their order, each with its labels.
func (e *export) checkOutput(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = rune(text[strings.Index(text, "Model_Name")-1])
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	head, rows := records[0], records[1:]
	topic := slices.Index(head, "Topic")
	if len(rows) != len(e.ids) || topic < 0 {
		t.Fatalf("%d rows, want %d, with Topic: %s", len(rows), len(e.ids), text)
	}
	for i, rec := range rows {
		isID := func(cell string) bool {
			n, err := strconv.ParseInt(strings.TrimSuffix(cell, ".0"), 10, 64)
			return err == nil && n == e.ids[i]
		}
		if !slices.ContainsFunc(rec, isID) || rec[topic] == "" {
			t.Errorf("row %d is %q, want RowID %d and a Topic", i+1, rec, e.ids[i])
		}
	}
}
