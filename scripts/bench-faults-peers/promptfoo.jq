# The configuration of an evaluation that labels a table; $prompts is the prompt schema file.
# promptfoo puts the row's values into the prompt, and a reply must fit the schema.
include "prompt";
$prompts[0] as $p
| {
    prompts: [[
      {role: "system", content: $p.system_prompt},
      {role: "user", content: mention("{{RowID}}"; "{{Title}}"; "{{Message}}")}
    ] | tojson],
    providers: [{id: "ollama:chat:\($model)", config: {passthrough: {format: reply_schema($p), stream: false}}}],
    tests: "file://tests.jsonl",
    defaultTest: {assert: [{type: "is-json", value: reply_schema($p)}]}
  }
