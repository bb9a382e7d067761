package merge

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"prism/internal/checkpoint"
	"prism/internal/prompt"
	"prism/internal/table"
)

// writeCheckpoint makes the checkpoint of job r_w1: some rows in parts of two, the
// one at position 9 failed.
func writeCheckpoint(t *testing.T, dir string, form table.Format, columns []string, rows []checkpoint.Row) {
	t.Helper()
	s, err := checkpoint.Open(checkpoint.Options{Dir: dir, Interval: 2}, checkpoint.NewSidecar("r_w1", columns, map[string]string{checkpoint.FormatCondition: form.Describe()}))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := s.Append([]checkpoint.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Fail(checkpoint.Failure{Position: 9, RowID: 90, Reason: "no"}), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// topic is the column to code of these tests.
var topic = []prompt.Column{{Name: "Topic", Type: prompt.TypeText}}

func TestFromCheckpoint(t *testing.T) {
	columns := []string{"RowID", "Text", "Note", "Topic", "Model_Name", "Batch_Size", "Run_ID"}
	for _, tt := range []struct {
		name string
		form table.Format
		rows []string // as a part holds them, positions 3, 1 and 2
		want string   // the part
		sort string   // the output made of it
	}{
		{"csv", table.CSV,
			[]string{"30,c,,Other,m,10,r", "10,\"a, \"\"b\"\"\r\nc\",5\" screen,\"A, B\",m,10,r", "20,,,\"\",m,10,r"},
			"RowID,Text,Note,Topic,Model_Name,Batch_Size,Run_ID\n30,c,,Other,m,10,r\n10,\"a, \"\"b\"\"\r\nc\",5\" screen,\"A, B\",m,10,r\n20,,,\"\",m,10,r\n",
			"RowID,Text,Note,Topic,Model_Name,Batch_Size,Run_ID\n10,\"a, \"\"b\"\"\r\nc\",5\" screen,\"A, B\",m,10,r\n20,,,\"\",m,10,r\n30,c,,Other,m,10,r\n"},
		{"tsv", table.TSV,
			[]string{"30,c,,Other,m,10,r", "10,\"a, b\",5,\"A, B\",m,10,r", "20,\"\"\"x\ty\"\"\",,\"tab\there\",m,10,r"},
			"RowID\tText\tNote\tTopic\tModel_Name\tBatch_Size\tRun_ID\n30\tc\t\tOther\tm\t10\tr\n10\ta, b\t5\tA, B\tm\t10\tr\n20\t\"x\ty\"\t\t\"tab\there\"\tm\t10\tr\n",
			"RowID\tText\tNote\tTopic\tModel_Name\tBatch_Size\tRun_ID\n10\ta, b\t5\tA, B\tm\t10\tr\n20\t\"x\ty\"\t\t\"tab\there\"\tm\t10\tr\n30\tc\t\tOther\tm\t10\tr\n"},
		{"semicolons", table.Format(';'),
			[]string{"30,c,,Other,m,10,r", "10,\"a, b\",5\" x,\"A; B\",m,10,r", "20,\"\"\"x;y\"\"\",,a,m,10,r"},
			"RowID;Text;Note;Topic;Model_Name;Batch_Size;Run_ID\n30;c;;Other;m;10;r\n10;a, b;5\" x;\"A; B\";m;10;r\n20;\"x;y\";;a;m;10;r\n",
			"RowID;Text;Note;Topic;Model_Name;Batch_Size;Run_ID\n10;a, b;5\" x;\"A; B\";m;10;r\n20;\"x;y\";;a;m;10;r\n30;c;;Other;m;10;r\n"},
		{"jsonl", table.JSONL,
			[]string{`30,"""c""",,Other,m,10,r`, `"""10""","""\u0041 \""b\""""",null,"A, ""B""",m,10,r`, `20,"[1, {""k"": 2}]",1.50,,m,10,r`},
			`{"RowID":30,"Text":"c","Note":null,"Topic":"Other","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n" +
				`{"RowID":"10","Text":"\u0041 \"b\"","Note":null,"Topic":"A, \"B\"","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n" +
				`{"RowID":20,"Text":[1, {"k": 2}],"Note":1.50,"Topic":"","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n",
			`{"RowID":"10","Text":"\u0041 \"b\"","Note":null,"Topic":"A, \"B\"","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n" +
				`{"RowID":20,"Text":[1, {"k": 2}],"Note":1.50,"Topic":"","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n" +
				`{"RowID":30,"Text":"c","Note":null,"Topic":"Other","Model_Name":"m","Batch_Size":10,"Run_ID":"r"}` + "\n"},
		{"no rows", table.CSV, nil, "RowID,Text,Note,Topic,Model_Name,Batch_Size,Run_ID\n", "RowID,Text,Note,Topic,Model_Name,Batch_Size,Run_ID\n"},
		{"no rows, tsv", table.TSV, nil, "RowID\tText\tNote\tTopic\tModel_Name\tBatch_Size\tRun_ID\n", "RowID\tText\tNote\tTopic\tModel_Name\tBatch_Size\tRun_ID\n"},
		{"no rows, jsonl", table.JSONL, nil, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, tmp := t.TempDir(), t.TempDir()
			t.Setenv("TMPDIR", tmp)
			var rows []checkpoint.Row
			for i, text := range tt.rows {
				rows = append(rows, checkpoint.Row{Pos: []int64{3, 1, 2}[i], Record: []byte(text)})
			}
			writeCheckpoint(t, dir, tt.form, columns, rows)
			in, n, err := FromCheckpoint(dir, "r_w1", nil, table.Options{}, topic)
			if err != nil {
				t.Fatal(err)
			}
			if in.File.Name != "checkpoint of r_w1" || in.Options.Name != in.File.Name || tt.form != table.JSONL && in.Options.Delimiter != byte(tt.form) || !in.File.Spooled {
				t.Errorf("the part is %q, %+v", in.File.Name, in.Options)
			}
			if n.Rows != int64(len(tt.rows)) {
				t.Errorf("%d rows, want %d", n.Rows, len(tt.rows))
			}
			part, err := io.ReadAll(io.NewSectionReader(in.File, 0, in.File.Size))
			if err != nil || string(part) != tt.want {
				t.Errorf("got %q, %v, want %q", part, err, tt.want)
			}
			if got, r := joined(t, []Input{in}, Options{}); got != tt.sort || r.Rows != int64(len(tt.rows)) {
				t.Errorf("merged: got %q, %+v, want %q", got, r, tt.sort)
			}
			if err := in.File.Close(); err != nil {
				t.Fatal(err)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("temporary files left: %v, %v", left, err)
			}
		})
	}
}

func TestFromCheckpointErrors(t *testing.T) {
	columns := []string{"RowID", "Topic", "Model_Name", "Batch_Size", "Run_ID"}
	rows := []checkpoint.Row{{Pos: 1, Record: []byte("10,a,m,10,r")}, {Pos: 2, Record: []byte("20,b,m,10,r")}, {Pos: 3, Record: []byte("30,c,m,10,r")}}
	for _, form := range []table.Format{table.CSV, table.TSV, table.JSONL} {
		t.Run(form.String(), func(t *testing.T) {
			dir, tmp := t.TempDir(), t.TempDir()
			t.Setenv("TMPDIR", tmp)
			if _, _, err := FromCheckpoint(dir, "r_w1", nil, table.Options{}, topic); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a job that never began: got %v, want fs.ErrNotExist", err)
			}
			writeCheckpoint(t, dir, form, columns, rows)
			if err := os.WriteFile(filepath.Join(dir, "checkpoint_r_w1_part0001.csv"), []byte("Position,RowID\n1,10\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			_, _, err := FromCheckpoint(dir, "r_w1", nil, table.Options{}, topic)
			if _, ok := errors.AsType[*checkpoint.DamageError](err); !ok {
				t.Errorf("a damaged part: got %v, want a DamageError", err)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("temporary files left: %v, %v", left, err)
			}
			t.Setenv("TMPDIR", tmp+"/none")
			if _, _, err := FromCheckpoint(dir, "r_w1", nil, table.Options{}, topic); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("without TMPDIR: got %v", err)
			}
		})
	}
}
