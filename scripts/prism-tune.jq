# What the measurements of prism-tune come to.
#
#   step best:   from the figures of all settings, the name of the most accurate one
#   step report: from the same, with the comparison of each with the best one, the report
#   step text:   from the report, the report for people
#
# A failed row counts as a wrong one in each column.

# judged are the columns of a setting that it is judged by: free text is right in many ways.
def judged: [.gold.columns[] | select(.kind != "text" and .rows > 0)];

def failed_share: if .gold.rows > 0 then .gold.missing / .gold.rows else 0 end;

def mean_accuracy:
  judged as $columns | failed_share as $failed
  | if $columns == [] then 0 else ($columns | map(.accuracy) | add / length) * (1 - $failed) end;

# rows_per_sec is over the time that calls took, so that neither a pause nor the end of a small
# table counts. A row that is asked for several votes is labelled once. With a number of calls in flight that is not fixed, it is over the time of the work.
def rows_per_sec:
  (.parallel | tonumber? // 0) as $parallel
  | ((.calls.call_seconds // 0) * (.calls.latency.calls // 0)) as $seconds
  | if (.calls.rows_labelled // 0) == 0 then null
    elif $parallel > 0 and $seconds > 0 then .calls.rows_labelled / .votes * $parallel / $seconds
    else .calls.rows_per_sec / .votes end;

# pair_of is what a comparison of two results says of a column of gold, which has the name of the
# codebook or that of the result.
def pair_of($comparison; $column): [$comparison.columns[]? | select(.column == ($column | ltrimstr("Validated_"))) | .pairs[0]][0];

def counted($what): "\(.) \($what)" + if . == 1 then "" else "s" end;

def describe: "\(.model), \(.prompt_style), temperature \(.temperature), \(.batch_size | counted("row")) a call";

def column_report($figures; $extra):
  pair_of($figures.compare; .column) as $pair | pair_of($figures.place; .column) as $moved
  | {column, output, kind, rows, accuracy, accuracy_low, accuracy_high, kappa, kappa_low, kappa_high,
     difference: $pair.accuracy_difference, low: $pair.low, high: $pair.high, mcnemar_p: $pair.mcnemar_p,
     worse: ($pair.high != null and $pair.high - $extra < 0),
     changed: ($moved.agreement | if . == null then null else 1 - . end)};

# setting_report is what is reported of a setting. extra is the share of rows that failed in it and not in the best.
def setting_report($best):
  . as $figures | (failed_share - ($best | failed_share)) as $extra
  | .setting + {setting: .name, description: (.setting | describe), rows: .gold.rows, failed: .gold.missing, mean_accuracy: mean_accuracy,
     rows_per_sec: rows_per_sec, tokens_per_row: ((.calls.tokens_per_row // 0) * .votes), prompt_tokens_per_row: ((.calls.prompt_tokens_per_row // 0) * .votes),
     changed: (if .place == null then null else .changed / ([.place.columns[].pairs[0].rows, 1] | max) end),
     columns: [judged[] | column_report($figures; $extra)]}
  | .worse_in = [.columns[] | select(.worse) | .column]
  | if .worse_in == [] and $extra > 0 and (.columns | all(.low == null)) then .worse_in = ["failed rows"] else . end;

# cost is what makes a setting cheap: less is cheaper.
def cost($by):
  if (.rows_per_sec // 0) == 0 then infinite
  elif $by == "tokens" then .tokens_per_row + .prompt_tokens_per_row
  else 1 / .rows_per_sec end;

# choose is the cheapest of the settings. Of those that cost about the same, to 2%, it is the one with the larger batch.
def choose($by):
  (map(cost($by)) | min) as $least
  | map(select(cost($by) <= $least * 1.02 or $least == infinite)) | max_by(.batch_size, .mean_accuracy, -cost($by));

def report($options):
  (map(select(.name == $options.best))[0]) as $best
  | map(setting_report($best))
  | (map(select(.worse_in == [])) | choose($options.cheapest)) as $chosen
  | {rows: .[0].rows, columns: [.[0].columns[].column], settings: map(.best = (.setting == $options.best) | .chosen = (.setting == $chosen.setting)),
     unmeasured: $options.unmeasured, best: $options.best, chosen: $chosen.setting, cheapest: $options.cheapest, job: $options.job};

# fixed is a number with so many digits behind the point.
def fixed($digits):
  if . == null then "-" else
    pow(10; $digits) as $unit | (fabs * $unit | round) as $units
    | (if . < 0 and $units > 0 then "-" else "" end) + ($units / $unit | floor | tostring)
    + if $digits == 0 then "" else "." + ($units % $unit | tostring | ("0" * ($digits - length) // "") + .) end
  end;
def percent: if . == null then "-" else (. * 100 | fixed(1)) + "%" end;
def points: if . == null then "-" else . * 100 | if . > 0 then "+" else "" end + fixed(1) end;

# right_of pads a text to a width, its end or its beginning.
def padded($width; $right): (" " * ($width - length) // "") as $blanks | if $right then $blanks + . else . + $blanks end;

# aligned writes rows of cells as a table. The columns named are flush right.
def aligned($right):
  . as $rows
  | [range(0; $rows[0] | length) as $i | [$rows[][$i] | length] | max] as $widths
  | [$rows[] | [range(0; length) as $i | .[$i] | padded($widths[$i]; $right | index($i) != null)] | join("  ") | sub(" +$"; "")];

def mark: if .chosen and .best then "best, chosen" elif .chosen then "chosen" elif .best then "best" elif .worse_in != [] then "worse" else "" end;

def setting_rows:
  . as $s
  | [(.columns | to_entries)[] as {key: $i, value: $c}
     | (if $i == 0 then [$s.model, $s.prompt_style, ($s.temperature | tostring), ($s.batch_size | tostring)] else ["", "", "", ""] end)
     + [$c.column, ($c.accuracy | percent), "\($c.accuracy_low | percent) to \($c.accuracy_high | percent)",
        ($c.kappa | fixed(2)), "\($c.kappa_low | fixed(2)) to \($c.kappa_high | fixed(2))", ($c.changed | percent)]
     + (if $i == 0 then [($s.failed | tostring), ($s.rows_per_sec | fixed(2)), ($s.prompt_tokens_per_row | fixed(0)) + "+" + ($s.tokens_per_row | fixed(0)), ($s | mark)]
        else ["", "", "", if $c.worse then "worse: \($c.low | points) to \($c.high | points) points" else "" end] end)
     | if $i == 0 and $c.worse then .[-1] += ": \($c.low | points) to \($c.high | points) points" else . end];

def text:
  . as $report
  | (.settings[] | select(.best)) as $best | (.settings[] | select(.chosen)) as $chosen
  | "\(.rows | counted("gold row")), \(.settings | length | counted("setting")); intervals of 95%",
    "",
    ([["model", "style", "temp", "batch", "column", "accuracy", "", "kappa", "", "moved", "failed", "rows/s", "tokens a row", ""]]
      + [.settings[] | setting_rows[]] | aligned([2, 3, 5, 7, 9, 10, 11, 12])[]),
    "",
    (.unmeasured[] | "not measured  \(.)"),
    "best    \($best.description): mean accuracy \($best.mean_accuracy | percent)",
    "chosen  \($chosen.description): mean accuracy \($chosen.mean_accuracy | percent)",
    ([.settings[] | select(.worse_in == [])] | length) as $good |
    (if (.settings | length) == 1 then empty elif $good == 1 then "        all others are significantly worse"
     else "        the \(if .cheapest == "tokens" then "one with the fewest tokens" else "fastest" end) of \($good) that are not significantly worse than the best" end),
    (if $chosen.best then empty else "        against the best: " + ($chosen.columns | map("\(.column) \(.difference | points) points (\(.low | points) to \(.high | points))") | join(", ")) end),
    "job     \(.job)";

if $step == "best" then max_by(mean_accuracy, rows_per_sec) | .name
elif $step == "report" then report($options)
else text end
