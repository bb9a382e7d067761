package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// work is something that several programs can do.
type work struct {
	name    string
	rivals  []rival
	targets []target
}

// rival is a program that does the work, as a shell command. DATA is the folder
// of tables, WORK an empty one for outputs.
type rival struct {
	name    string
	needs   string // a command; duckdb is the package of node
	command string
	slow    bool // once is enough, and only if asked for
	note    string
}

func (r rival) installed(duckdb string) bool {
	if r.needs == "duckdb" {
		_, err := os.Stat(filepath.Join(duckdb, "query.mjs"))
		return err == nil
	}
	_, err := exec.LookPath(r.needs)
	return r.needs == "" || err == nil
}

// target is what a tool has to reach beside a peer, or in memory.
type target struct {
	tool, peer string
	times      float64 // wall time of the tool over that of the peer, at most; 0: no limit
	peak       int64   // MiB at most; 0: no limit
	growth     int64   // MiB at most that the tool's peak is above the peer's; 0: no limit
}

func duckdb(sql string) string { return `node "$DUCKDB/query.mjs" "` + sql + `"` }

const (
	readFeedback = `read_csv('$DATA/feedback.csv', header=true, parallel=false, columns={'RowID':'BIGINT','Title':'VARCHAR','Message':'VARCHAR','Sentiment':'VARCHAR'})`
	resultTypes  = `header=true, columns={'RowID':'BIGINT','Sentiment':'VARCHAR','Topic':'VARCHAR','Validated_Sentiment':'VARCHAR','Urgency':'VARCHAR','Key_Point':'VARCHAR','Model_Name':'VARCHAR','Batch_Size':'VARCHAR','Run_ID':'VARCHAR'}`
	toOut        = `TO '$WORK/out.csv' (HEADER)`
)

func works() []work {
	return []work{
		{
			name: "find 16 ranges",
			rivals: []rival{
				{name: "prism-split --no-check", command: `"$BIN/prism-split" --no-check --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "prism-split", command: `"$BIN/prism-split" --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "wc -l", needs: "wc", command: `wc -l "$DATA/feedback.csv" >"$WORK/lines"`, note: "counts newlines in quotes too"},
				{name: "DuckDB count(*)", needs: "duckdb", command: duckdb("SELECT count(*) FROM " + readFeedback), note: "on one core: its parallel reader mistakes lines in quotes for records"},
				{name: "mawk NR", needs: "mawk", command: `mawk 'END{print NR}' "$DATA/feedback.csv" >"$WORK/lines"`, note: "counts newlines in quotes too"},
			},
			targets: []target{
				{tool: "prism-split --no-check", peer: "wc -l", times: 1.2},
				{tool: "prism-split", peer: "wc -l", times: 4, peak: 32},
			},
		},
		{
			name: "write 16 part files with headers",
			rivals: []rival{
				{name: "prism-split --write", command: `"$BIN/prism-split" --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "prism-split --write --no-check", command: `"$BIN/prism-split" --no-check --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "cp", needs: "cp", command: `cp "$DATA/feedback.csv" "$WORK/copy"`},
				{name: "GNU split -n l/16", needs: "split", command: `split -n l/16 "$DATA/feedback.csv" "$WORK/part"`, note: "no headers; breaks quoted newlines"},
				{name: "Miller", needs: "mlr", command: `mlr --csv --from "$DATA/feedback.csv" split -n 312500 --prefix "$WORK/part"`},
			},
			targets: []target{
				{tool: "prism-split --write", peer: "cp", times: 1.2, peak: 32},
				{tool: "prism-split --write", peer: "Miller", times: 1.0 / 5},
			},
		},
		mergeWork("merge 16 shuffled parts by RowID", "shuffled", []rival{
			{name: "prism-merge --memory 64MiB", command: prismMerge("--memory 64MiB", "shuffled")},
			{name: "GNU sort", needs: "sort", command: `sort --parallel=2 -t, -k1,1n -o "$WORK/out.csv" "$DATA"/shuffled_part*.csv`, note: "breaks quoted newlines"},
			{name: "Miller", needs: "mlr", command: `mlr --csv sort -nf RowID "$DATA"/shuffled_part*.csv >"$WORK/out.csv"`, slow: true},
		}, []target{
			{tool: "prism-merge", peer: "DuckDB", times: 1.0 / 4, peak: 256 + 64},
			{tool: "prism-merge --memory 64MiB", peer: "DuckDB", times: 1.0 / 2, peak: 64 + 64},
		}),
		mergeWork("merge 16 sorted, interleaved parts", "sorted", []rival{
			{name: "GNU sort -m", needs: "sort", command: `sort -m -t, -k1,1n -o "$WORK/out.csv" "$DATA"/sorted_part*.csv`, note: "breaks quoted newlines"},
		}, []target{{tool: "prism-merge", peer: "GNU sort -m", times: 1.0 / 2, peak: 40}}),
		mergeWork("merge 16 parts that are consecutive ranges", "ranges", []rival{
			{name: "prism-merge --sort-by none", command: prismMerge("--sort-by none", "ranges")},
			{name: "GNU sort -m", needs: "sort", command: `sort -m -t, -k1,1n -o "$WORK/out.csv" "$DATA"/ranges_part*.csv`, note: "breaks quoted newlines"},
			{name: "cat", needs: "cat", command: `cat "$DATA"/ranges_part*.csv >"$WORK/out.csv"`, note: "16 headers"},
		}, nil),
		growthWork(),
		{
			name: "distributions of 4 columns",
			rivals: []rival{
				{name: "prism-stats", command: `"$BIN/prism-stats" --columns Sentiment,Topic,Validated_Sentiment,Urgency --format csv "$DATA/results.csv" >"$WORK/stats"`},
				{name: "DuckDB", needs: "duckdb", command: duckdb("SELECT GROUPING_ID(Sentiment, Topic, Validated_Sentiment, Urgency), Sentiment, Topic, Validated_Sentiment, Urgency, count(*) FROM read_csv('$DATA/results.csv', " + resultTypes + ") GROUP BY GROUPING SETS ((Sentiment), (Topic), (Validated_Sentiment), (Urgency))")},
				{name: "Miller", needs: "mlr", command: `mlr --icsv --ojson --from "$DATA/results.csv" count-distinct -u -f Sentiment,Topic,Validated_Sentiment,Urgency >"$WORK/stats"`},
			},
			targets: []target{{tool: "prism-stats", peer: "DuckDB", times: 1 / 2.5, peak: 32}},
		},
	}
}

// growthWork runs the same commands on few rows and on many.
func growthWork() work {
	w := work{name: "peak memory on few rows and on many"}
	for _, r := range []rival{
		{name: "prism-split", command: `"$BIN/prism-split" --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
		{name: "prism-split --write", command: `"$BIN/prism-split" --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
		{name: "prism-merge, sorted parts", command: prismMerge("", "sorted")},
		{name: "prism-merge --sort-by none", command: prismMerge("--sort-by none", "ranges")},
	} {
		few := rival{name: r.name + ", few rows", command: `DATA="$DATA/few"; ` + r.command}
		w.rivals = append(w.rivals, few, r)
		w.targets = append(w.targets, target{tool: r.name, peer: few.name, growth: maxGrowth})
	}
	return w
}

// maxGrowth is how much the peak of the same work on the same rows differs from
// one run to the next, in MiB.
const maxGrowth = 6

func prismMerge(flags, kind string) string {
	return fmt.Sprintf(`"$BIN/prism-merge" --quiet %s -o "$WORK/out.csv" "$DATA"/%s_part*.csv`, flags, kind)
}

func mergeWork(name, kind string, more []rival, targets []target) work {
	rivals := []rival{
		{name: "prism-merge", command: prismMerge("", kind)},
		{name: "DuckDB", needs: "duckdb", command: duckdb(fmt.Sprintf("COPY (SELECT * FROM read_csv('$DATA/%s_part*.csv', %s) ORDER BY RowID) %s", kind, resultTypes, toOut))},
	}
	return work{name: name, rivals: append(rivals, more...), targets: targets}
}

// print writes the table of a work and returns how many targets were missed.
func (w work) print(out io.Writer, results [][]sample) int {
	fmt.Fprintf(out, "### %s\n\n| program | wall s | CPU s | peak MiB | × %s | |\n| --- | --: | --: | --: | --: | --- |\n", w.name, w.rivals[0].name)
	medians := map[string]sample{}
	for i, r := range w.rivals {
		medians[r.name] = median(results[i])
	}
	base := medians[w.rivals[0].name].wall.Seconds()
	for _, r := range w.rivals {
		m := medians[r.name]
		fmt.Fprintf(out, "| %s | %.2f | %.2f | %d | %.2f | %s |\n", r.name, m.wall.Seconds(), m.cpu.Seconds(), m.peak>>20, m.wall.Seconds()/base, r.note)
	}
	fmt.Fprintln(out)
	missed := 0
	for _, t := range w.targets {
		if peer, ok := medians[t.peer]; ok {
			text, met := t.judge(medians[t.tool], peer)
			if !met {
				missed++
				text += " MISSED"
			}
			fmt.Fprintf(out, "- %s\n", text)
		}
	}
	fmt.Fprintln(out)
	return missed
}

func (t target) judge(tool, peer sample) (text string, met bool) {
	text, met = t.tool, true
	if t.times > 0 {
		ratio := tool.wall.Seconds() / peer.wall.Seconds()
		text += fmt.Sprintf(" takes %.2f of the time of %s (target: at most %.2f).", ratio, t.peer, t.times)
		met = ratio <= t.times
	}
	if t.peak > 0 {
		text += fmt.Sprintf(" Its peak is %d MiB (at most %d).", tool.peak>>20, t.peak)
		met = met && tool.peak>>20 <= t.peak
	}
	if t.growth > 0 {
		more := (tool.peak - peer.peak) >> 20
		text += fmt.Sprintf(" has its peak %d MiB above that of %s (at most %d).", more, t.peer, t.growth)
		met = met && more <= t.growth
	}
	return text, met
}
