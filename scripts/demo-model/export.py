"""Writes the trained model as a GGUF file that Ollama serves.

    export.py --folder DIR -o FILE
"""

import argparse
import os

import numpy
import torch

import gguf
import network
import tokenizer

CONTEXT = 8192
NORMAL, CONTROL = 1, 3
MATRICES = numpy.float16  # vectors are float32: llama.cpp wants that
DESCRIPTION = "PRISM's demo model: a toy trained on synthetic customer feedback, for trying the tools out. Useless for anything else."

# Ollama knows this very text and takes its own template for it.
CHAT = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def describe(tokens):
    """Returns the keys of the file."""
    ids = tokens.ids
    return {
        "general.architecture": "llama",
        "general.name": "prism-demo",
        "general.description": DESCRIPTION,
        "general.file_type": 1,  # float16 for the most part
        "llama.block_count": network.LAYERS,
        "llama.context_length": CONTEXT,
        "llama.embedding_length": network.WIDTH,
        "llama.feed_forward_length": network.FEED_WIDTH,
        "llama.attention.head_count": network.HEADS,
        "llama.attention.head_count_kv": network.HEADS,
        "llama.attention.layer_norm_rms_epsilon": network.EPSILON,
        "llama.rope.dimension_count": network.HEAD_WIDTH,
        "llama.rope.freq_base": network.BASE,
        "llama.vocab_size": len(tokens.texts),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "llama-bpe",
        "tokenizer.ggml.tokens": tokens.texts,
        "tokenizer.ggml.token_type": [CONTROL if t in tokenizer.CONTROL else NORMAL for t in tokens.texts],
        "tokenizer.ggml.merges": [f"{left} {right}" for left, right in tokens.merges],
        "tokenizer.ggml.bos_token_id": ids[tokenizer.END_OF_TEXT],
        "tokenizer.ggml.eos_token_id": ids[tokenizer.END_OF_TURN],
        "tokenizer.ggml.padding_token_id": ids[tokenizer.END_OF_TEXT],
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHAT,
    }


def main():
    parser = argparse.ArgumentParser(description="Write the trained model as a GGUF file.")
    parser.add_argument("--folder", required=True, help="folder of the tokenizer and the checkpoint")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    args = parser.parse_args()
    tokens = tokenizer.load(os.path.join(args.folder, "merges.json"))
    weights = torch.load(os.path.join(args.folder, "checkpoint.pt"))["average"]
    tensors = {}
    for name, weight in weights.items():
        if not name.startswith("summary"):  # for training alone
            tensors[name] = weight.numpy().astype(MATRICES if weight.dim() == 2 else numpy.float32)
    gguf.write(args.output, describe(tokens), tensors)
    print(f"{args.output}: {os.path.getsize(args.output) / 1e6:.1f} MB, {sum(t.size for t in tensors.values())} weights")


if __name__ == "__main__":
    main()
