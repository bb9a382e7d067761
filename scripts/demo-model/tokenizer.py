"""The model's tokenizer: byte pairs within words, as llama.cpp does it for "llama-bpe".

A text is cut into words by one regular expression. A word that is a token is taken whole; in any
other, pairs of neighbours are merged, the pair learned first before the others. Digits are never
merged: a grammar that wants the number 3 must not be met by the first half of a token 345.
"""

import collections
import heapq
import json

import regex

# llama.cpp's expression for "llama-bpe".
WORD = regex.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END_OF_TEXT, TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CONTROL = [END_OF_TEXT, TURN, END_OF_TURN]


def byte_letters():
    """Returns the letter that stands for each byte in the tokens of a GGUF file."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {b: chr(b) for b in shown}
    for b in range(256):
        if b not in letters:
            letters[b] = chr(0x100 + len(letters) - len(shown))
    return [letters[b] for b in range(256)]


class Tokenizer:
    """Tokens 0 to 255 are the bytes, then the control tokens, then one token a merge."""

    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        self.letters = byte_letters()
        self.texts = self.letters + CONTROL + [left + right for left, right in self.merges]
        self.ids = {text: i for i, text in enumerate(self.texts)}
        self.ranks = {pair: i for i, pair in enumerate(self.merges)}
        self.words = {}  # what was cut before
        self.lengths = [1] * 256 + [len(text) for text in self.texts[256:]]  # in bytes

    def encode(self, text):
        """Returns the tokens of a text without control tokens."""
        tokens = []
        for word in WORD.findall(text):
            found = self.words.get(word)
            if found is None:
                found = self.words[word] = self.cut(word)
            tokens += found
        return tokens

    def cut(self, word):
        symbols = [self.letters[b] for b in word.encode()]
        whole = "".join(symbols)
        if whole in self.ids:
            return [self.ids[whole]]
        while len(symbols) > 1:
            ranked = [(self.ranks.get(pair, len(self.merges)), i) for i, pair in enumerate(zip(symbols, symbols[1:]))]
            rank, i = min(ranked)
            if rank == len(self.merges):
                break
            symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
        return [self.ids[symbol] for symbol in symbols]

    def decode(self, tokens):
        numbers = {letter: b for b, letter in enumerate(self.letters)}
        text = "".join(self.texts[t] for t in tokens if self.texts[t] not in CONTROL)
        return bytes(numbers[letter] for letter in text).decode(errors="replace")

    def chat(self, system, user):
        """Returns the tokens before the user's text, and of it with the start of the reply."""
        before = self.control_line("system", system) + self.control_line("user", None)
        after = self.encode(user) + [self.ids[END_OF_TURN]] + self.encode("\n") + self.control_line("assistant", None)
        return before, after

    def control_line(self, role, content):
        """Returns the tokens of a message; without a content, of its start alone."""
        if content is None:
            return [self.ids[TURN]] + self.encode(role + "\n")
        return [self.ids[TURN]] + self.encode(role + "\n" + content) + [self.ids[END_OF_TURN]] + self.encode("\n")

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.merges, file, ensure_ascii=False)


def load(path):
    with open(path, encoding="utf-8") as file:
        return Tokenizer(json.load(file))


def learn(texts, size):
    """Learns merges from texts until there are size tokens, or no pair is there twice."""
    letters = byte_letters()
    counts = collections.Counter(word for text in texts for word in WORD.findall(text) if not word[0].isdigit())
    words = [[letters[b] for b in word.encode()] for word in counts]
    weights = list(counts.values())
    pairs, places = collections.Counter(), collections.defaultdict(set)
    for n, symbols in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += weights[n]
            places[pair].add(n)
    queue = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(queue)
    merges, known = [], set(letters)
    while len(known) + len(CONTROL) < size and queue:
        count, pair = heapq.heappop(queue)
        if -count != pairs[pair]:
            if pairs[pair] > 0:
                heapq.heappush(queue, (-pairs[pair], pair))
            continue
        if -count < 2:
            break
        merged = pair[0] + pair[1]
        if merged not in known:
            known.add(merged)
            merges.append(pair)
            changed = merge_pair(pair, merged, words, weights, pairs, places)
            for other in changed:
                heapq.heappush(queue, (-pairs[other], other))
        pairs[pair] = 0
    return Tokenizer(merges)


def merge_pair(pair, merged, words, weights, pairs, places):
    """Merges a pair in all words that have it. Returns the pairs whose number changed."""
    changed = set()
    for n in sorted(places.pop(pair, ())):
        old = words[n]
        for neighbours in zip(old, old[1:]):
            pairs[neighbours] -= weights[n]
        new, i = [], 0
        while i < len(old):
            if tuple(old[i : i + 2]) == pair:
                new.append(merged)
                i += 2
            else:
                new.append(old[i])
                i += 1
        for neighbours in zip(new, new[1:]):
            pairs[neighbours] += weights[n]
            places[neighbours].add(n)
            changed.add(neighbours)
        words[n] = new
    return sorted(changed)
