# The row with its labels, from the answer to its call; nothing if one is missing.
.message.content | fromjson
| select(.Topic and .Sentiment and .Urgency and .Key_Point)
| $row + {Topic, Sentiment, Urgency, Key_Point}
