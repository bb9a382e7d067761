package sourcetest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// quotes returns what a cell has between backquotes.
func quotes(cell string) []string {
	var texts []string
	for _, found := range quoted.FindAllStringSubmatch(cell, -1) {
		texts = append(texts, found[1])
	}
	return texts
}

// The last column of each row of docs/reliability.md and SECURITY.md names the tests that show it:
// `package.TestName`, or `TestFake/script` for a script of the system tests. Tables that begin
// with "fault" were measured by bench-faults.
func TestPagesNameTheirTests(t *testing.T) {
	have := map[string]bool{}
	declaredFunctions(readSources(t), func(s *source, f *ast.FuncDecl) {
		if s.isTest() && f.Recv == nil {
			have[filepath.Base(filepath.Dir(s.path))+"."+f.Name.Name] = true
		}
	})
	for _, path := range listFiles(t, ".txtar", "internal/testutil/systemtest/testdata") {
		folder, script := filepath.Split(strings.TrimSuffix(path, ".txtar"))
		have[map[string]string{"engines": "TestEngines/", "fake": "TestFake/", "real": "TestReal/"}[filepath.Base(folder)]+script] = true
	}
	for _, page := range []string{"reliability.md", "../SECURITY.md"} {
		rows, isMeasured := 0, false
		for _, cells := range readPage(t, page) {
			if cells[0] == "fault" || cells[len(cells)-1] == "shown by" {
				isMeasured = cells[0] == "fault"
				continue
			}
			if len(cells) < 3 || isMeasured {
				continue
			}
			rows++
			tests := quotes(cells[len(cells)-1])
			if len(tests) == 0 {
				t.Errorf("docs/%s names no test for %q", page, cells[0])
			}
			for _, name := range tests {
				if !have[name] {
					t.Errorf("docs/%s names %s, which does not exist", page, name)
				}
			}
		}
		if rows == 0 {
			t.Errorf("docs/%s has no rows", page)
		}
	}
}

var (
	verb      = regexp.MustCompile(`%[-+# 0]*\d*(\.\d+)?[a-zA-Z]`)
	shellVerb = regexp.MustCompile(`\$\{[^}]*\}|\$\([^)]*\)|\$[a-z_0-9]+`)

	// A placeholder is a word in capitals, or RowID, perhaps in quotes and with a unit.
	placeholder = regexp.MustCompile(`"?\b([A-Z][A-Z_]*[0-9]?|RowID)\b"?( (rows?|calls?|lines?|bytes?|tokens|batch(es)?)\b)?`)
	place       = regexp.MustCompile(`^([A-Z]+:){1,3} `)
)

// comparable is a text as messages of the page and formats are compared: what stands
// for something that differs is the same everywhere.
func comparable(text string) string {
	return strings.ReplaceAll(placeholder.ReplaceAllLiteralString(verb.ReplaceAllLiteralString(text, "X"), "*"), "X", "*")
}

// readFormats collects every text of the tools and the scripts: string constants of
// Go, joined where they are added, and the texts in quotes of the scripts, made
// comparable.
func readFormats(t *testing.T) []string {
	t.Helper()
	var formats []string
	for _, s := range readSources(t) {
		if s.isTest() || strings.Contains(s.path, "/testutil/") || strings.Contains(s.path, "/bench/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if text, ok := constantText(e); ok && hasWords(text) {
					formats = append(formats, comparable(strings.ReplaceAll(text, "%%", "%")))
				}
			}
			return true
		})
	}
	between := regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	for _, path := range userScripts {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range between.FindAllStringSubmatch(string(data), -1) {
			formats = append(formats, comparable(shellVerb.ReplaceAllString(found[1], "%s")))
		}
	}
	return formats
}

// constantText is the text of a string constant, or of a sum of texts; what is added
// to one and is not constant becomes a verb.
func constantText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		left, isLeft := constantText(e.X)
		right, isRight := constantText(e.Y)
		if e.Op != token.ADD || !isLeft && !isRight {
			return "", false
		}
		if !isLeft {
			left = "%s"
		}
		if !isRight {
			right = "%s"
		}
		return left + right, true
	}
	return "", false
}

// isPrinted reports whether a format makes the quoted message. A place such as
// FILE:LINE: may be before it. One that ends in … is the beginning of a message.
func isPrinted(message string, formats []string) bool {
	start, isStart := strings.CutSuffix(message, "…")
	start = strings.TrimRight(start, " ")
	for _, text := range []string{comparable(start), comparable(place.ReplaceAllString(start, ""))} {
		for _, format := range formats {
			rest, found := strings.CutPrefix(format, text)
			if found && (rest == "" || isStart && !unicode.IsLetter(rune(rest[0]))) {
				return true
			}
		}
	}
	return false
}

// hasWords reports whether a format says more than its verbs.
func hasWords(format string) bool {
	return strings.IndexFunc(verb.ReplaceAllString(format, ""), func(r rune) bool { return 'a' <= r && r <= 'z' }) >= 0
}

// The first column of each table of docs/troubleshooting.md quotes messages as the
// tools print them, with placeholders in capitals: FILE, LINE, N.
func TestTroubleshootingQuotesMessages(t *testing.T) {
	formats := readFormats(t)
	messages := 0
	for _, cells := range readPage(t, "troubleshooting.md") {
		if cells[0] == "message" {
			continue
		}
		if len(cells) != 3 {
			t.Errorf("docs/troubleshooting.md: a row has %d cells, want 3: %q", len(cells), cells)
		}
		for _, message := range quotes(cells[0]) {
			messages++
			if !isPrinted(message, formats) {
				t.Errorf("docs/troubleshooting.md quotes a message that no tool prints: %s", message)
			}
		}
	}
	if messages == 0 {
		t.Error("docs/troubleshooting.md quotes no message")
	}
}

func TestIsPrinted(t *testing.T) {
	formats := []string{"duplicate RowID %d (first on line %d)", "unknown format %q", "no reply within %v", "%s failed"}
	for i, f := range formats {
		formats[i] = comparable(f)
	}
	tests := []struct {
		message string
		want    bool
	}{
		{"FILE:LINE: duplicate RowID N (first on line N)", true},
		{"duplicate RowID N (first on line N)", true},
		{"duplicate RowID N (first on …", true},
		{"duplicate RowID N…", true},
		{`unknown format "TEXT"`, true},
		{"N rows failed", true},
		{"no reply within TIME", true},
		{"duplicate RowID 7 (first on line 3)", false},
		{"duplicate RowIDs N…", false},
		{"FILE: the text is not what it was", false},
		{"FILE: NAME", false},
		{"no reply within", false},
	}
	for _, tt := range tests {
		if got := isPrinted(tt.message, formats); got != tt.want {
			t.Errorf("isPrinted(%q) = %v, want %v", tt.message, got, tt.want)
		}
	}
}

var (
	code = regexp.MustCompile("(?s)\n```.*?\n```|`[^`]*`")

	// privateWords are words of this project that no reader would search for, and "is no X" for "is not an X".
	privateWords = regexp.MustCompile(`(?i)\b(anew|untold|unasked|mend(s|ed|ing)?|(is|are) no [a-z]+)\b`)
)

// findPrivateWords returns the words of a page, apart from its code, that have plainer ones; "there is no" and "is
// no longer" are as people speak.
func findPrivateWords(page string) (found []string) {
	prose := code.ReplaceAllString(page, " CODE ")
	for _, at := range privateWords.FindAllStringIndex(prose, -1) {
		word := prose[at[0]:at[1]]
		if !strings.HasSuffix(strings.ToLower(prose[:at[0]]), "there ") && !strings.HasSuffix(word, " no longer") {
			found = append(found, word)
		}
	}
	return found
}

func TestPagesUsePlainWords(t *testing.T) {
	for _, path := range append(listFiles(t, ".md", "docs"), "README.md") {
		page, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if found := findPrivateWords(string(page)); len(found) > 0 {
			t.Errorf("%s says %q: use plain words", path, found)
		}
	}
}

func TestFindPrivateWords(t *testing.T) {
	page := "It is no integer, is no longer one, and there is no other. It is mended anew.\n\n```\nanew\n```\n\n`rows_untold` are recommended.\n"
	got := findPrivateWords(page)
	if want := []string{"is no integer", "mended", "anew"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
