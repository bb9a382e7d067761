"""Checks that Ollama serves the very model that was trained: the same tokens, the same probabilities.

    compare.py --folder DIR --server URL --model NAME [--texts 500]

Prompts of held-out rows, and texts with what tokenizers trip over, are put to the server; it must
count as many tokens, and give the likeliest next tokens the same probabilities within TOLERANCE.
"""

import argparse
import json
import math
import os
import random
import urllib.request

import torch

import feedback
import network
import prompts
import samples
import tokenizer

TOLERANCE = 0.02  # of a probability: the server calculates with 16 bits
TOP = 5
ODD = ["", " ", "  two  blanks ", "tabs\t\tand\r\nlines\n\n\n", "it's I'VE we'll 'quoted'", "1234567 12,5 € №5", "Größe naïve Zażółć 東京 🙂👍🏽",
       "<|im_start|>", "a_b-c/d\\e", "…—“”", "x" * 200, "═" * 67, "\u00a0hard blank", "A.B.C. e.g. 3.14159"]


def ask(server, request):
    data = json.dumps(request).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{server}/api/generate", data), timeout=120) as reply:
        return json.load(reply)


def load_network(folder, tokens):
    weights = torch.load(os.path.join(folder, "checkpoint.pt"))["average"]
    for name, weight in weights.items():
        if weight.dim() == 2:
            weights[name] = weight.half().float()  # as they are in the file
    classes = [len(labels) for labels in samples.LABELS.values()] + [len(feedback.key_points())]
    net = network.Network(len(tokens.texts), classes)
    net.load_state_dict(weights)
    return net.eval()


def split_control(tokens, text):
    """Returns the tokens of a text that may have control tokens."""
    found = []
    for n, part in enumerate(text.split(tokenizer.TURN)):
        if n > 0:
            found.append(tokens.ids[tokenizer.TURN])
        for m, piece in enumerate(part.split(tokenizer.END_OF_TURN)):
            if m > 0:
                found.append(tokens.ids[tokenizer.END_OF_TURN])
            found += tokens.encode(piece)
    return found


def make_texts(folder, count, styles):
    rng = random.Random("compare")
    renderer, writer = prompts.Renderer(prompts.build_renderer(folder)), feedback.Writer("trial")
    texts = ["say: " + text for text in ODD]
    while len(texts) < count:
        rows = prompts.number_rows(rng, [writer.write_row(rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))])
        style = rng.choice(styles)
        system, user = renderer.render(style, rows)
        reply = prompts.write_reply(style, rows, range(len(rows)))[0]
        texts.append(f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
                     + reply[: rng.randrange(len(reply))])
    renderer.close()
    return texts


def compare(net, tokens, server, model, text):
    """Returns what differs, or nothing, and the greatest difference of a probability."""
    ids = split_control(tokens, text)
    reply = ask(server, {"model": model, "prompt": text, "raw": True, "stream": False, "logprobs": True, "top_logprobs": TOP,
                         "options": {"temperature": 0, "num_predict": 1}})
    if reply["prompt_eval_count"] != len(ids):
        return f"{text!r}: the server counts {reply['prompt_eval_count']} tokens, not {len(ids)}", 0
    with torch.no_grad():
        ours = torch.log_softmax(net.predict(net.run_layers(torch.tensor([ids]))[0][-1][0, -1]), -1)
    shown = reply.get("logprobs")
    if not shown:  # the likeliest token ends the reply, or is a part of a letter, which the server keeps back
        likeliest = int(ours.argmax())
        is_shown = likeliest != tokens.ids[tokenizer.END_OF_TURN] and "\ufffd" not in tokens.decode([likeliest])
        return (f"{text!r}: the server shows no token" if is_shown else ""), 0
    theirs = [math.exp(choice["logprob"]) for choice in shown[0]["top_logprobs"]]
    ours = ours.topk(TOP).values.exp().tolist()
    difference = max(abs(a - b) for a, b in zip(theirs, ours))
    return (f"{text[-80:]!r}: {theirs} from the server, {ours} here" if difference > TOLERANCE else ""), difference


def main():
    parser = argparse.ArgumentParser(description="Check that Ollama serves the model that was trained.")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--styles", default=",".join(prompts.STYLES))
    parser.add_argument("--texts", type=int, default=500)
    args = parser.parse_args()
    tokens = tokenizer.load(os.path.join(args.folder, "merges.json"))
    net = load_network(args.folder, tokens)
    wrong, greatest = 0, 0
    for text in make_texts(args.folder, args.texts, args.styles.split(",")):
        problem, difference = compare(net, tokens, args.server, args.model, text)
        greatest = max(greatest, difference)
        if problem:
            wrong += 1
            print(problem)
    print(f"{args.texts} texts: {wrong} differ; probabilities differ by at most {greatest:.4f}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
