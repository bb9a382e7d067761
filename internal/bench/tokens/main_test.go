package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// The gold labels of the example make replies that are read back in both styles, and
// every batch has its messages.
func TestCasesOfExample(t *testing.T) {
	var out, errOut bytes.Buffer
	const folder = "../../../examples/feedback/"
	if code := run([]string{"-input", folder + "feedback.csv", "-gold", folder + "gold.csv", "-prompts", folder + "prompt.json"}, &out, &errOut); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errOut)
	}
	var cases []textCase
	if err := json.Unmarshal(out.Bytes(), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 2*len(batchSizes) {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		calls := (c.Rows + c.Batch - 1) / c.Batch
		if c.Rows != 240 || len(c.Users) != calls || len(c.Replies) != 4 {
			t.Errorf("%s, %d a call: %d rows, %d messages, %d kinds of replies", c.Style, c.Batch, c.Rows, len(c.Users), len(c.Replies))
		}
		for name, replies := range c.Replies {
			hasBlanks := strings.Contains(replies[0], `, "`)
			if len(replies) != calls || hasBlanks != strings.HasSuffix(name, "blanks") || strings.Contains(replies[0], "RowID") != (c.Style == "classic") {
				t.Errorf("%s, %d a call, %s: %d replies, the first %s", c.Style, c.Batch, name, len(replies), replies[0])
			}
		}
	}
}

func TestRunWithoutGold(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run([]string{"-gold", "none.csv"}, &out, &errOut); code != 1 || !strings.HasPrefix(errOut.String(), "error: ") {
		t.Errorf("exit code %d: %s", code, &errOut)
	}
}
