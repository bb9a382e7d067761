"""Synthetic customer feedback with its labels, for training and judging the demo's model.

The phrases are in the folder phrases. A block of phrases begins with a line of its labels,
"## Topic Sentiment Urgency", then "= key point" and "~ title | title"; every line after that says
the same thing in other words. In a pattern, [one|other] stands for one of these words. frames.txt has what stands around a phrase, words.txt what stands for
the {slots}, synonyms.txt words that may stand for each other. Lines that begin with "# " are comments.

The patterns of every list are divided once: one part is for training, a second for trying the model
out, a third, sealed and twice as large, for the figures in the model card. No pattern is in two parts. Phrases that stand
for themselves alone, rare sayings and other languages among them, are all for training.

    feedback.py --part sealed --rows 500 --seed 1 --output DIR   writes feedback.csv and gold.csv
"""

import argparse
import csv
import os
import random

import wording

COLUMNS = ["Topic", "Sentiment", "Urgency", "Key_Point"]
NOT_APPLICABLE = "NOT_APPLICABLE"
PARTS = ["train", "trial", "sealed"]
HELD_OUT = 9  # one pattern of as many is for trial, and two are sealed; at least one and two of a list
PATTERN_WEIGHT = 6  # how often a pattern is chosen, beside a phrase without alternatives
BLURRED = 0.4  # share of the training messages that lack words
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "phrases")

FILE_WEIGHTS = {"languages.txt": 0.25, "foreign.txt": 0.25}  # how often a block is drawn, beside one of another file
# How often a topic and a sentiment are drawn.
TOPICS = {"Product": 28, "Shipping": 18, "Support": 16, "Billing": 15, "Account": 11, "Other": 7, NOT_APPLICABLE: 7}
SENTIMENTS = {"Negative": 46, "Neutral": 26, "Positive": 18, "Mixed": 10}
SENTIMENT_LABELS = ["Positive", "Negative", "Neutral", "Mixed"]
GENERIC_TITLES = ["Feedback", "Message", "Hello", "To your team", "Form", "Halvolt", "No subject", "My opinion", "Order {order}"]


class Block:
    """Phrases that say the same thing, and their labels."""

    def __init__(self, topic, sentiment, urgency, weight):
        self.topic, self.sentiment, self.urgency, self.weight = topic, sentiment, urgency, weight
        self.key_point, self.titles, self.phrases = "", [], []


def read_lines(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    return [line for line in lines if line and not line.startswith("# ")]


def divide(phrases, part):
    """Returns the phrases of a list that belong to a part, always the same."""
    shuffled = sorted(phrase for phrase in phrases if "[" in phrase)
    alone = [phrase for phrase in phrases if "[" not in phrase] if part == "train" else []
    if not shuffled:
        return alone
    random.Random(shuffled[0]).shuffle(shuffled)
    share = max(1, len(shuffled) // HELD_OUT)
    return {"trial": shuffled[:share], "sealed": shuffled[share : 3 * share], "train": alone + shuffled[3 * share :]}[part]


def read_blocks(part):
    blocks = []
    for name in sorted(os.listdir(FOLDER)):
        if name in ("frames.txt", "synonyms.txt", "words.txt"):
            continue
        for line in read_lines(name):
            if line.startswith("## "):
                blocks.append(Block(*line[3:].split(), FILE_WEIGHTS.get(name, 1)))
            elif line.startswith("= "):
                blocks[-1].key_point = line[2:]
            elif line.startswith("~ "):
                blocks[-1].titles = line[2:].split(" | ")
            else:
                blocks[-1].phrases.append(line)
    blocks = merge_blocks(blocks)
    for block in blocks:
        block.phrases = divide(block.phrases, part)
    return [block for block in blocks if block.phrases]


def merge_blocks(blocks):
    """Puts the blocks together that say the same thing."""
    merged = {}
    for n, block in enumerate(blocks):
        is_said = block.topic != NOT_APPLICABLE
        said = (block.topic, block.sentiment, block.urgency, block.key_point, block.weight)
        same = merged.setdefault(said if is_said else n, block)
        if same is not block:
            same.titles, same.phrases = same.titles + block.titles, same.phrases + block.phrases
    return list(merged.values())


def read_frames(part):
    """Returns the phrases around others, by their kind: frames["closing Positive"]."""
    frames, kind = {}, None
    for line in read_lines("frames.txt"):
        if line.startswith("## "):
            kind = line[3:]
            frames[kind] = []
        else:
            frames[kind].append(line)
    return {kind: divide(phrases, part) for kind, phrases in frames.items()}


def choose(rng, phrases):
    """Chooses a phrase; a pattern stands for many."""
    weights = [PATTERN_WEIGHT if "[" in phrase else 1 for phrase in phrases]
    return wording.choose_words(rng, rng.choices(phrases, weights)[0])


def key_points():
    """Returns every key point once, in the order of the files."""
    return list(dict.fromkeys(block.key_point for block in read_blocks("train")))


class Writer:
    """Writes rows of one part. The same random numbers give the same rows."""

    def __init__(self, part):
        self.part = part
        self.frames = read_frames(part)
        self.words = wording.read_words(read_lines("words.txt"))
        self.synonyms = wording.Synonyms(read_lines("synonyms.txt"))
        self.blocks, self.vocabulary = {}, []
        for block in read_blocks(part):
            self.vocabulary += [w for phrase in block.phrases if "[" not in phrase for w in phrase.split() if "{" not in w]
            self.blocks.setdefault(block.topic, {}).setdefault(block.sentiment, []).append(block)

    def write_row(self, rng):
        """Returns a row: its Title, Message and Sentiment as given, and under "labels" what is right."""
        topic = wording.draw(rng, TOPICS)
        of_topic = self.blocks[topic]
        sentiment = wording.draw(rng, {s: w for s, w in SENTIMENTS.items() if s in of_topic})
        block = wording.draw(rng, {block: block.weight for block in of_topic[sentiment]})
        urgency = block.urgency
        core = [choose(rng, block.phrases)]
        if rng.random() < 0.35:
            core.append(choose(rng, block.phrases))
        core = list(dict.fromkeys(core))
        if topic == NOT_APPLICABLE:
            sentences = core
        else:
            if sentiment == "Negative" and rng.random() < 0.15:
                sentiment, core = "Mixed", self.mix(rng, core)
            pressing = self.frames.get("pressing " + block.sentiment)
            if pressing and urgency == "Medium" and rng.random() < 0.2:
                core.append(choose(rng, pressing))
                urgency = "High"
            sentences = self.surround(rng, core, sentiment)
        fill = wording.Filler(rng, self.words)
        message = wording.join(rng, [fill(self.synonyms.vary(rng, s)) for s in sentences])
        title = fill(self.choose_title(rng, block, message))
        if self.part == "train" and rng.random() < BLURRED:
            message = wording.blur(rng, message, self.vocabulary)
        return {
            "Title": title if title not in message and message not in title else "",
            "Message": message,
            "Sentiment": self.give_sentiment(rng, sentiment),
            "labels": {"Topic": topic, "Sentiment": sentiment, "Urgency": urgency, "Key_Point": block.key_point},
        }

    def mix(self, rng, core):
        """Puts praise before or after a complaint."""
        praise, joint = choose(rng, self.frames["praise Mixed"]), choose(rng, self.frames["joint Mixed"])
        if rng.random() < 0.75:
            return [praise.rstrip(".") + (" " if joint.endswith(":") else ", ") + joint + " " + wording.lower_first(core[0])] + core[1:]
        return core + ["But " + wording.lower_first(praise)]

    def surround(self, rng, core, sentiment):
        """Puts openings, facts and closings around the phrases that matter."""
        if rng.random() < 0.3:
            return core
        before, after = [], []
        for kind, place, share in (
            ("opening any", before, 0.25), ("opening " + sentiment, before, 0.25), ("fact any", before, 0.2),
            ("fact any", after, 0.2), ("closing " + sentiment, after, 0.35), ("closing any", after, 0.2),
        ):
            if rng.random() < share:
                place.append(choose(rng, self.frames[kind]))
        return before + core + after

    def choose_title(self, rng, block, message):
        """Titles that tell the topic are for training alone: held-out rows must be read."""
        kind = wording.draw(rng, {"block": 45 if self.part == "train" else 0, "start": 20, "generic": 10, "none": 25})
        if kind == "block" and block.titles:
            return rng.choice(block.titles)
        if kind == "generic":
            return rng.choice(GENERIC_TITLES)
        if kind == "start":
            return " ".join(message.split()[: rng.randint(2, 4)]).rstrip(".,:;!?") + "…"
        return ""

    def give_sentiment(self, rng, right):
        """Returns the sentiment that the input has: right, wrong or none."""
        x = rng.random()
        if x < 0.14:
            return ""
        if x < 0.28:
            return rng.choice([s for s in SENTIMENT_LABELS if s != right])
        return right


def main():
    parser = argparse.ArgumentParser(description="Write synthetic feedback and its labels as tables.")
    parser.add_argument("--part", choices=PARTS, default="trial")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True, metavar="DIR")
    args = parser.parse_args()
    rng = random.Random(f"{args.part} {args.seed}")
    writer = Writer(args.part)
    os.makedirs(args.output, exist_ok=True)
    tables = {"feedback.csv": ["RowID", "Title", "Message", "Sentiment"], "gold.csv": ["RowID"] + COLUMNS}
    files = {name: open(os.path.join(args.output, name), "w", encoding="utf-8", newline="") for name in tables}
    out = {name: csv.DictWriter(file, tables[name], extrasaction="ignore") for name, file in files.items()}
    for table in out.values():
        table.writeheader()
    for row_id in range(1, args.rows + 1):
        row = writer.write_row(rng)
        out["feedback.csv"].writerow({"RowID": row_id, **row})
        out["gold.csv"].writerow({"RowID": row_id, **row["labels"]})
    for file in files.values():
        file.close()


if __name__ == "__main__":
    main()
