# The body of a call for one row; $prompts is the prompt schema file.
include "prompt";
$prompts[0] as $p
| {
    model: $model,
    stream: false,
    format: reply_schema($p),
    messages: [{role: "system", content: $p.system_prompt}, {role: "user", content: mention(.RowID; .Title; .Message)}]
  }
