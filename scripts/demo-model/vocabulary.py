"""Learns the tokenizer's merges from the prompts and replies of training rows.

    vocabulary.py --folder DIR [--styles classic,compact] [--seed S]
"""

import argparse
import os
import random

import feedback
import prompts
import tokenizer

SIZE = 5000  # tokens
BATCHES, MOST_ROWS = 4000, 10


def main():
    parser = argparse.ArgumentParser(description="Learn the tokenizer's merges.")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--styles", default=",".join(prompts.STYLES))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(f"vocabulary {args.seed}")
    renderer = prompts.Renderer(prompts.build_renderer(args.folder))
    writer = feedback.Writer("train")
    texts = set()
    for _ in range(BATCHES):
        style = rng.choice(args.styles.split(","))
        rows = prompts.number_rows(rng, [writer.write_row(rng) for _ in range(rng.randint(1, MOST_ROWS))])
        system, user = renderer.render(style, rows)
        reply, _ = prompts.write_reply(style, rows, range(len(rows)))
        texts.update((f"system\n{system}", f"user\n{user}", f"assistant\n{reply}"))
    renderer.close()
    learned = tokenizer.learn(sorted(texts), SIZE)
    learned.save(os.path.join(args.folder, "merges.json"))
    print(f"{len(learned.texts)} tokens")


if __name__ == "__main__":
    main()
