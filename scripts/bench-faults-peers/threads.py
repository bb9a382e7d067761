#!/usr/bin/env python3
"""Labels a JSONL table with four threads, in batches of ten rows, as the Python program PRISM v6 is described.

  scripts/bench-faults-peers/threads.py INPUT OUTPUT

A reply is a JSON array with one object a row, in the order of the prompt. A call that fails is tried three times
more, after 5, 10 and 20 seconds; then its rows are listed in failed.txt. Every 50 rows a checkpoint part is written;
the same command continues after the last RowID in them. OUTPUT is made of the parts at the end.

HOST and MODEL are the server and its model, PROMPTS the prompt schema file.
"""
import concurrent.futures
import glob
import json
import os
import sys
import time
import urllib.request

BATCH, THREADS, RETRIES, DELAY, INTERVAL = 10, 4, 3, 5, 50
RULE = "═" * 67
PROMPTS = json.load(open(os.environ["PROMPTS"], encoding="utf-8")) if "PROMPTS" in os.environ else {}


def write_prompt(rows):
    n = len(rows)
    mentions = [f"{RULE}\n[MENTION {i} of {n}]\nRowID: {r['RowID']}\n\nTitle: {r['Title']}\nContent: {r['Message']}\n"
                for i, r in enumerate(rows, 1)]
    return (f"Classify these {n} mentions. Return a JSON ARRAY with one object per mention in the EXACT order given.\n\n"
            + "".join(m + RULE + "\n\n" for m in mentions)
            + f"**RETURN:** A JSON array with EXACTLY {n} objects in order: [{{...}}, {{...}}, ...]")


def ask(rows):
    """Labels rows with one call."""
    body = {"model": os.environ["MODEL"], "stream": False, "messages": [
        {"role": "system", "content": PROMPTS["system_prompt"]}, {"role": "user", "content": write_prompt(rows)}]}
    request = urllib.request.Request(os.environ["HOST"] + "/api/chat", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as response:
        text = json.load(response)["message"]["content"]
    start, end = text.find("["), text.rfind("]")
    replies = json.loads(text[start:end + 1])
    if len(replies) != len(rows):
        raise ValueError(f"{len(replies)} objects for {len(rows)} rows")
    return [{**row, **{column: reply[column] for column in PROMPTS["columns_to_code"]}} for row, reply in zip(rows, replies)]


def label(rows):
    """Labels a batch; (labelled rows, rows that failed)."""
    for attempt in range(RETRIES + 1):
        try:
            return ask(rows), []
        except Exception as error:
            print(f"attempt {attempt + 1}, rows {rows[0]['RowID']} to {rows[-1]['RowID']}: {error}", file=sys.stderr)
            if attempt < RETRIES:
                time.sleep(DELAY * 2 ** attempt)
    return [], rows


def read_table(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def list_parts():
    return sorted(glob.glob("checkpoints/checkpoint_part*.jsonl"))


def save_part(rows):
    if rows:
        with open(f"checkpoints/checkpoint_part{len(list_parts()) + 1:04d}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main(path, output):
    os.makedirs("checkpoints", exist_ok=True)
    rows = read_table(path)
    done = [row["RowID"] for part in list_parts() for row in read_table(part)]
    if done:
        rows = [row for row in rows if row["RowID"] > done[-1]]
    unsaved, failed = [], []
    pool = concurrent.futures.ThreadPoolExecutor(THREADS)
    try:
        for labelled, lost in pool.map(label, [rows[i:i + BATCH] for i in range(0, len(rows), BATCH)]):
            unsaved += labelled
            failed += lost
            if len(unsaved) >= INTERVAL:
                save_part(unsaved)
                unsaved = []
        save_part(unsaved)
    finally:
        pool.shutdown(cancel_futures=True)
    merged = sorted((row for part in list_parts() for row in read_table(part)), key=lambda row: row["RowID"])
    with open(output, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in merged)
    with open("failed.txt", "a", encoding="utf-8") as file:
        file.writelines(f"{row['RowID']}\n" for row in failed)
    if failed:
        sys.exit(f"error: {len(failed)} rows failed, see failed.txt")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
