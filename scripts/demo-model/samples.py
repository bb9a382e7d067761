"""Prompts and replies as tokens, with what the model is shown beside the reply itself.

Beside the next token, training tells the model where to look. A row of the prompt ends with a token
that gathers what the row says (its summary), and has a token right after its key that gathers the
digits (its name). In the reply each answer begins with the key, so it has a name too. Layers then look:

    first layer   names look at the last three digits of their key, one head for each
    second        summaries and the tokens of an answer look at their own name
    last          the tokens of an answer look at the summary with the same name

Before the last layer, summaries and the tokens of an answer tell the digits of their name.
"""

import bisect
import itertools

import feedback
import network
import prompts

NO_DIGIT = network.DIGIT_VALUES - 1
LABELS = {"Topic": [*list(feedback.TOPICS)], "Sentiment": feedback.SENTIMENT_LABELS, "Urgency": ["High", "Medium", "Low"]}


class Sample:
    """A prompt with its reply. Positions count from the user message on, the shared start left out."""

    def __init__(self):
        self.tokens = []
        self.reply_start = 0
        self.value_starts = set()  # positions of the first tokens of values
        self.summaries = []  # position of each row's summary
        self.spans = []  # first position of each row
        self.classes = []  # for each row its labels as numbers
        self.looks = []  # (layer, head, from position, to position)
        self.named = []  # (position, digits of the name that it has, the last one first)


class Sampler:
    """Makes samples: the same seed and number give the same one."""

    def __init__(self, renderer, tokenizer, part, styles):
        self.renderer, self.tokenizer, self.styles = renderer, tokenizer, styles
        self.writer = feedback.Writer(part)
        self.key_points = {text: i for i, text in enumerate(feedback.key_points())}
        self.starts = {style: self.read_start(style) for style in styles}

    def read_start(self, style):
        """Returns the tokens that every prompt begins with."""
        row = {"RowID": 1, "Title": "", "Message": "x", "Sentiment": ""}
        system, user = self.renderer.render(style, [row])
        return self.tokenizer.chat(system, user)[0]

    def make(self, rng, style, count):
        rows = prompts.number_rows(rng, [self.writer.write_row(rng) for _ in range(count)])
        order = list(range(count))
        if rng.random() < 0.5:
            rng.shuffle(order)
        system, user = self.renderer.render(style, rows)
        reply, answers = prompts.write_reply(style, rows, order)
        return self.tokenize(style, rows, system, user, reply, answers)

    def tokenize(self, style, rows, system, user, reply, answers):
        sample = Sample()
        start, prompt = self.tokenizer.chat(system, user)
        if start != self.starts[style]:
            raise ValueError("a prompt begins in another way than the others")
        in_reply = self.tokenizer.encode(reply)
        sample.tokens = prompt + in_reply + [self.tokenizer.ids["<|im_end|>"]]
        sample.reply_start = len(prompt)
        starts = self.token_starts(prompt)
        for mention, row in zip(prompts.find_mentions(style, rows, user), rows):
            summary, name = locate(starts, mention.end), locate(starts, mention.key_end)
            sample.summaries.append(summary)
            sample.spans.append(locate(starts, mention.start))
            labels = row["labels"]
            sample.classes.append([LABELS[c].index(labels[c]) for c in LABELS] + [self.key_points[labels["Key_Point"]]])
            digits = self.add_name(sample, name)
            sample.looks.append((1, 0, summary, name))
            sample.named.append((summary, digits))
        starts = self.token_starts(in_reply)
        for answer in answers:
            name, end = len(prompt) + locate(starts, answer.key_end), len(prompt) + locate(starts, answer.end - 1)
            digits = self.add_name(sample, name)
            sample.value_starts.update(len(prompt) + locate(starts, value) for value in answer.values)
            for position in range(name, end):
                sample.looks.append((1, 0, position, name))
                sample.named.append((position, digits))
                for head in range(network.NAME_HEADS):
                    sample.looks.append((network.LAYERS - 1, head, position, sample.summaries[answer.row]))
        return sample

    def add_name(self, sample, name):
        """Adds the looks of a name, and returns its digits."""
        digits = [NO_DIGIT] * network.DIGITS
        for n in range(network.DIGITS):
            digit = self.tokenizer.texts[sample.tokens[name - 1 - n]]
            if not digit.isdigit():
                break
            digits[n] = int(digit)
            sample.looks.append((0, n, name, name - 1 - n))
        return digits

    def token_starts(self, tokens):
        return [0, *itertools.accumulate(self.tokenizer.lengths[t] for t in tokens)]


def locate(starts, byte):
    """Returns the token that a byte is in."""
    return bisect.bisect_right(starts, byte) - 1
