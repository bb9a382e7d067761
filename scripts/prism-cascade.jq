# What the stages of prism-cascade come to.
#
#   step thresholds: from prism-stats --gold --target, the threshold of each column; {} where a stage was asked for no gold row
#   step report:     from the stages, the report
#   step text:       from the report, the report for people
#
# With a student:
#
#   step student:        from prism-stats --train-student, the threshold of each column, and the agreement promised there
#   step audit:          from that and prism-stats --gold with the model's labels for gold, the agreement of the audit
#   step student_report: from that, the report

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

# fault is why a student is of no use in a column.
def fault: if .threshold == null then "no threshold reaches the target" else "agrees hardly more often than by chance" end;

# student is what the training of a student says of its columns.
def student:
  .student
  | {state: (if all(.columns[]; .usable) then "in use" else "set aside" end), rows, gold,
     why: ([.columns[] | select(.usable | not) | "\(.column): \(fault)"] | if . == [] then null else join("; ") end),
     columns: [.columns[] | .threshold as $least
       | {column, usable, threshold, above, promised: ([.thresholds[] | select(.threshold == $least) | .agreement][0])}]};

# audit adds to each column how often the audit agrees. Without gold that is to reach the target. With gold, which the
# thresholds are set by, it is to be no clearly less than training promised.
def audit($options):
  .columns |= [.[] | .column as $column
    | ([("Validated_" + $column, $column) as $name | $options.audit.gold.columns[]? | select(.column == $name)][0]) as $c
    | . + {audited: ($c.rows // 0), agreement: $c.accuracy, agreement_low: $c.accuracy_low, agreement_high: $c.accuracy_high}
    | .missed = (.agreement != null and (if $options.gold == "" then .agreement < $options.target else .agreement_high < .promised end))];

# is_closed tells whether the values of a column are known beforehand.
def is_closed($name):
  .columns[$name] as $c
  | ((.validation_rules // {}) | has("valid_" + ($name | ascii_downcase))) or ($c.labels != null) or $c.type == "boolean"
    or ($c.type == "integer" and $c.minimum != null and $c.maximum != null and $c.maximum - $c.minimum < 1000);

# texts is the codebook of the other columns alone.
def texts:
  . as $all
  | [.columns_to_code[] | select(. as $name | $all | is_closed($name) | not)] as $open
  | def of_open: with_entries(select(.key as $key | $open | index($key) != null));
    .columns_to_code = $open | .gate = false | del(.validation_rules, .reasoning)
  | if .columns then .columns |= of_open else . end
  | if .not_applicable_defaults then .not_applicable_defaults |= of_open else . end
  | if .examples then .examples |= map(.labels |= of_open) else . end;

# gate is how a row that is not applicable reads in JSON; empty without a gate.
def gate:
  . as $all
  | (if has("gate") then .gate else .columns_to_code[0] | select(. as $name | $all.columns[$name].type | . == null or . == "label" or . == "text") end)
  | strings | tojson + ":\"NOT_APPLICABLE\"";

def student_report($options):
  [$options.counts.columns[]? | .values[]? | select(.count > 0) | {labelled_by: .value, rows: .count}] as $by
  | ($options.calls | {calls: calls_made, prompt_tokens: (.prompt_tokens // 0), tokens: (.tokens // 0)}) as $spent
  | {rows: $options.rows, target: $options.target,
     student: (. + {learned: $options.learned, sure: $options.sure, audited: $options.audited, by: (if $options.gold == "" then "agreement" else "gold" end)}),
     model: ({labelled_by: $options.model, asked: $options.asked} + $spent),
     texts: ($options.texts | {how: $options.text_columns, calls: calls_made, prompt_tokens: (.prompt_tokens // 0), tokens: (.tokens // 0)}), labelled_by: $by, missing: ($options.rows - ([$by[].rows] | add // 0)),
     saved: (if $spent.calls == 0 then null
       else {rows: ($options.rows - $options.asked)} + ($spent | map_values(. / $options.asked * ($options.rows - $options.asked) | round)) end),
     shares: [$options.shares.estimate.columns[]? | select(.labels != []) | {column, labels}], result: $options.result};

def student_cells:
  [.column, (.threshold | fixed(3)), (.above | percent), (.promised | percent), (.agreement | percent),
   (if .agreement == null then "-" else "\(.agreement_low | percent) to \(.agreement_high | percent)" end), (.audited // 0 | grouped),
   if .missed then "TOO FEW" elif .usable then "" else fault end];

def student_text:
  . as $report
  | "\(.rows | counted("row")), target \(.target | percent) by \(.student.by); intervals of 95%",
    "",
    ([["labelled by", "labels kept", "share"]] + [.labelled_by[] | [.labelled_by, (.rows | grouped), (.rows / $report.rows | percent)]] | aligned([1, 2])[]),
    (if .missing > 0 then "\(.missing | counted("row")) without labels" else empty end),
    "",
    "student  \(.student.state)\(if .student.why then ": " + .student.why else "" end)",
    (if .student.columns == [] then empty else
      "         learned from \(.student.learned | counted("row")), \(.student.gold | grouped) of them gold; sure of \(.student.sure | counted("row")), audited in \(.student.audited | grouped)",
      "",
      ([["column", "kept from", "sure", "promised", "agreement", "audit", "rows", ""]] + [.student.columns[] | student_cells] | aligned([1, 2, 3, 4, 6])[]) end),
    "",
    "model    \(.model.labelled_by): asked for \(.model.asked | counted("row")) (\(.model.asked / .rows | percent)), \(.model.calls | counted("call")), \(.model.prompt_tokens + .model.tokens | counted("token"))",
    (if .saved == null then empty else
      "saved    about \(.saved.calls | counted("call")) and \(.saved.prompt_tokens + .saved.tokens | counted("token")), by what its rows took on average" end),
    (if .texts.how == "skip" then empty else
      "texts    of the student's rows: \(.texts.calls | counted("call")) and \(.texts.prompt_tokens + .texts.tokens | counted("token"))" end),
    "result   \(.result)";

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
elif $step == "student" then student
elif $step == "closed" then . as $all | any(.columns_to_code[]; . as $name | $all | is_closed($name))
elif $step == "texts" then texts
elif $step == "gate" then gate
elif $step == "audit" then audit($ARGS.named | .audit = .audit[0])
elif $step == "student_report" then student_report($ARGS.named | .counts = .counts[0] | .shares = .shares[0])
elif .student then student_text
else text end
