"""The model: a transformer of the llama architecture, small enough for two cores.

Tensors are named and laid out as in its GGUF file, so that export writes them as they are. Positions
are rotated in pairs of neighbours, as llama.cpp does it for this architecture.
"""

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, WIDTH, FEED_WIDTH = 4, 4, 128, 344
EPSILON = 1e-5
BASE = 1e6  # of the rotation: with 10000, only 4 pairs of a head turn slowly enough to compare names 1,000 tokens apart
HEAD_WIDTH = WIDTH // HEADS
NAME_HEADS = 2  # heads of the last layer that look at the row with the same name
DIGITS = 3  # of a name
DIGIT_VALUES = 11  # 0 to 9, or no digit
DROPOUT = 0.05  # share of what is left out of each layer's result, in training
WORD_DROPOUT = 0.3  # share of a row's tokens that are left out where they tell its labels alone, in training


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn_norm, self.ffn_norm = Norm(), Norm()
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.ffn_gate, self.ffn_up = (nn.Linear(WIDTH, FEED_WIDTH, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(FEED_WIDTH, WIDTH, bias=False)

    def forward(self, x, angles, mask, before):
        """Returns x after the layer, where each head looked, and what later tokens see of these."""
        n, length, _ = x.shape
        y = self.attn_norm(x)
        query, key = (rotate(split_heads(w(y)), angles) for w in (self.attn_q, self.attn_k))
        value = split_heads(self.attn_v(y))
        if before is not None:
            key = torch.cat([before[0].expand(n, -1, -1, -1), key], 2)
            value = torch.cat([before[1].expand(n, -1, -1, -1), value], 2)
        scores = (query * HEAD_WIDTH**-0.5) @ key.transpose(2, 3)
        looks = torch.softmax(scores.add_(mask), -1)
        x = x + self.leave_out(self.attn_output((looks @ value).transpose(1, 2).reshape(n, length, WIDTH)))
        y = self.ffn_norm(x)
        x = x + self.leave_out(self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y)))
        return x, looks, (key, value)

    def leave_out(self, x):
        return functional.dropout(x, DROPOUT, self.training)


def split_heads(x):
    n, length, _ = x.shape
    return x.view(n, length, HEADS, HEAD_WIDTH).transpose(1, 2)


def make_angles(start, length):
    """Returns cosine and sine of the rotation at each position: length × half a head's width."""
    steps = BASE ** (-torch.arange(0, HEAD_WIDTH, 2) / HEAD_WIDTH)
    angles = torch.outer(torch.arange(start, start + length), steps)
    return angles.cos(), angles.sin()


def rotate(x, angles):
    cos, sin = angles
    pairs = x.unflatten(-1, (-1, 2))
    even, odd = pairs[..., 0], pairs[..., 1]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Network(nn.Module):
    def __init__(self, vocabulary, classes):
        """vocabulary is the number of tokens, classes that of each label that a summary tells."""
        super().__init__()
        self.token_embd = nn.Embedding(vocabulary, WIDTH)
        self.blk = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.output_norm = Norm()
        self.output = nn.Linear(WIDTH, vocabulary, bias=False)
        # For training alone: what summaries tell before the last layer, what the words of a row tell
        # before the first, and the digits of names.
        self.summary_norm = Norm()
        self.summary = nn.Linear(WIDTH, sum(classes))
        self.summary_words = nn.Linear(WIDTH, sum(classes))
        self.summary_name = nn.Linear(WIDTH, DIGITS * DIGIT_VALUES)
        self.classes = classes
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02 if name.startswith(("token", "output")) else WIDTH**-0.5 * 0.6)
        self.match_names()

    def match_names(self):
        """Makes the heads that look for a name begin with the same question as answer, so that they
        look at what is like them. Left to chance, they were not found in thousands of steps."""
        last = self.blk[-1]
        with torch.no_grad():
            last.attn_q.weight[: NAME_HEADS * HEAD_WIDTH] = last.attn_k.weight[: NAME_HEADS * HEAD_WIDTH]

    def run_layers(self, tokens, start=0, before=None):
        """Runs the layers on tokens (prompts × length) at positions from start on, after the layers'
        states of the tokens before. Returns the vectors after each layer, where the heads looked, and
        the layers' states."""
        length, seen = tokens.shape[1], start if before is not None else 0
        mask = torch.full((length, length), float("-inf")).triu(1)
        mask = torch.cat([torch.zeros(length, seen), mask], 1)
        angles = make_angles(start, length)
        x, vectors, looks, states = functional.dropout(self.token_embd(tokens), DROPOUT, self.training), [], [], []
        for i, layer in enumerate(self.blk):
            x, look, state = layer(x, angles, mask, before[i] if before is not None else None)
            vectors.append(x)
            looks.append(look)
            states.append(state)
        return vectors, looks, states

    def predict(self, vectors):
        """Returns the logits of the next token."""
        return self.output(self.output_norm(vectors))

    def tell(self, vectors):
        """Returns the logits of each label that a summary tells."""
        return self.summary(self.summary_norm(vectors)).split(self.classes, -1)

    def tell_by_words(self, tokens, last):
        """Returns the logits of each label that the tokens of rows tell, whatever their order. tokens are
        rows × length; those after each row's last one are not its own."""
        own = (torch.arange(tokens.shape[1]) <= last[:, None]).float()
        total = (self.token_embd(tokens) * functional.dropout(own, WORD_DROPOUT, self.training)[..., None]).sum(1)
        return self.summary_words(total * torch.rsqrt(total.pow(2).mean(-1, keepdim=True) + EPSILON)).split(self.classes, -1)

    def tell_name(self, vectors):
        """Returns the logits of the digits of names, the last digit first: vectors × DIGITS × DIGIT_VALUES."""
        return self.summary_name(self.summary_norm(vectors)).unflatten(-1, (DIGITS, DIGIT_VALUES))
