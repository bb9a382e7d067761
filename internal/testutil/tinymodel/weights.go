package tinymodel

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A token's vector starts with one number a group, of which the one of its own
// group is groupMark; the rest is noise. Attention and feed-forward read and
// write only the noise, so the group of the last token reaches the output whole.
const (
	groupMark = 6
	noise     = width - int(groups) // numbers of a vector that are noise

	// What the last normalisation leaves of groupMark: it divides by the root
	// mean square of the vector, whose noise is about 1.2 by then.
	markOut = groupMark / 1.3

	tokenNoise  = 0.3  // of a token's own vector: little, so that its context decides
	queryScale  = 1.6  // makes attention pick a few tokens rather than average all
	outputNoise = 0.25 // of the output weights: how much the noise decides
)

// likings says how much a token of a group (first index) is liked after a token
// of a group (second index). Differences above the noise, about 1.2, decide;
// between equals the noise does.
//
// Words go capital, vowel1, middle, vowel2, final, and from there to vowel1
// again. A string may close from its third letter on. Where no grammar holds
// the model, the reply ends there instead.
func likings() (like [groups][groups]float64) {
	for g, value := range map[group]float64{
		quote: -4, closing: -3.5, opening: -3.5, brace: 1,
		piece: -6, blank: -9, bad: -14, end: -4,
	} {
		for after := range like[g] {
			like[g][after] = value
		}
	}
	set := func(after group, values map[group]float64) {
		for g, value := range values {
			like[g][after] = value
		}
	}
	for _, after := range []group{quote, opening} {
		set(after, map[group]float64{capital: 6, quote: -10, closing: -10, opening: -10, brace: 2, comma: -1})
	}
	for _, after := range []group{closing, brace, comma, bracket, end, other, piece, blank, bad} {
		set(after, map[group]float64{capital: 5, quote: 3, opening: 2})
	}
	set(capital, map[group]float64{vowel1: 6})
	set(vowel1, map[group]float64{middle: 6})
	set(middle, map[group]float64{vowel2: 6, quote: 5.2, opening: 5.6, closing: 6.0, end: 7})
	set(vowel2, map[group]float64{final: 6})
	set(final, map[group]float64{vowel1: 6, quote: 6.6, opening: 7.0, closing: 7.4, end: 8.6})
	return like
}

// weights draws the tensors of a model from one seed, in a fixed order.
type weights struct {
	random *rand.PCG
	tokens []token
}

func newWeights(seed uint64, vocab *vocabulary) *weights {
	return &weights{rand.NewPCG(seed, 0), vocab.tokens}
}

func (w *weights) tensors() []tensor {
	list := []tensor{w.embeddings()}
	gain := float32(1 / tokenNoise)
	for i := range layers {
		prefix := fmt.Sprintf("blk.%d.", i)
		list = append(list,
			constantVector(prefix+"attn_norm.weight", gain),
			w.readingMatrix(prefix+"attn_q.weight", width, queryScale),
			w.readingMatrix(prefix+"attn_k.weight", width, queryScale),
			w.readingMatrix(prefix+"attn_v.weight", width, 1),
			w.writingMatrix(prefix+"attn_output.weight", width, 1.5),
			constantVector(prefix+"ffn_norm.weight", 1),
			w.readingMatrix(prefix+"ffn_gate.weight", feedWidth, 1),
			w.readingMatrix(prefix+"ffn_up.weight", feedWidth, 1),
			w.writingMatrix(prefix+"ffn_down.weight", feedWidth, 1),
		)
		gain = 1 // after a layer the noise is no longer small
	}
	return append(list, constantVector("output_norm.weight", 1), w.output())
}

// embeddings is tokens × width.
func (w *weights) embeddings() tensor {
	t := newTensor("token_embd.weight", len(w.tokens), width)
	for i, tok := range w.tokens {
		row := t.row(i)
		row[tok.group] = groupMark
		w.fillRandom(row[groups:], tokenNoise)
	}
	return t
}

// output is tokens × width: the likings against the marks, then noise. All
// ways to end a string have the same noise, so that likings alone rank them;
// so do the tokens that no noise should ever make likely.
func (w *weights) output() tensor {
	t := newTensor("output.weight", len(w.tokens), width)
	like := likings()
	closers := make([]float32, noise)
	w.fillRandom(closers, outputNoise)
	for i, tok := range w.tokens {
		row := t.row(i)
		for after := range groups {
			row[after] = float32(like[tok.group][after] / markOut)
		}
		switch tok.group {
		case quote, opening, closing, end:
			copy(row[groups:], closers)
		case capital, vowel1, middle, vowel2, final, other:
			w.fillRandom(row[groups:], outputNoise)
		}
	}
	return t
}

// readingMatrix is rows × width, and turns noise of size 1 into scale.
func (w *weights) readingMatrix(name string, rows int, scale float64) tensor {
	t := newTensor(name, rows, width)
	for i := range rows {
		w.fillRandom(t.row(i)[groups:], scale/math.Sqrt(float64(noise)))
	}
	return t
}

// writingMatrix is width × cols, and turns numbers of size 1 into noise of scale.
func (w *weights) writingMatrix(name string, cols int, scale float64) tensor {
	t := newTensor(name, width, cols)
	for i := int(groups); i < width; i++ {
		w.fillRandom(t.row(i), scale/math.Sqrt(float64(cols)))
	}
	return t
}

// fillRandom draws numbers of mean 0 and the standard deviation given. A sum of four
// 16-bit integers is nearly normal, and the same on every machine.
func (w *weights) fillRandom(p []float32, deviation float64) {
	const sumDeviation = 37837.2 // of four uniform numbers up to 65535
	for i := range p {
		bits, sum := w.random.Uint64(), -2*65535
		for range 4 {
			sum += int(bits & 0xFFFF)
			bits >>= 16
		}
		p[i] = float32(float64(sum) * (deviation / sumDeviation))
	}
}

func newTensor(name string, rows, cols int) tensor {
	return tensor{name, rows, cols, make([]float32, rows*cols)}
}

// constantVector is a vector of width equal numbers.
func constantVector(name string, value float32) tensor {
	t := tensor{name, 0, width, make([]float32, width)}
	for i := range t.data {
		t.data[i] = value
	}
	return t
}

func (t *tensor) row(i int) []float32 { return t.data[i*t.cols : (i+1)*t.cols] }
