"""Trains the model, step by step. It can be stopped at any time and goes on where it was.

    train.py --folder DIR --steps N [--minutes M] [--styles classic,compact] [--seed S]

First the words learn what they mean: the sum of a row's tokens tells its labels, without the layers. Then
come steps of rows alone, cut out of their prompts: they teach what rows mean, several times
faster than whole prompts. After them a step is some prompts of one style and one number of rows. Few rows a
prompt come first, all numbers from 1 to 10 from half of these steps on. The seed and the number of
steps decide what is learned; with --minutes training stops early, and the same command goes on later.
"""

import argparse
import copy
import math
import os
import random
import time

import torch
from torch.nn import functional

import network
import prompts
import samples
import tokenizer

TOKENS_A_STEP = 3000
WORD_STEPS, WORD_RATE = 3000, 3e-3  # of the words, before the first step
ROWS_ALONE = 0.4  # share of the steps that have rows alone
RATE, LAST_RATE, WARM_UP = 2e-3, 2e-5, 100
AVERAGED = 300  # steps that the published weights are about the mean of
MOST_ROWS = 10
SAVE_EVERY, PRINT_EVERY = 100, 10
STOPPED_EARLY = 3  # exit code when --minutes ended the training before its last step
VALUE_WEIGHT, SUMMARY_WEIGHT, NAME_WEIGHT, SPAN_WEIGHT = 4.0, 1.0, 0.3, 0.1
LOOK_WEIGHTS = [0.1, 0.1, 0.1, 1.0]  # of each layer: the last one decides which row is answered
ROWS_A_PROMPT, PROMPTS_A_STEP = 8, 16  # of a step of rows alone
TOKENS_A_ROW = {"classic": 95, "compact": 60}


class Batch:
    """Samples side by side, padded at their ends."""

    def __init__(self, items):
        length = max(len(s.tokens) for s in items)
        self.tokens = torch.zeros(len(items), length, dtype=torch.long)
        for n, s in enumerate(items):
            self.tokens[n, : len(s.tokens)] = torch.tensor(s.tokens)
        reply = [(n, p, s.tokens[p + 1], VALUE_WEIGHT if p + 1 in s.value_starts else 1.0)
                 for n, s in enumerate(items) for p in range(s.reply_start - 1, len(s.tokens) - 1)]
        self.reply = as_columns(reply)
        self.looks = {}
        for layer in range(network.LAYERS):
            found = [(n, *look[1:]) for n, s in enumerate(items) for look in s.looks if look[0] == layer]
            if found:
                self.looks[layer] = as_columns(found)
        rows = [(n, first, last) for n, s in enumerate(items) for first, last in zip(s.spans, s.summaries)]
        self.rows = as_columns(rows)
        self.classes = torch.tensor([c for s in items for c in s.classes])
        self.named = as_columns([(n, position, digits) for n, s in enumerate(items) for position, digits in s.named])


class RowBatch:
    """Rows side by side, without their prompts."""

    def __init__(self, items, shorter):
        """Takes the shorter or the longer half of the rows of items, which are alike in length, or all (None)."""
        rows = sorted((last - first, n, first, last, k) for n, s in enumerate(items)
                      for k, (first, last) in enumerate(zip(s.spans, s.summaries)))
        if shorter is not None:
            rows = rows[: len(rows) // 2] if shorter else rows[len(rows) // 2 :]
        length = rows[-1][0] + 1
        self.tokens = torch.zeros(len(rows), length, dtype=torch.long)
        classes, looks, place, named = [], {}, {}, []
        for i, (_, n, first, last, k) in enumerate(rows):
            self.tokens[i, : last + 1 - first] = torch.tensor(items[n].tokens[first : last + 1])
            classes.append(items[n].classes[k])
            place.update({(n, position): (i, first) for position in range(first + 1, last + 1)})  # first: the last of the row before
        for n, s in enumerate(items):
            for layer, head, query, key in s.looks:
                if layer < network.LAYERS - 1 and (n, query) in place:
                    i, first = place[n, query]
                    looks.setdefault(layer, []).append((i, head, query - first, key - first))
            named += [(place[n, position][0], position - place[n, position][1], digits) for position, digits in s.named if (n, position) in place]
        self.looks = {layer: as_columns(found) for layer, found in looks.items()}
        self.named = as_columns(named)
        self.last = torch.tensor([size for size, *_ in rows])
        self.classes = torch.tensor(classes)


def as_columns(tuples):
    """Returns a tensor for each place of the tuples."""
    return [torch.tensor(column) for column in zip(*tuples)]


def compute_losses(net, start_tokens, batch):
    """Returns the parts of the loss, and the share of values whose first token is right."""
    start = len(start_tokens)
    _, _, before = net.run_layers(torch.tensor([start_tokens]))
    vectors, looks, _ = net.run_layers(batch.tokens, start, before)
    n, position, target, weight = batch.reply
    logits = net.predict(vectors[-1][n, position])
    loss = functional.cross_entropy(logits, target, reduction="none")
    right = (logits.argmax(-1) == target)[weight > 1].float().mean()
    parts = {"reply": (loss * weight).sum() / weight.sum()}

    n, first, last = batch.rows
    told = net.tell(vectors[-2][n, last])
    parts["summary"] = SUMMARY_WEIGHT * compute_label_loss(told, batch)

    parts["looks"] = compute_look_loss(looks, start, batch)
    parts["names"] = compute_name_loss(net, vectors[-2], batch)

    places = torch.arange(start + batch.tokens.shape[1])
    own = ((places >= start + first[:, None]) & (places <= start + last[:, None])).float()
    parts["span"] = 0
    for layer in range(1, network.LAYERS - 1):
        share = (looks[layer][n, :, last] * own[:, None]).sum(-1)
        parts["span"] = parts["span"] - SPAN_WEIGHT * torch.log(share + 1e-6).mean() / (network.LAYERS - 2)
    return parts, right


def compute_row_losses(net, batch):
    """Returns the parts of the loss of rows alone, and the share of labels that are right."""
    vectors, looks, _ = net.run_layers(batch.tokens)
    told = net.tell(vectors[-2][torch.arange(len(batch.last)), batch.last])
    right = torch.stack([(t.argmax(-1) == batch.classes[:, i]).float().mean() for i, t in enumerate(told[:-1])]).mean()
    parts = {"summary": compute_label_loss(told, batch), "words": compute_label_loss(net.tell_by_words(batch.tokens, batch.last), batch)}
    parts["looks"] = compute_look_loss(looks, 0, batch)
    parts["names"] = compute_name_loss(net, vectors[-2], batch)
    return parts, right


def compute_label_loss(told, batch):
    """Returns how badly the labels of rows are told."""
    return sum(functional.cross_entropy(t, batch.classes[:, i]) for i, t in enumerate(told)) / len(told)


def compute_look_loss(looks, start, batch):
    """Returns how far the heads look elsewhere than they should."""
    loss = 0
    for layer, (n, head, query, key) in batch.looks.items():
        loss = loss - LOOK_WEIGHTS[layer] * torch.log(looks[layer][n, head, query, start + key] + 1e-6).mean()
    return loss


def compute_name_loss(net, vectors, batch):
    """Returns how badly summaries and answers tell the digits of their names."""
    n, position, digits = batch.named
    told = net.tell_name(vectors[n, position])
    return NAME_WEIGHT * functional.cross_entropy(told.flatten(0, 1), digits.flatten())


def learning_rate(step, steps):
    if step < WARM_UP:
        return RATE * (step + 1) / WARM_UP
    return LAST_RATE + (RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / max(1, steps - WARM_UP)))


def choose_rows(rng, step, steps):
    """Returns how many rows the prompts of a step have."""
    most = min(MOST_ROWS, 2 + int(2 * (MOST_ROWS - 2) * step / steps))
    return rng.randint(1, most)


def make_rows(sampler, rng, style, shorter):
    """Returns a batch of rows alone."""
    return RowBatch([sampler.make(rng, style, ROWS_A_PROMPT) for _ in range(PROMPTS_A_STEP)], shorter)


def make_batch(sampler, seed, step, steps):
    """Returns a batch and its style; of rows alone, none."""
    rng = random.Random(f"{seed} {step}")
    style = rng.choice(sampler.styles)
    alone = int(ROWS_ALONE * steps)
    if step < alone:
        return None, make_rows(sampler, rng, style, rng.random() < 0.5)
    count = choose_rows(rng, step - alone, steps - alone)
    size = max(1, TOKENS_A_STEP // (TOKENS_A_ROW[style] * count))
    items = sorted((sampler.make(rng, style, count) for _ in range(2 * size)), key=lambda s: len(s.tokens))
    return style, Batch(items[:size] if rng.random() < 0.5 else items[size:])  # alike in length: less padding


class Training:
    def __init__(self, args, sampler, vocabulary):
        self.args, self.sampler = args, sampler
        self.path = os.path.join(args.folder, "checkpoint.pt")
        torch.manual_seed(args.seed)
        classes = [len(labels) for labels in samples.LABELS.values()] + [len(sampler.key_points)]
        self.net = network.Network(vocabulary, classes)
        decayed = [w for w in self.net.parameters() if w.dim() == 2]
        others = [w for w in self.net.parameters() if w.dim() != 2]
        self.optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
                                           lr=RATE, betas=(0.9, 0.98))
        self.average = copy.deepcopy(self.net)
        self.step = 0
        if os.path.exists(self.path):
            saved = torch.load(self.path)
            if saved["settings"] != self.settings():
                raise SystemExit(f"error: {self.path} is of another training: {saved['settings']}\nhint: remove it, or use another folder")
            self.net.load_state_dict(saved["net"])
            self.average.load_state_dict(saved["average"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step = saved["step"]
            print(f"going on after {self.step} steps", flush=True)
        else:
            self.learn_words()

    def settings(self):
        return {"seed": self.args.seed, "steps": self.args.steps, "styles": self.args.styles}

    def save(self):
        state = {"net": self.net.state_dict(), "average": self.average.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step, "settings": self.settings()}
        torch.save(state, self.path + ".new")
        os.replace(self.path + ".new", self.path)

    def learn_words(self):
        """Teaches the tokens' vectors what labels they are a sign of, and saves them."""
        optimizer = torch.optim.Adam([self.net.token_embd.weight, *self.net.summary_words.parameters()])
        for step in range(WORD_STEPS):
            rng = random.Random(f"{self.args.seed} words {step}")
            batch = make_rows(self.sampler, rng, rng.choice(self.sampler.styles), None)
            optimizer.param_groups[0]["lr"] = WORD_RATE * (1 - step / WORD_STEPS)
            loss = compute_label_loss(self.net.tell_by_words(batch.tokens, batch.last), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if (step + 1) % SAVE_EVERY == 0:
                print(f"words {step + 1}/{WORD_STEPS}  {float(loss):.3f}", flush=True)
        self.average.load_state_dict(self.net.state_dict())
        self.save()

    def run(self):
        began, first, tokens, shown = time.monotonic(), self.step, 0, {}
        while self.step < self.args.steps:
            minutes = (time.monotonic() - began) / 60
            if self.args.minutes and minutes >= self.args.minutes:
                print(f"stopping after {minutes:.1f} minutes; the same command goes on", flush=True)
                break
            style, batch = make_batch(self.sampler, self.args.seed, self.step, self.args.steps)
            parts = self.take_step(style, batch, shown)
            tokens += batch.tokens.numel()
            self.step += 1
            if self.step % PRINT_EVERY == 0:
                seconds = time.monotonic() - began
                left = seconds / (self.step - first) * (self.args.steps - self.step)
                values = " ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in shown.items())
                print(f"step {self.step}/{self.args.steps}  {values}  {tokens / seconds:.0f} tokens/s  {left / 60:.1f} minutes left", flush=True)
                shown.clear()
            if self.step % SAVE_EVERY == 0:
                self.save()
        self.save()
        print(f"{self.step} of {self.args.steps} steps are done", flush=True)
        return self.step >= self.args.steps

    def take_step(self, style, batch, shown):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.args.steps)
        if style is None:
            parts, right = compute_row_losses(self.net, batch)
        else:
            parts, right = compute_losses(self.net, self.sampler.starts[style], batch)
        self.optimizer.zero_grad()
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.average_weights()
        for name, value in {**parts, "right": right}.items():
            shown.setdefault(name, []).append(float(value))

    def average_weights(self):
        """Moves the average towards the weights, by more in the first steps."""
        share = max(1 / AVERAGED, 9 / (10 + self.step))
        with torch.no_grad():
            for mean, weight in zip(self.average.parameters(), self.net.parameters()):
                mean.lerp_(weight, share)


def main():
    parser = argparse.ArgumentParser(description="Train the demo's model.")
    parser.add_argument("--folder", required=True, help="folder of the tokenizer and the checkpoint")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=0, help="stop after this time")
    parser.add_argument("--styles", default=",".join(prompts.STYLES))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tokens = tokenizer.load(os.path.join(args.folder, "merges.json"))
    renderer = prompts.Renderer(prompts.build_renderer(args.folder))
    sampler = samples.Sampler(renderer, tokens, "train", args.styles.split(","))
    finished = Training(args, sampler, len(tokens.texts)).run()
    renderer.close()
    if not finished:
        raise SystemExit(STOPPED_EARLY)


if __name__ == "__main__":
    main()
