#!/usr/bin/python3
"""Asks the model of an Ollama server with threads, as a script of a page does: batches of rows, retries with
growing waits, JSON found in the text of a reply if the text is none.

    OLLAMA_HOST=http://127.0.0.1:11434 IN_FLIGHT=4 threads.py FOLDER >replies.jsonl

FOLDER has request.json (model and options), system.txt (the system message) and calls.jsonl (the RowIDs of a
batch, its user message and the JSON Schema of its reply, a line each). Each labelled row is a line of JSON.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import sys
import time
import urllib.request

RETRIES = 3
DELAY = 5  # seconds before the first retry, then doubled
TIMEOUT = 300


def ask(body):
    """Returns the text of the model's reply."""
    request = urllib.request.Request(
        os.environ["OLLAMA_HOST"] + "/api/chat", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        return json.load(reply)["message"]["content"]


def parse(text):
    """Returns the rows of a reply, or None."""
    for found in [text] + re.findall(r"\[.*\]|\{.*\}", text, re.DOTALL):
        try:
            rows = json.loads(found)
        except ValueError:
            continue
        return rows if isinstance(rows, list) else [rows]
    return None


def label(body, wanted):
    """Returns the rows that were asked for, as far as a reply has them."""
    for attempt in range(RETRIES):
        try:
            rows = parse(ask(body))
        except OSError as error:
            print(error, file=sys.stderr)
            time.sleep(DELAY * 2**attempt)
            continue
        if rows is not None:
            return [row for row in rows if isinstance(row, dict) and row.get("RowID") in wanted]
    return []


def main():
    folder = pathlib.Path(sys.argv[1])
    request = json.loads((folder / "request.json").read_text())
    system = (folder / "system.txt").read_text()

    def work(line):
        call = json.loads(line)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": call["user"]}]
        return label({**request, "messages": messages, "format": call["format"]}, call["rows"])

    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("IN_FLIGHT", "4"))) as pool:
        for rows in pool.map(work, (folder / "calls.jsonl").read_text().splitlines()):
            for row in rows:
                print(json.dumps(row))


if __name__ == "__main__":
    main()
