package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// benchmark is work that several programs can do: first a tool of PRISM, then
// the tool with other flags and its peers.
type benchmark struct {
	name     string
	programs []program
	targets  []target
}

// program does the work of a benchmark by a shell command. In the command BIN is
// the folder of the tools, DATA that of the tables, WORK an empty one for outputs
// and DUCKDB that of DuckDB.
type program struct {
	name    string
	needs   string // command that must be installed; duckdb: the package of Node.js
	command string
	slow    bool // run only on request, and only once
	note    string
}

func (p program) isInstalled(duckdb string) bool {
	if p.needs == "duckdb" {
		_, err := os.Stat(filepath.Join(duckdb, "query.mjs"))
		return err == nil
	}
	_, err := exec.LookPath(p.needs)
	return p.needs == "" || err == nil
}

func duckdbCommand(sql string) string { return `node "$DUCKDB/query.mjs" "` + sql + `"` }

const (
	readFeedback = `read_csv('$DATA/feedback.csv', header=true, parallel=false, columns={'RowID':'BIGINT','Title':'VARCHAR','Message':'VARCHAR','Sentiment':'VARCHAR'})`
	resultTypes  = `header=true, columns={'RowID':'BIGINT','Sentiment':'VARCHAR','Topic':'VARCHAR','Validated_Sentiment':'VARCHAR','Urgency':'VARCHAR','Key_Point':'VARCHAR','Model_Name':'VARCHAR','Batch_Size':'VARCHAR','Run_ID':'VARCHAR'}`
	toOut        = `TO '$WORK/out.csv' (HEADER)`
)

func benchmarks() []benchmark {
	return []benchmark{
		{
			name: "find 16 ranges",
			programs: []program{
				{name: "prism-split --no-check", command: `"$BIN/prism-split" --no-check --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "prism-split", command: `"$BIN/prism-split" --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "wc -l", needs: "wc", command: `wc -l "$DATA/feedback.csv" >"$WORK/lines"`, note: "counts newlines in quotes too"},
				{name: "DuckDB count(*)", needs: "duckdb", command: duckdbCommand("SELECT count(*) FROM " + readFeedback), note: "on one core: its parallel reader mistakes lines in quotes for records"},
				{name: "mawk NR", needs: "mawk", command: `mawk 'END{print NR}' "$DATA/feedback.csv" >"$WORK/lines"`, note: "counts newlines in quotes too"},
			},
			targets: []target{
				{tool: "prism-split --no-check", peer: "wc -l", times: 1.25},
				{tool: "prism-split", peer: "wc -l", times: 2, peak: 32},
			},
		},
		{
			name: "write 16 part files with headers",
			programs: []program{
				{name: "prism-split --write", command: `"$BIN/prism-split" --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "prism-split --write --no-check", command: `"$BIN/prism-split" --no-check --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
				{name: "cp", needs: "cp", command: `cp "$DATA/feedback.csv" "$WORK/copy"`},
				{name: "GNU split -n l/16", needs: "split", command: `split -n l/16 "$DATA/feedback.csv" "$WORK/part"`, note: "no headers; breaks quoted newlines"},
				{name: "Miller", needs: "mlr", command: `mlr --csv --from "$DATA/feedback.csv" split -n 312500 --prefix "$WORK/part"`},
			},
			targets: []target{
				{tool: "prism-split --write", peer: "cp", times: 1.3, peak: 32},
				{tool: "prism-split --write", peer: "Miller", times: 1.0 / 5},
			},
		},
		mergeBenchmark("merge 16 shuffled parts by RowID", "shuffled", []program{
			{name: "prism-merge --memory 64MiB", command: prismMerge("--memory 64MiB", "shuffled")},
			{name: "GNU sort", needs: "sort", command: `sort --parallel=2 -t, -k1,1n -o "$WORK/out.csv" "$DATA"/shuffled_part*.csv`, note: "breaks quoted newlines"},
			{name: "Miller", needs: "mlr", command: `mlr --csv sort -nf RowID "$DATA"/shuffled_part*.csv >"$WORK/out.csv"`, slow: true},
		}, []target{
			{tool: "prism-merge", peer: "DuckDB", times: 1.0 / 4, peak: 256 + 64},
			{tool: "prism-merge --memory 64MiB", peer: "DuckDB", times: 1.0 / 2, peak: 64 + 64},
		}),
		mergeBenchmark("merge 16 sorted, interleaved parts", "sorted", []program{
			{name: "GNU sort -m", needs: "sort", command: `sort -m -t, -k1,1n -o "$WORK/out.csv" "$DATA"/sorted_part*.csv`, note: "breaks quoted newlines"},
		}, []target{{tool: "prism-merge", peer: "GNU sort -m", times: 1.0 / 2, peak: 40}}),
		mergeBenchmark("merge 16 parts that are consecutive ranges", "ranges", []program{
			{name: "prism-merge --sort-by none", command: prismMerge("--sort-by none", "ranges")},
			{name: "GNU sort -m", needs: "sort", command: `sort -m -t, -k1,1n -o "$WORK/out.csv" "$DATA"/ranges_part*.csv`, note: "breaks quoted newlines"},
			{name: "cat", needs: "cat", command: `cat "$DATA"/ranges_part*.csv >"$WORK/out.csv"`, note: "16 headers"},
		}, nil),
		memoryGrowth(),
		normalizeBenchmark(),
		{
			name: "distributions of 4 columns",
			programs: []program{
				{name: "prism-stats", command: `"$BIN/prism-stats" --columns Sentiment,Topic,Validated_Sentiment,Urgency --format csv "$DATA/results.csv" >"$WORK/stats"`},
				{name: "DuckDB", needs: "duckdb", command: duckdbCommand("SELECT GROUPING_ID(Sentiment, Topic, Validated_Sentiment, Urgency), Sentiment, Topic, Validated_Sentiment, Urgency, count(*) FROM read_csv('$DATA/results.csv', " + resultTypes + ") GROUP BY GROUPING SETS ((Sentiment), (Topic), (Validated_Sentiment), (Urgency))")},
				{name: "Miller", needs: "mlr", command: `mlr --icsv --ojson --from "$DATA/results.csv" count-distinct -u -f Sentiment,Topic,Validated_Sentiment,Urgency >"$WORK/stats"`},
			},
			targets: []target{{tool: "prism-stats", peer: "DuckDB", times: 1 / 2.5, peak: 32}},
		},
		agreementBenchmark(),
	}
}

// agreementBenchmark compares results with gold and with each other, and draws a sample.
func agreementBenchmark() benchmark {
	const coded = "--columns Topic,Validated_Sentiment,Urgency"
	stats := func(args string) string { return `cd "$DATA" && "$BIN/prism-stats" ` + args + ` >"$WORK/stats"` }
	return benchmark{
		name: "agreement with gold, and of results",
		programs: []program{
			{name: "prism-stats", command: stats("model1.csv")},
			{name: "prism-stats --gold", command: stats("--gold gold.csv model1.csv"), note: "gold for every row"},
			{name: "prism-stats --sample", command: stats("--sample 1000 " + coded + " model1.csv")},
			{name: "prism-stats --sample --by", command: stats("--sample 1000 --by Topic " + coded + " model1.csv")},
			{name: "prism-stats, three files", command: stats("model1.csv model2.csv model3.csv")},
			{name: "prism-stats --compare", command: stats("--compare model1.csv model2.csv model3.csv"), note: "three files"},
			{name: "prism-stats --compare --gold", command: stats("--compare model1.csv model2.csv model3.csv --gold gold.csv"), note: "three files, gold for every row"},
		},
		targets: []target{
			{tool: "prism-stats --gold", peer: "prism-stats", times: 3, peak: 256},
			{tool: "prism-stats --sample", peer: "prism-stats", times: 3, peak: 256},
			{tool: "prism-stats --sample --by", peer: "prism-stats", times: 3, peak: 256},
			{tool: "prism-stats --compare", peer: "prism-stats, three files", times: 3, peak: 256},
			{tool: "prism-stats --compare --gold", peer: "prism-stats, three files", times: 3, peak: 256},
		},
	}
}

// normalizeBenchmark makes normal form of what a spreadsheet program in Europe exports.
func normalizeBenchmark() benchmark {
	return benchmark{
		name: "semicolons in Windows-1252 to normal form",
		programs: []program{
			{name: "prism-split --normalize", command: `"$BIN/prism-split" --quiet --normalize "$DATA/export.csv" >"$WORK/out.csv"`},
			{name: "iconv and Miller", needs: "mlr", command: `iconv -f windows-1252 -t utf-8 "$DATA/export.csv" | mlr --icsv --ifs ';' --ocsv cat >"$WORK/out.csv"`},
		},
		targets: []target{{tool: "prism-split --normalize", peer: "iconv and Miller", times: 1.0 / 3, peak: 64}},
	}
}

// memoryGrowth runs the same commands on few rows and on many.
func memoryGrowth() benchmark {
	b := benchmark{name: "peak memory on few rows and on many"}
	for _, p := range []program{
		{name: "prism-split", command: `"$BIN/prism-split" --workers 16 "$DATA/feedback.csv" >"$WORK/units"`},
		{name: "prism-split --write", command: `"$BIN/prism-split" --workers 16 --write "$WORK" "$DATA/feedback.csv" >"$WORK/units"`},
		{name: "prism-merge, sorted parts", command: prismMerge("", "sorted")},
		{name: "prism-merge --sort-by none", command: prismMerge("--sort-by none", "ranges")},
	} {
		few := program{name: p.name + ", few rows", command: `DATA="$DATA/few"; ` + p.command}
		b.programs = append(b.programs, few, p)
		b.targets = append(b.targets, target{tool: p.name, peer: few.name, growth: maxGrowth})
	}
	return b
}

// maxGrowth is how much the peak of the same command on the same rows differs
// from one run to the next, in MiB.
const maxGrowth = 6

func prismMerge(flags, kind string) string {
	return fmt.Sprintf(`"$BIN/prism-merge" --quiet %s -o "$WORK/out.csv" "$DATA"/%s_part*.csv`, flags, kind)
}

// mergeBenchmark has prism-merge, DuckDB and more programs merge the parts of a
// kind.
func mergeBenchmark(name, kind string, more []program, targets []target) benchmark {
	programs := []program{
		{name: "prism-merge", command: prismMerge("", kind)},
		{name: "DuckDB", needs: "duckdb", command: duckdbCommand(fmt.Sprintf("COPY (SELECT * FROM read_csv('$DATA/%s_part*.csv', %s) ORDER BY RowID) %s", kind, resultTypes, toOut))},
	}
	return benchmark{name: name, programs: append(programs, more...), targets: targets}
}
