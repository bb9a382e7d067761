# The JSON Schema of the reply for one row; $p is the prompt schema.
def reply_schema($p):
  {
    type: "object",
    properties: {
      Topic: {type: "string", enum: ($p.validation_rules.valid_topic + ["NOT_APPLICABLE"])},
      Sentiment: {type: "string", enum: $p.validation_rules.valid_sentiment},
      Urgency: {type: "string", enum: $p.validation_rules.valid_urgency},
      Key_Point: {type: "string"}
    },
    required: $p.columns_to_code
  };

# The user message for one row.
def mention($id; $title; $message):
  "Classify this mention.\n\nRowID: \($id)\n\nTitle: \($title)\nContent: \($message)\n\n**RETURN:** One JSON object.";
