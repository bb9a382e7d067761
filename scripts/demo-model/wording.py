"""How a phrase is written down: words for its slots, registers, slips of the pen."""

import re

REGISTERS = {"plain": 46, "lower case": 14, "no full stops": 8, "slips": 16, "lines": 8, "shouting": 3, "chatty": 5}
MOST_BLURRED = 0.2  # share of the words of a training message
KEYS_NEARBY = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "t": "r", "s": "d", "r": "t", "l": "k", "u": "i"}


def draw(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def choose_words(rng, pattern):
    """Chooses one of each [alternatives|others] of a phrase."""
    text = re.sub(r"\[([^\]]*)\]", lambda found: rng.choice(found.group(1).split("|")), pattern)
    return re.sub(r" +([ ,.;:?!])", r"\1", text).strip()


def blur(rng, text, others):
    """Leaves out some words of a text and puts others in the place of some."""
    share = rng.random() * MOST_BLURRED
    words = []
    for word in text.split(" "):
        x = rng.random()
        if x >= share:
            words.append(word)
        elif x >= share / 2:
            words.append(rng.choice(others))
    return " ".join(words) or text


def lower_first(text):
    """Lower-cases the first letter, but not that of "I" or of an abbreviation."""
    return text if text[:2] in ("I ", "I'") or text[1:2].isupper() else text[:1].lower() + text[1:]


def read_words(lines):
    """Reads "name: value, value" lines."""
    words = {}
    for line in lines:
        name, _, values = line.partition(": ")
        words[name] = values.split(", ")
    return words


class Synonyms:
    """Puts words in the place of others that mean the same."""

    SHARE = 0.25

    def __init__(self, lines):
        self.others = {}
        for line in lines:
            group = line.split(", ")
            for word in group:
                self.others.setdefault(word, [other for other in group if other != word])
        longest_first = sorted(self.others, key=len, reverse=True)
        self.pattern = re.compile(r"(?<!\{)\b(" + "|".join(map(re.escape, longest_first)) + r")\b", re.IGNORECASE)

    def vary(self, rng, text):
        return self.pattern.sub(lambda found: self.choose(rng, found.group()), text)

    def choose(self, rng, word):
        others = self.others.get(word) or self.others.get(lower_first(word))
        if others is None or rng.random() >= self.SHARE:
            return word
        other = rng.choice(others)
        return other[:1].upper() + other[1:] if word[:1].isupper() else other


class Filler:
    """Fills the {slots} of the phrases of one message. The device and the part stay the same in it."""

    def __init__(self, rng, words):
        self.rng, self.words = rng, words
        self.fixed = {"device": rng.choice(words["device"]), "part": rng.choice(words["part"])}

    def __call__(self, text):
        return re.sub(r"\{(\w+)\}", lambda found: self.fill(found.group(1)), text)

    def fill(self, slot):
        rng = self.rng
        if slot in self.fixed:
            return self.fixed[slot]
        if slot == "device2":
            return rng.choice(self.words["device"])
        if slot == "order":
            return rng.choice(["HV-%06d", "%07d", "#%05d", "HV%05d"]) % rng.randrange(10**5, 10**6)
        if slot in ("amount", "amount2"):
            whole = rng.choice([rng.randrange(5, 100), rng.randrange(100, 900)])
            return rng.choice(["%d euros", "%d.90 euros", "€%d", "$%d", "£%d.99", "%d,50 EUR", "%d dollars"]) % whole
        if slot == "number":
            return str(rng.randrange(10, 5000))
        if slot == "version":
            return "%d.%d" % (rng.randrange(1, 9), rng.randrange(0, 12))
        if slot == "year":
            return str(rng.randrange(2005, 2025))
        if slot == "age":
            return str(rng.randrange(18, 90))
        if slot == "date":
            return rng.choice(["%d " + rng.choice(self.words["month"]), "the %dth", "%d/10", "%d.3."]) % rng.randrange(4, 21)
        return rng.choice(self.words[slot])


def join(rng, sentences):
    """Makes one message of sentences, in a register."""
    register = draw(rng, REGISTERS)
    if register == "chatty":
        sentences = [rng.choice(["So, ", "Well, ", "You know, ", "OK, "]) + lower_first(sentences[0])] + sentences[1:]
    text = sentences[0]
    for sentence in sentences[1:]:
        if register == "lines" or text.endswith(",") and rng.random() < 0.5:
            text += rng.choice(["\n", "\n\n"]) + sentence
        elif text.endswith(","):
            text += " " + lower_first(sentence)
        else:
            text += " " + sentence
    if register == "lower case":
        text = text.lower()
    elif register == "no full stops":
        text = text.replace(". ", rng.choice([", ", " - ", " ", " ... "])).rstrip(".")
    elif register == "slips":
        text = " ".join(slip(rng, word) if rng.random() < 0.12 else word for word in text.split(" "))
    elif register == "shouting":
        text = text.upper()
    if rng.random() < 0.08:
        text = text.rstrip(".") + rng.choice(["!", "!!", "!!!", "..."])
    return text


def slip(rng, word):
    """Drops, doubles, swaps or replaces a letter of a word."""
    if len(word) < 4 or not word.isalpha():
        return word
    i = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return word[:i] + KEYS_NEARBY.get(word[i], word[i]) + word[i + 1 :]
