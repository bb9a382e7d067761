# What the stages of prism-cascade come to.
#
#   step thresholds: from prism-stats --gold --target, the threshold of each column; {} where a stage was asked for no gold row
#   step report:     from the stages, the report
#   step text:       from the report, the report for people

def thresholds:
  has("gold") as $asked
  | [.gold.columns[]? | select(.reliability) | {column, output, rows, threshold: .reliability.threshold, above: .reliability.above}]
  | {state: (if ($asked | not) then "unasked" elif . == [] then "none" elif any(.threshold == null) then "unsure" else "found" end), columns: ., unsure: [.[] | select(.threshold == null) | .column]};

# calls_made are the calls for rows, probes left out.
def calls_made: ((.calls // 0) - (.outcomes.probe // 0));
def tokens_made: (.prompt_tokens // 0) + (.tokens // 0);

# held_out is what the gold rows that set no threshold say of a column.
def held_out($gold; $target):
  .output as $output | ([$gold.columns[]? | select(.output == $output)][0]) as $c
  | . + {held_out_rows: ($c.rows // 0), accuracy: $c.accuracy, accuracy_low: $c.accuracy_low, accuracy_high: $c.accuracy_high,
     missed: ($c.accuracy_high != null and $c.accuracy_high < $target)};

def kept($counts; $name): [$counts.columns[]? | .values[]? | select(.value == $name) | .count] | add // 0;

# stage_report is what is reported of a stage. A row that is asked for several votes is labelled once.
def stage_report($counts; $target):
  . as $stage
  | {labelled_by, asked, kept: kept($counts; .labelled_by), calls: (.calls | calls_made), prompt_tokens: (.calls.prompt_tokens // 0), tokens: (.calls.tokens // 0),
     rows_by_calls: ((.calls.rows_labelled // 0) / .votes),
     columns: (if .state == null then [] else [.columns[] | held_out($stage.held_out; $target)] end)};

# saved compares with asking the last model for all rows, by what its rows took on average.
def saved($rows):
  .[-1] as $last
  | if $last.rows_by_calls == 0 then null
    else ({calls: $last.calls, prompt_tokens: $last.prompt_tokens, tokens: $last.tokens} | map_values(. / $last.rows_by_calls)) as $each
    | {rows: ($rows - $last.asked)} + ($each | map_values(. * ($rows - $last.asked) | round)) + {of_calls: ($each.calls * $rows | round), of_tokens: (($each.prompt_tokens + $each.tokens) * $rows | round)} end;

def report($options):
  [.[] | stage_report($options.counts; $options.target)] as $stages
  | {rows: $options.rows, target: $options.target, stages: $stages, missing: ($options.rows - ([$stages[].kept] | add)),
     saved: ($stages | saved($options.rows)),
     held_out: [$options.held_out.gold.columns[]? | select(.kind != "text" and .rows > 0) | {column, rows, accuracy, accuracy_low, accuracy_high}],
     result: $options.result};

# fixed is a number with so many digits behind the point.
def fixed($digits):
  if . == null then "-" else
    pow(10; $digits) as $unit | (fabs * $unit | round) as $units
    | (if . < 0 and $units > 0 then "-" else "" end) + ($units / $unit | floor | tostring)
    + if $digits == 0 then "" else "." + ($units % $unit | tostring | ("0" * ($digits - length) // "") + .) end
  end;
def percent: if . == null then "-" else (. * 100 | fixed(1)) + "%" end;

# grouped is a count with commas.
def grouped: tostring | [match("^-?[0-9]{1,3}(?=([0-9]{3})*$)|[0-9]{3}"; "g").string] | join(",");
def counted($what): "\(grouped) \($what)" + if . == 1 then "" else "s" end;

def padded($width; $right): (" " * ($width - length) // "") as $blanks | if $right then $blanks + . else . + $blanks end;

# aligned writes rows of cells as a table. The columns named are flush right.
def aligned($right):
  . as $rows
  | [range(0; $rows[0] | length) as $i | [$rows[][$i] | length] | max] as $widths
  | [$rows[] | [range(0; length) as $i | .[$i] | padded($widths[$i]; $right | index($i) != null)] | join("  ") | sub(" +$"; "")];

# accuracy_cells are how many of how many held-out rows of gold are right.
def accuracy_cells:
  [(.accuracy | percent), (if .accuracy == null then "no row was kept" else "\(.accuracy_low | percent) to \(.accuracy_high | percent)" end), (.rows | grouped)];

def column_cells:
  [.column, (.threshold | fixed(3)), (.above | percent)]
  + (if .threshold == null then ["-", "all rows go on", ""] else (.rows = .held_out_rows | accuracy_cells) end)
  + [if .missed then "THE TARGET WAS MISSED" else "" end];

def text:
  . as $report
  | "\(.rows | counted("row")), target \(.target | percent); intervals of 95%",
    "",
    ([["labelled by", "asked", "labels kept", "share", "calls", "tokens a row"]]
      + [.stages[] | [.labelled_by, (.asked | grouped), (.kept | grouped), (if $report.rows > 0 then .kept / $report.rows | percent else "-" end), (.calls | grouped),
         (if .rows_by_calls > 0 then "\(.prompt_tokens / .rows_by_calls | fixed(0))+\(.tokens / .rows_by_calls | fixed(0))" else "-" end)]] | aligned([1, 2, 3, 4, 5])[]),
    (if .missing > 0 then "\(.missing | counted("row")) without labels" else empty end),
    "",
    ([["", "column", "kept from", "gold above", "right", "held-out gold", "rows", ""]]
      + [.stages[] | .labelled_by as $name | .columns | to_entries[] | [(if .key == 0 then $name else "" end)] + (.value | column_cells)]
      + [.held_out | to_entries[] | [if .key == 0 then "all" else "" end, .value.column, "", ""] + (.value | accuracy_cells) + [""]] | aligned([2, 3, 4, 6])[]),
    "",
    (if .saved == null then "saved   \(.stages[-1].labelled_by) was not asked" else
      "saved   about \(.saved.calls | grouped) of \(.saved.of_calls | counted("call")) and \(.saved.prompt_tokens + .saved.tokens | grouped) of \(.saved.of_tokens | counted("token")) of \(.stages[-1].labelled_by),",
      "        by what its rows took on average; the others took \([.stages[:-1][].calls] | add | counted("call")) and \([.stages[:-1][] | .prompt_tokens + .tokens] | add | counted("token"))" end),
    "result  \(.result)";

if $step == "thresholds" then thresholds
elif $step == "report" then report($ARGS.named | .counts = .counts[0] | .held_out = .held_out[0])
else text end
