package sourcetest

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// page is a page of Markdown: where it leads to, and where in it one can be led.
type page struct {
	links   []string
	anchors map[string]bool
}

// parsePage reads a page as GitHub shows it.
func parsePage(source []byte) page {
	p := page{anchors: map[string]bool{}}
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			p.links = append(p.links, string(n.Destination))
		case *ast.Image:
			p.links = append(p.links, string(n.Destination))
		case *ast.AutoLink:
			p.links = append(p.links, string(n.URL(source)))
		case *ast.Heading:
			p.addAnchor(headingText(n, source))
		}
		return ast.WalkContinue, nil
	})
	return p
}

// headingText is a heading without its marks.
func headingText(n ast.Node, source []byte) string {
	var b bytes.Buffer
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(source))
		} else {
			b.WriteString(headingText(c, source))
		}
	}
	return b.String()
}

// addAnchor adds the anchor that GitHub gives a heading. A second heading of the same words
// gets a number.
func (p *page) addAnchor(heading string) {
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	name := anchor
	for n := 1; p.anchors[name]; n++ {
		name = fmt.Sprintf("%s-%d", anchor, n)
	}
	p.anchors[name] = true
}

// readPages reads all pages of the repository, by their paths.
func readPages(t *testing.T) map[string]page {
	t.Helper()
	top, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := listFiles(t, ".md", "docs", "examples", "scripts", "internal")
	for _, path := range top {
		names = append(names, filepath.Base(path))
	}
	pages := map[string]page{}
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.ToSlash(name)] = parsePage(source)
	}
	return pages
}

// checkLink says what is wrong with a link of a page; external links are not looked up.
func checkLink(from, link string, pages map[string]page, exists func(string) bool) string {
	u, err := url.Parse(link)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "" {
		return ""
	}
	to := from
	if u.Path != "" {
		to = path.Join(path.Dir(from), u.Path)
	}
	switch p, isPage := pages[to]; {
	case strings.HasPrefix(to, "../") || !exists(to):
		return "there is no " + to
	case u.Fragment != "" && !isPage:
		return to + " has no anchors"
	case u.Fragment != "" && !p.anchors[u.Fragment]:
		return fmt.Sprintf("%s has no heading of the anchor %q", to, u.Fragment)
	}
	return ""
}

// TestLinks follows every link within the repository. External links are listed by -v.
func TestLinks(t *testing.T) {
	pages := readPages(t)
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join(root, name))
		return err == nil
	}
	var external []string
	followed := 0
	for name, p := range pages {
		for _, link := range p.links {
			if fault := checkLink(name, link, pages, exists); fault != "" {
				t.Errorf("%s: link %s: %s", name, link, fault)
			}
			if strings.Contains(link, ":") {
				external = append(external, name+": "+link)
			} else {
				followed++
			}
		}
	}
	if followed == 0 {
		t.Error("no page has a link")
	}
	slices.Sort(external)
	t.Logf("external links, which were not followed:\n%s", strings.Join(external, "\n"))
}

func TestCheckLink(t *testing.T) {
	pages := map[string]page{
		"README.md":  parsePage([]byte("# PRISM\n\n[a](docs/a.md#two-words)")),
		"docs/a.md":  parsePage([]byte("# A\n\n## Two *words*\n\n## `--flag` and more\n\n## Again\n\n## Again\n\n## Größe")),
		"docs/b.svg": {},
	}
	exists := func(name string) bool { _, ok := pages[name]; return ok || name == "docs" }
	for _, tt := range []struct{ from, link, want string }{
		{"README.md", "docs/a.md", ""},
		{"README.md", "docs/a.md#two-words", ""},
		{"README.md", "docs", ""},
		{"README.md", "#prism", ""},
		{"docs/a.md", "../README.md", ""},
		{"docs/a.md", "#--flag-and-more", ""},
		{"docs/a.md", "#again-1", ""},
		{"docs/a.md", "#gr%C3%B6%C3%9Fe", ""},
		{"docs/a.md", "https://example.org/none", ""},
		{"docs/a.md", "#again-2", `docs/a.md has no heading of the anchor "again-2"`},
		{"README.md", "docs/none.md", "there is no docs/none.md"},
		{"README.md", "../other/a.md", "there is no ../other/a.md"},
		{"docs/a.md", "README.md", "there is no docs/README.md"},
		{"README.md", "docs#x", "docs has no anchors"},
	} {
		if got := checkLink(tt.from, tt.link, pages, exists); got != tt.want {
			t.Errorf("checkLink(%s, %s) = %q, want %q", tt.from, tt.link, got, tt.want)
		}
	}
	if got := pages["README.md"].links; !slices.Equal(got, []string{"docs/a.md#two-words"}) {
		t.Errorf("links %q", got)
	}
}
