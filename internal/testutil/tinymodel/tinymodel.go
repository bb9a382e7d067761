// Package tinymodel writes a language model of some 100,000 seeded random
// weights as a GGUF file, and makes it available on an Ollama server. It is for
// tests, and for a demonstration where no real model is at hand: its labels are
// made-up words like "Bamet", but calls go through the whole server, its
// tokenizer, its context limit and its grammars, dozens of them a second.
//
// The weights are random except for those that keep replies short. Every token
// belongs to a group, and a number for each pair of groups says how much a token
// of the one is liked after a token of the other (see likings). White space,
// control characters and the empty string are disliked; a closing quote is liked
// from the third letter on. What the groups leave open, which letter it is, the
// random weights decide from the whole prompt.
//
// Of Ollama's engines, this is the layout of the llama architecture with the
// byte-level tokenizer of gpt2, all numbers float32.
package tinymodel

import (
	"fmt"
	"io"
)

// contextLength is the most tokens the model takes, prompt and reply together.
const contextLength = 8192

// ourDescription begins the general.description of every model made here, by which
// Upload knows them.
const ourDescription = "PRISM's "

// description begins that of a model of random weights.
const description = ourDescription + "tiny model of random weights"

// The shape of the model. What a token costs grows with the tokens before it,
// the layers and the heads: one of each is enough.
const (
	layers    = 1
	heads     = 1
	headWidth = 48 // even, for the rotation that encodes positions
	width     = heads * headWidth
	feedWidth = 2 * width
)

// chatTemplate is how messages become a prompt, in Ollama's template language.
const chatTemplate = `{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
`

// chatJinja is chatTemplate in the language of GGUF files. Ollama knows this very
// text: a Modelfile with a FROM line alone works too.
const chatJinja = `{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

// Options are what distinguishes one tiny model from another.
type Options struct {
	Seed uint64 // of the random weights; the same seed gives the same bytes
}

// Write writes the model to w, about half a megabyte.
func Write(w io.Writer, opts Options) error {
	vocab := newVocabulary()
	file := ggufFile{
		keys: []keyValue{
			{"general.architecture", "llama"},
			{"general.name", "prism-tiny"},
			{"general.description", fmt.Sprintf("%s, seed %d", description, opts.Seed)},
			{"general.file_type", uint32(0)}, // float32 throughout
			{"llama.block_count", uint32(layers)},
			{"llama.context_length", uint32(contextLength)},
			{"llama.embedding_length", uint32(width)},
			{"llama.feed_forward_length", uint32(feedWidth)},
			{"llama.attention.head_count", uint32(heads)},
			{"llama.attention.head_count_kv", uint32(heads)},
			{"llama.attention.layer_norm_rms_epsilon", float32(1e-5)},
			{"llama.rope.dimension_count", uint32(headWidth)},
			{"llama.rope.freq_base", float32(10000)},
			{"llama.vocab_size", uint32(len(vocab.tokens))},
			{"tokenizer.ggml.model", "gpt2"},
			{"tokenizer.ggml.pre", "gpt-2"},
			{"tokenizer.ggml.tokens", vocab.texts()},
			{"tokenizer.ggml.token_type", vocab.kinds()},
			{"tokenizer.ggml.merges", []string{}}, // wanted, but words are tokens of kindUser
			{"tokenizer.ggml.bos_token_id", vocab.endOfText},
			{"tokenizer.ggml.eos_token_id", vocab.endOfTurn},
			{"tokenizer.ggml.padding_token_id", vocab.endOfText},
			{"tokenizer.ggml.add_bos_token", false},
			{"tokenizer.chat_template", chatJinja},
		},
		tensors: newWeights(opts.Seed, vocab).tensors(),
	}
	if err := file.encode(w); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}
