package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func call(format, user string) []byte {
	return []byte(`{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"` + user + `"}],"format":` + format +
		`,"stream":false,"options":{"num_ctx":4096}}`)
}

const (
	formatOne = `{"type":"object","properties":{"RowID":{"const":7},"Topic":{"enum":["A"]}}}`
	formatTwo = `{"type":"array","prefixItems":[{"properties":{"RowID":{"const":8}}},{"properties":{"RowID":{"const":-9}}}]}`
)

func TestReadCalls(t *testing.T) {
	probe := call(`{"type":"object","properties":{"probe":{"const":"x"}}}`, "probe")
	all, err := readCalls([][]byte{probe, call(formatOne, "seven"), call(formatTwo, "two"), call(formatOne, "seven again")})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "calls")
	if err := all.write(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		requestFile: `{"model":"m","options":{"num_ctx":4096},"stream":false}` + "\n",
		systemFile:  "S",
		callsFile:   `{"rows":[7],"user":"seven","format":` + formatOne + "}\n" + `{"rows":[8,-9],"user":"two","format":` + formatTwo + "}\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, want)
		}
	}
}

func TestReadCallsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		bodies [][]byte
		want   string
	}{
		"no calls": {nil, "made no call"},
		"not JSON": {[][]byte{[]byte("{")}, "read a call"},
	} {
		if _, err := readCalls(c.bodies); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestRowsOfFormat(t *testing.T) {
	for format, want := range map[string][]int64{formatOne: {7}, formatTwo: {8, -9}, `{}`: nil, `[]`: nil, ``: nil, `{"properties":{"RowID":{"const":"7"}}}`: nil} {
		if got := rowsOfFormat([]byte(format)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", format, got, want)
		}
	}
}

func TestAddReply(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       usage
	}{
		{"one object", `{"message":{"content":"a\nb"},"done":true,"prompt_eval_count":30,"eval_count":5}` + "\n", usage{1, 30, 5}},
		{"a stream", `{"response":"a","done":false}` + "\n" + `{"response":"","done":true,"prompt_eval_count":30,"eval_count":5}` + "\n", usage{1, 30, 5}},
		{"a prompt from the cache", `{"done":true,"eval_count":5}`, usage{1, 0, 5}},
		{"a stream that was cut", `{"response":"a","done":false}` + "\n", usage{}},
		{"an error", `{"error":"overloaded"}`, usage{}},
		{"nothing", "", usage{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got usage
			if got.addReply([]byte(c.body)); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestRepeatRows(t *testing.T) {
	table := [][]string{{"RowID", "Message"}}
	gold := [][]string{{"Topic", "RowID"}}
	for i := range 10 {
		id := string(rune('0' + i))
		table = append(table, []string{id, "text " + id})
		if i != 3 {
			gold = append(gold, []string{"topic " + id, id})
		}
	}
	many, manyGold, err := repeatRows(table, gold, 1)
	if err != nil || len(many) != len(table) {
		t.Fatalf("got %d rows, %v", len(many)-1, err)
	}
	labelOf := map[string]string{}
	for _, row := range manyGold[1:] {
		labelOf[row[1]] = row[0]
	}
	ids, texts := map[string]bool{}, map[string]bool{}
	for _, row := range many[1:] {
		ids[row[0]], texts[row[1]] = true, true
		want := strings.Replace(row[1], "text", "topic", 1)
		if want == "topic 3" {
			want = ""
		}
		if labelOf[row[0]] != want {
			t.Errorf("row %s has the gold %q, want %q", row[0], labelOf[row[0]], want)
		}
	}
	if len(ids) != 10 || len(texts) != 7 {
		t.Errorf("got %d RowIDs and %d texts, want 10 and 7", len(ids), len(texts))
	}
	again, _, _ := repeatRows(table, gold, 1)
	other, _, _ := repeatRows(table, gold, 2)
	same := func(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal) }
	if !same(many, again) || same(many, other) {
		t.Error("the seed does not decide the table")
	}
	if _, _, err := repeatRows([][]string{{"ID"}, {"1"}}, gold, 1); err == nil {
		t.Error("a table without RowID is accepted")
	}
}
