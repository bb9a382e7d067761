package merge

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

// layersOf are layers of these texts, and the table below them.
func layersOf(t *testing.T, format table.Format, input string, texts ...string) ([]Layer, Input) {
	t.Helper()
	all := inputs(t, format, append([]string{input}, texts...)...)
	var layers []Layer
	for i, in := range all[1:] {
		layers = append(layers, Layer{in, []string{"small", "large", "largest"}[i]})
	}
	return layers, all[0]
}

func noneMissing(pos, id int64) error { return nil }

func TestWriteLayers(t *testing.T) {
	const input = "RowID,Message\n3,\"c, \"\"c\"\"\n\"\n1,a\n2,b\n7,d\n"
	for _, tt := range []struct {
		name   string
		format table.Format
		input  string
		layers []string
		want   string
		of     []int64
		missed int64
	}{
		{"the last one stays", table.AnyCSV, input, []string{
			"RowID,Message,Topic,Model_Name\n3,\"c, \"\"c\"\"\n\",A,m\n1,a,A,m\n2,b,A,m\n7,d,A,m\n",
			"RowID,Message,Topic,Model_Name\n1,a,B,n\n7,d,B,n\n"},
			"RowID,Message,Topic,Model_Name,Labelled_By\n3,\"c, \"\"c\"\"\n\",A,m,small\n1,a,B,n,large\n2,b,A,m,small\n7,d,B,n,large\n", []int64{2, 2}, 0},
		{"rows that failed", table.AnyCSV, input, []string{
			"RowID,Topic\n3,A\n2,A\n", "RowID,Topic\n1,B\n2,B\n"},
			"RowID,Topic,Labelled_By\n3,A,small\n1,B,large\n2,B,large\n", []int64{1, 2}, 1},
		{"no rows above", table.AnyCSV, input, []string{"RowID,Topic\n3,A\n", "RowID,Topic\n"},
			"RowID,Topic,Labelled_By\n3,A,small\n", []int64{1, 0}, 3},
		{"columns that tell how sure a label is", table.AnyCSV, input, []string{
			"RowID,Topic,Topic_Confidence,Model_Name,Batch_Size,Run_ID\n3,A,0.9,m,10,r\n1,A,0.2,m,10,r\n",
			"RowID,Topic,Topic_Agreement,Model_Name,Batch_Size,Run_ID\n1,B,0.75,n,5,s\n"},
			"RowID,Topic,Topic_Confidence,Topic_Agreement,Model_Name,Batch_Size,Run_ID,Labelled_By\n3,A,0.9,,m,10,r,small\n1,B,,0.75,n,5,s,large\n", []int64{1, 1}, 2},
		{"other order of columns, other delimiter", table.AnyCSV, input, []string{
			"\xEF\xBB\xBFRowID;Topic;Note\r\n3;A;\"x;y\"\r\n1;A;z\r\n", "Note,RowID,Topic\n\"p;q\",1,B\n"},
			"\xEF\xBB\xBFRowID;Topic;Note;Labelled_By\n3;A;\"x;y\";small\n1;B;\"p;q\";large\n", []int64{1, 1}, 2},
		{"three", table.AnyCSV, "RowID\n1\n2\n3\n", []string{"RowID,T\n1,a\n2,a\n3,a\n", "RowID,T\n2,b\n3,b\n", "RowID,T\n3,c\n"},
			"RowID,T,Labelled_By\n1,a,small\n2,b,large\n3,c,largest\n", []int64{1, 1, 1}, 0},
		{"jsonl", table.JSONL, `{"RowID":2}` + "\n" + `{"RowID":1}` + "\n", []string{
			`{"RowID":2,"Areas":["x"],"Areas_Confidence":0.5}` + "\n" + `{"RowID":1,"Areas":[]}` + "\n", `{"RowID":1,"Areas":["y","z"]}` + "\n"},
			`{"RowID":2,"Areas":["x"],"Areas_Confidence":0.5,"Labelled_By":"small"}` + "\n" + `{"RowID":1,"Areas":["y","z"],"Areas_Confidence":null,"Labelled_By":"large"}` + "\n",
			[]int64{1, 1}, 0},
		{"jsonl without objects", table.JSONL, `{"RowID":2}`, []string{`{"RowID":2,"T":"a"}`, ""}, `{"RowID":2,"T":"a","Labelled_By":"small"}` + "\n", []int64{1, 0}, 0},
		{"jsonl without any object", table.JSONL, ``, []string{``, ``}, ``, []int64{0, 0}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			layers, in := layersOf(t, tt.format, tt.input, tt.layers...)
			var b bytes.Buffer
			missed := int64(0)
			r, err := WriteLayers(t.Context(), layers, in, Options{}, Output{Writer: &b}, func(pos, _ int64) error {
				missed++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got  %q\nwant %q", b.String(), tt.want)
			}
			if !slices.Equal(r.Of, tt.of) || r.Missing != tt.missed || missed != tt.missed {
				t.Errorf("got %+v, want %d, %d missing", r, tt.of, tt.missed)
			}
		})
	}
}

// Values of a model become numbers and arrays in JSONL.
func TestWriteLayersConverts(t *testing.T) {
	schema, err := prompt.Parse([]byte(`{"system_prompt":"p","columns_to_code":["Areas"],"columns":{"Areas":{"type":"labels","labels":["x","y"]}}}`), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	layers, in := layersOf(t, table.AnyCSV, "RowID\n1\n", "RowID,Areas\n1,x|y\n")
	var b bytes.Buffer
	if _, err := WriteLayers(t.Context(), layers, in, Options{Format: table.JSONL, Schema: schema}, Output{Writer: &b}, noneMissing); err != nil {
		t.Fatal(err)
	}
	if want := `{"RowID":1,"Areas":["x","y"],"Labelled_By":"small"}` + "\n"; b.String() != want {
		t.Errorf("got %s, want %s", &b, want)
	}
}

func TestWriteLayersErrors(t *testing.T) {
	const input = "RowID,M\n1,a\n2,b\n3,c\n"
	for _, tt := range []struct {
		name   string
		layers []string
		want   string
	}{
		{"another order", []string{"RowID,T\n1,x\n3,x\n2,x\n"}, "part2.csv:4: RowID 2: "},
		{"a row that the table lacks", []string{"RowID,T\n1,x\n", "RowID,T\n1,x\n9,x\n"}, "part3.csv:3: RowID 9: "},
		{"a row twice", []string{"RowID,T\n1,x\n1,x\n"}, "part2.csv:3: RowID 1: "},
		{"no RowID", []string{"ID,T\n1,x\n"}, "part2.csv:1: missing column RowID"},
		{"a text as RowID", []string{"RowID,T\n1,x\nb,y\n"}, `part2.csv:3: invalid RowID "b"`},
		{"a column is missing", []string{"RowID,T\n1,x\n", "RowID,U\n1,x\n"}, "part2.csv:1: missing column U, which another result has"},
		{"labelled already", []string{"RowID,T,Labelled_By\n1,x,m\n"}, "part2.csv:1: there is a column Labelled_By already"},
		{"a bad record", []string{"RowID,T\n1\n"}, "part2.csv:2: the record has 1 field"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			layers, in := layersOf(t, table.AnyCSV, input, tt.layers...)
			var b bytes.Buffer
			_, err := WriteLayers(t.Context(), layers, in, Options{}, Output{Writer: &b}, noneMissing)
			var bad *table.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
