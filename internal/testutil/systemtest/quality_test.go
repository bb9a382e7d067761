package systemtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestQualityCommands runs every command of docs/quality.md, in its order, as it is printed.
func TestQualityCommands(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/quality.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var result, other, gold, filled strings.Builder
	result.WriteString("RowID,Message,Topic\n")
	other.WriteString("RowID,Message,Topic\n")
	gold.WriteString("RowID,Topic\n")
	filled.WriteString("RowID,Topic,Inclusion_Probability\n")
	topics := []string{"Billing", "Product", "Shipping"}
	for i := range 600 {
		fmt.Fprintf(&result, "%d,message %d,%s\n", i, i, topics[i%3])
		fmt.Fprintf(&other, "%d,message %d,%s\n", i, i, topics[i%7%3])
		if i%10 == 0 {
			fmt.Fprintf(&gold, "%d,%s\n", i, topics[i%5%3])
			fmt.Fprintf(&filled, "%d,%s,0.1\n", i, topics[i%5%3])
		}
	}
	for name, text := range map[string]string{"result.csv": result.String(), "a.csv": result.String(), "b.csv": other.String(), "gold.csv": gold.String(), "filled.csv": filled.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commands := 0
	for _, block := range shellBlock.FindAllStringSubmatch(string(doc), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			commands++
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil || len(out) == 0 && !strings.Contains(line, ">") {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if commands < 6 {
		t.Errorf("%d commands found", commands)
	}
	for _, name := range []string{"misses.csv", "changed.csv", "sample.csv"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(data), "RowID,") {
			t.Errorf("%s: %v, %.40q", name, err, data)
		}
	}
}
