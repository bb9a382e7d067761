package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"prism/internal/stats"
	"prism/internal/term"
)

//go:embed page.html
var pageText string

// How many lines the tables of a page have at most; CSV and JSON have all.
const (
	maxPageValues  = 60
	maxPageOrganic = 8 // among the values of a column; the list below has them all
	maxPageRows    = 500
)

// HTML writes statistics as one page that needs nothing else: no network, no
// other file. Texts from outside are escaped for where they stand.
func HTML(r *stats.Result) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(r)); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return b.Bytes(), nil
}

// page is what the template shows, ready to be written.
type page struct {
	Title      string
	Properties [][2]string // name and value
	Tiles      []tile
	Files      *grid
	Agreement  []grid // with gold, with each other, by a sample
	Columns    []distribution
	Crosses    []heatMap
	Calls      []figure
	Rate       *areaChart
	Latency    *barChart
	Outcomes   *stackChart
	Groups     []grid
	Lists      []list
}

// tile is one of the figures at the top.
type tile struct{ Value, Name, Note string }

// grid is a plain table; all columns but the first hold numbers.
type grid struct {
	Name  string
	Heads []string
	Lines [][]string
	Note  string
}

// list is a table that can be searched.
type list struct {
	ID, Name string
	Heads    []string
	Lines    [][]string
	Note     string
}

type distribution struct {
	Name, Note string
	Bars       []shareBar
	More       string
}

type shareBar struct {
	Label, Class, Count, Share string
	Width                      float64 // 0 to 100
}

func newPage(r *stats.Result) *page {
	p := &page{Title: pageTitle(r), Properties: pageProperties(r), Tiles: pageTiles(r)}
	if r.Run != nil {
		p.Files = runFilesGrid(r.Run)
	}
	p.Agreement = agreementGrids(r)
	for i := range r.Columns {
		p.Columns = append(p.Columns, newDistribution(&r.Columns[i]))
	}
	for i := range r.CrossTables {
		p.Crosses = append(p.Crosses, newHeatMap(&r.CrossTables[i]))
	}
	if c := r.Calls; c != nil {
		p.Calls = callFigures(c)
		p.Rate, p.Outcomes, p.Latency = rateChart(c), outcomeChart(c), latencyChart(c)
		for _, k := range groupKinds(c) {
			p.Groups = append(p.Groups, newGroupGrid(&k))
		}
	}
	p.Lists = searchableLists(r)
	return p
}

func pageTitle(r *stats.Result) string {
	if r.Run != nil {
		return term.Printable(r.Run.ID)
	}
	for _, f := range r.RunColumns {
		if f.Column == "Run_ID" && len(f.Values) == 1 {
			return term.Printable(f.Values[0].Value)
		}
	}
	if r.Calls != nil && len(r.Files) == 0 {
		return "Model calls"
	}
	return "Labels"
}

func pageProperties(r *stats.Result) [][2]string {
	var out [][2]string
	add := func(name, value string) {
		if value = term.Printable(value); value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	if r.Run != nil {
		for _, f := range runProperties(r.Run) {
			add(f[0], f[1])
		}
	} else {
		for _, f := range r.RunColumns {
			add(strings.ReplaceAll(f.Column, "_", " "), runColumnText(f, 5))
		}
	}
	if r.PromptHash != "" {
		add("prompt hash", r.PromptHash)
	}
	for i, f := range r.Files {
		if i == 10 {
			add("files", term.Count(int64(len(r.Files)-i))+" more")
			break
		}
		add("counted", f.Name+", "+term.Plural(f.Rows, "row"))
	}
	if c := r.Calls; c != nil && c.Calls > 0 {
		add("calls", c.StartedAt.Format(time.RFC3339)+" to "+c.EndedAt.Format(time.RFC3339))
	}
	return out
}

func pageTiles(r *stats.Result) []tile {
	var out []tile
	if len(r.Files) > 0 {
		out = append(out, tile{term.Count(r.Rows), "rows", ""})
	}
	if g := r.Gate; g != nil {
		out = append(out, tile{term.Percent(g.NotApplicable, rowsOfColumn(r, g.Column)), "not applicable", "by " + term.Printable(g.Column)})
	}
	if r.Run != nil {
		var missing, all int64
		for _, f := range r.Run.Files {
			missing += f.Missing
			all += f.Rows
		}
		out = append(out, tile{term.Count(missing), "rows missing", "of " + term.Count(all) + " planned"})
	}
	var organic, rows int64
	for i := range r.Columns {
		organic += r.Columns[i].OrganicRows
		if r.Columns[i].Kind != stats.Text {
			rows += r.Columns[i].Rows
		}
	}
	if r.Gate != nil {
		out = append(out, tile{term.Percent(organic, rows), "organic labels", term.Count(organic) + " values"})
	}
	if c := r.Calls; c != nil {
		out = append(out, tile{term.Count(c.Calls), "model calls", term.Count(c.Retries) + " asked again"},
			tile{term.Percent(c.Errors, c.Calls), "calls gone wrong", strings.ReplaceAll(outcomeNote(c), ",", " ·")},
			tile{term.Rate(c.RowsPerSec), "rows/s", term.Duration(toDuration(c.WorkSeconds)) + " of work"},
			tile{term.Rate(c.TokensPerSec), "tokens/s", "generated"},
			tile{quantileText(&c.Latency, c.Latency.P50), "median call", "p99 " + quantileText(&c.Latency, c.Latency.P99)},
			tile{term.Percent(c.WastedTokens, c.Tokens), "tokens wasted", "of " + term.Count(c.Tokens)})
	}
	return out
}

func runFilesGrid(r *stats.Run) *grid {
	g := &grid{Name: "Files", Heads: []string{"file", "rows", "missing", "status", "output"}}
	for _, f := range r.Files {
		g.Lines = append(g.Lines, []string{term.Printable(f.Label), term.Count(f.Rows), term.Count(f.Missing), term.Printable(f.Status), term.Printable(orDash(f.Output))})
	}
	return g
}

func newDistribution(c *stats.Column) distribution {
	d := distribution{Name: term.Printable(c.Name), Note: strings.Join(columnNotes(c), ", ")}
	if c.Kind == stats.Text {
		return d
	}
	values := listedValues(c, maxPageValues, maxPageOrganic)
	var most int64 = 1
	for _, v := range values {
		most = max(most, v.Count)
	}
	for _, v := range values {
		class := ""
		switch v.Class {
		case stats.Organic:
			class = "organic"
		case stats.NotApplicable, stats.Default:
			class = "aside"
		}
		d.Bars = append(d.Bars, shareBar{quoteBlanks(v.Value), class, term.Count(v.Count), term.Percent(v.Count, c.Rows), 100 * shareOf(v.Count, most)})
	}
	if more := int64(len(c.Values) - len(values)); more > 0 {
		d.More = "… and " + term.Plural(more, "more value")
	}
	return d
}

func newGroupGrid(k *groupKind) grid {
	g := grid{Name: k.title, Heads: append([]string{k.title}, groupColumns...)}
	for i := range k.groups[:min(maxPageValues, len(k.groups))] {
		g.Lines = append(g.Lines, append([]string{term.Printable(k.name(&k.groups[i]))}, groupCells(&k.groups[i])...))
	}
	if more := int64(len(k.groups) - maxPageValues); more > 0 {
		g.Note = "… and " + term.Count(more) + " more"
	}
	return g
}

// searchableLists are what somebody may look for: labels that nobody listed, rows that
// failed, calls that went wrong.
func searchableLists(r *stats.Result) []list {
	organic := list{ID: "organic", Name: "Organic labels", Heads: []string{"column", "label", "rows", "share"}}
	for i := range r.Columns {
		c := &r.Columns[i]
		for _, v := range c.Values {
			if v.Class == stats.Organic {
				organic.Lines = append(organic.Lines, []string{term.Printable(c.Name), quoteBlanks(v.Value), term.Count(v.Count), term.Percent(v.Count, c.Rows)})
			}
		}
	}
	failed := list{ID: "failed", Name: "Rows that failed", Heads: []string{"file", "RowID", "position", "attempts", "reason"}}
	if r.Run != nil {
		for _, f := range r.Run.Failed {
			failed.Lines = append(failed.Lines, []string{term.Printable(f.File), formatInt(f.RowID), formatInt(f.Position), formatInt(int64(f.Calls)), term.Printable(f.Reason)})
		}
		if more := r.Run.FailedRows - int64(len(r.Run.Failed)); more > 0 {
			failed.Note = term.Plural(more, "more row") + " in " + term.Printable(r.Run.FailedRanges)
		}
	}
	calls := list{ID: "wrong", Name: "Calls that went wrong", Heads: []string{"outcome", "message", "calls", "rows", "first", "last"}}
	if r.Calls != nil {
		for _, t := range r.Calls.ErrorGroups {
			calls.Lines = append(calls.Lines, []string{term.Printable(string(t.Outcome)), term.Printable(t.Error), term.Count(t.Calls), term.Count(t.Rows),
				t.First.Format(time.DateTime), t.Last.Format(time.DateTime)})
		}
	}
	var out []list
	for _, l := range []list{failed, calls, organic} {
		if len(l.Lines) == 0 {
			continue
		}
		if more := int64(len(l.Lines) - maxPageRows); more > 0 {
			l.Lines, l.Note = l.Lines[:maxPageRows], term.Plural(more, "more line")+": --format json has all"
		}
		out = append(out, l)
	}
	return out
}
