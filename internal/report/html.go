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
	maxPageOrganic = 8 // among the values of a column; the list below has more
	maxPageRows    = 200
	maxOpenValues  = 10 // of a column whose examples are shown at once
)

// PageData is what a page shows beside what was counted.
type PageData struct {
	Title      string // empty: that of the run, or what was counted
	Examples   *stats.Examples
	TextColumn string // where examples come from, to say that it is missing
	Misses     []stats.Miss
	AllMisses  int64
	Commands   PageCommands
}

// PageCommands are commands that go further than the page; empty ones are not shown.
type PageCommands struct {
	Sample  string // draws rows for people to label
	Misses  string // lists all misses
	Organic string // lists all organic labels
	Failed  string // asks again for rows that failed
}

// PageValues is how many values of a column get examples at most.
const PageValues = maxPageValues + maxPageOrganic

// HTML writes statistics as one page that needs nothing else: no network, no
// other file. Texts from outside are escaped for where they stand.
func HTML(r *stats.Result, d *PageData) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(r, d)); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return b.Bytes(), nil
}

// page is what the template shows, ready to be written.
type page struct {
	Title, Lead string
	Tiles       []tile
	Asked       []askedColumn
	Gold        string // what gold is; empty: none
	RightInAll  *grid
	Rightness   []goldAccuracy
	Unknown     string // how to find out how right the labels are; empty: that is known
	LabelledBy  *grid
	Cascades    []cascadePanel
	Estimate    string // what corrected shares are; empty: none
	Corrections []correction
	Compared    *grid
	Moved       []grid
	Columns     []distribution
	ExampleNote string
	Crosses     []heatMap
	Lists       []list // rows to look at

	Properties [][2]string // name and value
	Files      *grid
	CallTiles  []tile
	Calls      []figure
	Rate       *areaChart
	Latency    *barChart
	Outcomes   *stackChart
	Groups     []grid
	Wrong      *list // calls
}

// tile is one of the figures at the top.
type tile struct{ Value, Name, Note string }

// grid is a plain table; all columns but the first Texts hold numbers.
type grid struct {
	Name  string
	Heads []string
	Lines [][]string
	Note  string
	Texts int // 0 means 1
}

// IsText tells the template whether a column holds texts.
func (g grid) IsText(column int) bool { return column < max(g.Texts, 1) }

// list is a table that can be searched.
type list struct {
	ID, Name string
	Heads    []string
	Lines    [][]string
	Note     string
	Command  string
}

// askedColumn is what the model was asked of a column.
type askedColumn struct {
	Name, Question, Values string
	Labels                 [][2]string // with their definitions
}

type distribution struct {
	Name, Note string
	Certainty  []string // how sure the model was, how far votes agree
	Bars       []shareBar
	Histogram  *barChart
	More       string
	Examples   []valueExamples
	Open       bool // the examples are few
}

type shareBar struct {
	Label, Class, Count, Share string
	Width                      float64 // 0 to 100
}

// valueExamples are rows with a value.
type valueExamples struct {
	Label string
	Rows  []stats.Example
}

func newPage(r *stats.Result, d *PageData) *page {
	p := &page{Title: pageTitle(r, d), Lead: pageLead(r), Tiles: pageTiles(r), Properties: pageProperties(r)}
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Schema != nil {
			p.Asked = append(p.Asked, newAskedColumn(c))
		}
		p.Columns = append(p.Columns, newDistribution(c, d.Examples))
	}
	p.LabelledBy, p.Cascades = labelledByGrid(r), cascadePanels(r)
	if d.Examples == nil && d.TextColumn != "" && len(r.Columns) > 0 {
		p.ExampleNote = "Rows of each label are shown where the results have their texts: there is no column " + term.Printable(d.TextColumn) + " (--text-column names another)."
	}
	p.addAgreement(r, d)
	for i := range r.CrossTables {
		p.Crosses = append(p.Crosses, newHeatMap(&r.CrossTables[i]))
	}
	p.Lists = rowsToLookAt(r, d)
	if r.Run != nil {
		p.Files = runFilesGrid(r.Run)
	}
	if c := r.Calls; c != nil {
		p.CallTiles, p.Calls = callTiles(c), callFigures(c)
		p.Rate, p.Outcomes, p.Latency = rateChart(c), outcomeChart(c), latencyChart(c)
		for _, k := range groupKinds(c) {
			p.Groups = append(p.Groups, newGroupGrid(&k))
		}
		p.Wrong = wrongCalls(c)
	}
	return p
}

// addAgreement says how right the labels are, what the shares truly are, and how far results
// agree.
func (p *page) addAgreement(r *stats.Result, d *PageData) {
	switch {
	case r.Gold != nil:
		p.Gold, p.RightInAll, p.Rightness = goldSentence(r.Gold), goldGrid(r.Gold), goldAccuracies(r.Gold)
	case r.Compare == nil && len(r.Columns) > 0:
		p.Unknown = d.Commands.Sample
	}
	if r.Estimate != nil {
		p.Estimate, p.Corrections = estimateSentence(r.Estimate), correctionsOf(r.Estimate)
	}
	if r.Compare != nil {
		p.Compared, p.Moved = comparisonGrid(r.Compare), movedGrids(r.Compare)
	}
}

func pageTitle(r *stats.Result, d *PageData) string {
	switch {
	case d.Title != "":
		return term.Printable(d.Title)
	case r.Run != nil:
		return term.Printable(r.Run.ID)
	}
	for _, f := range r.RunColumns {
		if f.Column == "Run_ID" && len(f.Values) == 1 {
			return term.Printable(f.Values[0].Value)
		}
	}
	switch {
	case r.Compare != nil:
		return "Comparison"
	case r.Calls != nil && len(r.Files) == 0:
		return "Model calls"
	}
	return "Labels"
}

// pageLead says in a sentence what was labelled by what.
func pageLead(r *stats.Result) string {
	if len(r.Files) == 0 {
		return ""
	}
	text := term.Plural(r.Rows, "row")
	if n := int64(len(r.Files)); n > 1 {
		text += " of " + term.Plural(n, "file")
	}
	text += ", " + term.Plural(int64(len(r.Columns)), "column")
	for _, f := range r.RunColumns {
		if f.Column == "Model_Name" && len(f.Values) > 0 {
			text += ", labelled by " + term.Printable(runColumnText(f, 3))
		}
	}
	return text + "."
}

func newAskedColumn(c *stats.Column) askedColumn {
	a := askedColumn{Name: term.Printable(c.Name), Question: term.Printable(c.Schema.Description), Values: term.Printable(c.Schema.DescribeValues())}
	for i, l := range c.Schema.Labels {
		definition := ""
		if c.Schema.Definitions != nil {
			definition = term.Printable(c.Schema.Definitions[i])
		}
		a.Labels = append(a.Labels, [2]string{quoteBlanks(l), definition})
	}
	return a
}

func goldSentence(g *stats.Gold) string {
	text := "Compared with " + term.Plural(g.Rows, "row") + " that people labelled"
	if g.Missing > 0 {
		text += ", " + term.Count(g.Missing) + " of them without a result"
	}
	if g.Weighted {
		text += "; each counts by how likely it was to be drawn"
	}
	return text + ". An interval is of 95%: if many such samples were labelled, it would hold the true figure in 95 of 100."
}

func estimateSentence(e *stats.Estimate) string {
	return "Shares of all " + term.Plural(e.Rows, "row") + ": as they were labelled, and corrected by what " + term.Plural(e.Sampled, "row") +
		" that people labelled show to be wrong. Report the corrected shares with their intervals of 95%."
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
	if r.Gold != nil {
		out = append(out, accuracyTiles(r.Gold)...)
	}
	return out
}

func callTiles(c *stats.Calls) []tile {
	return []tile{
		{term.Count(c.Calls), "model calls", term.Count(c.Retries) + " asked again"},
		{term.Percent(c.Errors, c.Calls), "failed calls", strings.ReplaceAll(outcomeNote(c), ",", " ·")},
		{term.Rate(c.RowsPerSec), "rows/s", term.Duration(toDuration(c.WorkSeconds)) + " of work"},
		{term.Rate(c.TokensPerSec), "tokens/s", "generated"},
		{quantileText(&c.Latency, c.Latency.P50), "median call", "p99 " + quantileText(&c.Latency, c.Latency.P99)},
		{term.Percent(c.WastedTokens, c.Tokens), "tokens wasted", "of " + term.Count(c.Tokens)},
	}
}

func runFilesGrid(r *stats.Run) *grid {
	g := &grid{Name: "Files", Heads: []string{"file", "status", "output", "rows", "without labels"}, Texts: 3}
	for _, f := range r.Files {
		g.Lines = append(g.Lines, []string{term.Printable(f.Label), term.Printable(f.Status), term.Printable(orDash(f.Output)), term.Count(f.Rows), term.Count(f.Missing)})
	}
	return g
}

func newDistribution(c *stats.Column, examples *stats.Examples) distribution {
	d := distribution{Name: term.Printable(c.Name), Note: strings.Join(columnNotes(c), ", "), Certainty: certaintyLines(c)}
	switch {
	case c.Kind == stats.Text:
		return d
	case showsHistogram(c):
		d.Histogram = numberChart(c.Numbers)
		return d
	}
	values := listedValues(c, maxPageValues, maxPageOrganic)
	values = values[:min(len(values), PageValues)]
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
		if rows := examples.Of(c.Name, v.Value); len(rows) > 0 {
			d.Examples = append(d.Examples, valueExamples{quoteBlanks(v.Value), printableExamples(rows)})
		}
	}
	d.Open = len(d.Examples) <= maxOpenValues
	if more := int64(len(c.Values) - len(values)); more > 0 {
		d.More = "… and " + term.Plural(more, "more value")
	}
	return d
}

func printableExamples(rows []stats.Example) []stats.Example {
	out := make([]stats.Example, 0, len(rows))
	for _, e := range rows {
		out = append(out, stats.Example{RowID: e.RowID, Text: term.Printable(e.Text)})
	}
	return out
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
