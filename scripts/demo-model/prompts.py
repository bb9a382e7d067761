"""Batches of rows as prism-classify puts them to the model, with the replies to learn.

The messages are rendered by PRISM's own code (internal/testutil/demomodel/render). Only the reply is
written here: in the form that the reply schema of the style demands, without white space.
"""

import json
import os
import subprocess

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCHEMA = "examples/feedback/prompt.json"
STYLES = ["classic", "compact"]
TOP_ROW_ID = [50, 1000, 1000, 1000, 100000]  # the first RowID of a batch is below one of these


class Renderer:
    """Renders the messages of a batch. It keeps one process for all of them."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, SCHEMA], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def render(self, style, rows):
        """Returns the system and the user message."""
        mentions = [{key: row[key] for key in ("RowID", "Title", "Message", "Sentiment")} for row in rows]
        self.process.stdin.write(json.dumps({"style": style, "rows": mentions}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the renderer of prompts ended; its error is above")
        messages = json.loads(line)
        return messages["system"], messages["user"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def build_renderer(folder):
    program = os.path.join(os.path.abspath(folder), "render")
    subprocess.run(["go", "build", "-o", program, "./internal/testutil/demomodel/render"], cwd=ROOT, check=True)
    return program


def number_rows(rng, rows):
    """Gives rows RowIDs that mostly follow each other."""
    row_id = rng.randrange(1, rng.choice(TOP_ROW_ID))
    for row in rows:
        row["RowID"] = row_id
        row_id += 1 if rng.random() < 0.95 else rng.randrange(2, 30)
    return rows


class Answer:
    """The reply to one row: where in the whole reply its key and its values stand, in bytes."""

    def __init__(self, row, key_end, values, end):
        self.row = row  # its place in the prompt
        self.key_end = key_end  # after the last digit of its key
        self.values = values  # where each value begins
        self.end = end  # after the last value


def write_reply(style, rows, order):
    """Returns the reply that answers the rows in an order, and an Answer for each."""
    text, answers = "" if len(rows) == 1 else "[", []
    for n, i in enumerate(order):
        if n > 0:
            text += ","
        labels = rows[i]["labels"]
        text += '{"RowID":%d' % rows[i]["RowID"] if style == "classic" else "[%d" % (i + 1)
        key_end, values = len(text.encode()), []
        for column, value in labels.items():
            text += ',"%s":"' % column if style == "classic" else ',"'
            values.append(len(text.encode()))
            text += json.dumps(value, ensure_ascii=False)[1:-1] + '"'
        answers.append(Answer(i, key_end, values, len(text.encode())))
        text += "}" if style == "classic" else "]"
    return text if len(rows) == 1 else text + "]", answers


class Mention:
    """Where a row stands in the user message, in bytes."""

    def __init__(self, start, key_end, end):
        self.start, self.key_end, self.end = start, key_end, end


def find_mentions(style, rows, user):
    """Finds the rows in a user message."""
    text, pos, mentions = user.encode(), 0, []
    for n, row in enumerate(rows):
        body = "\n".join(filter(None, [row["Title"], row["Message"]]))
        if style == "classic":
            key, body = "RowID: %d" % row["RowID"], "Content: " + row["Message"]
        else:
            key, body = "\n[%d" % (n + 1), "] " + body if body else "]"
        key_end = text.index(key.encode(), pos) + len(key.encode())
        end = text.index(body.encode(), key_end) + len(body.encode())
        mentions.append(Mention(pos, key_end, end))
        pos = end
    return mentions
