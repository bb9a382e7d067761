package tinymodel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"testing"
	"unicode/utf8"
)

func TestWriteIsDeterministic(t *testing.T) {
	first, again, other := modelBytes(t, 1), modelBytes(t, 1), modelBytes(t, 2)
	if !bytes.Equal(first, again) {
		t.Error("seed 1 gave different bytes the second time")
	}
	if bytes.Equal(first, other) {
		t.Error("seeds 1 and 2 gave the same bytes")
	}
	if n := len(first); n < 400_000 || n > 600_000 {
		t.Errorf("got %d bytes, want about half a megabyte", n)
	}
}

func TestWriteGGUF(t *testing.T) {
	file := readGGUF(t, modelBytes(t, 1))
	for key, want := range map[string]any{
		"general.architecture":   "llama",
		"llama.context_length":   uint32(contextLength),
		"llama.embedding_length": uint32(width),
		"tokenizer.ggml.model":   "gpt2",
	} {
		if got := file.keys[key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	tokens := file.keys["tokenizer.ggml.tokens"].([]string)
	if kinds := file.keys["tokenizer.ggml.token_type"].([]int32); len(kinds) != len(tokens) {
		t.Errorf("got %d token types for %d tokens", len(kinds), len(tokens))
	}

	weights := 0
	for name, data := range file.tensors {
		weights += len(data)
		for _, x := range data {
			if math.IsNaN(float64(x)) || math.Abs(float64(x)) > 10 {
				t.Fatalf("%s: weight %v", name, x)
			}
		}
	}
	if weights < 80_000 || weights > 150_000 {
		t.Errorf("got %d weights, want about 100,000", weights)
	}
	if got, want := len(file.tensors["output.weight"]), len(tokens)*width; got != want {
		t.Errorf("output.weight: got %d weights, want %d", got, want)
	}
}

func TestWriteError(t *testing.T) {
	want := errors.New("disk full")
	if err := Write(failingWriter{want}, Options{}); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestVocabulary(t *testing.T) {
	seen := map[string]bool{}
	for i, tok := range newVocabulary().tokens {
		if seen[tok.text] {
			t.Errorf("token %d: %q is there twice", i, tok.text)
		}
		seen[tok.text] = true
		if tok.text == "" || !utf8.ValidString(tok.text) {
			t.Errorf("token %d: %q", i, tok.text)
		}
	}
	for _, want := range []string{"A", "Ġ", "Ċ", "═", " the", `":"`, "NOT_APPLICABLE"} {
		if !seen[want] {
			t.Errorf("no token %q", want)
		}
	}
}

// What follows in a string must be likelier than what should never be there,
// by more than the noise.
func TestLikings(t *testing.T) {
	like := likings()
	const noise = 4
	for after, best := range map[group]group{
		quote: capital, opening: capital, capital: vowel1, vowel1: middle,
		middle: vowel2, vowel2: final, final: vowel1,
	} {
		for _, g := range []group{blank, bad, piece} {
			if like[best][after] < like[g][after]+noise {
				t.Errorf("after group %d: group %d at %v, group %d at %v", after, best, like[best][after], g, like[g][after])
			}
		}
	}
	for _, after := range []group{quote, opening} {
		if like[capital][after] < like[quote][after]+noise {
			t.Errorf("after group %d: the empty string is likely", after)
		}
	}
}

func modelBytes(t *testing.T, seed uint64) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, Options{Seed: seed}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// parsedGGUF is a GGUF file as its readers see it.
type parsedGGUF struct {
	keys    map[string]any
	tensors map[string][]float32
}

// readGGUF reads the types that the writer knows, and checks that the tensors
// lie one after another to the end of the file.
func readGGUF(t *testing.T, file []byte) parsedGGUF {
	t.Helper()
	r := bytes.NewReader(file)
	read := func(v any) {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	number := func() (n uint32) { read(&n); return n }
	long := func() (n uint64) { read(&n); return n }
	text := func() string {
		p := make([]byte, long())
		read(p)
		return string(p)
	}

	magic := make([]byte, 4)
	read(magic)
	if version := number(); string(magic) != "GGUF" || version != 3 {
		t.Fatalf("got %q version %d, want GGUF version 3", magic, version)
	}
	nTensors, nKeys := long(), long()
	parsed := parsedGGUF{map[string]any{}, map[string][]float32{}}
	for range nKeys {
		key := text()
		switch kind := number(); kind {
		case ggufUint32:
			parsed.keys[key] = number()
		case ggufFloat32:
			parsed.keys[key] = math.Float32frombits(number())
		case ggufBool:
			var b bool
			read(&b)
			parsed.keys[key] = b
		case ggufString:
			parsed.keys[key] = text()
		case ggufArray:
			elem, n := number(), long()
			if elem == ggufInt32 {
				values := make([]int32, n)
				read(values)
				parsed.keys[key] = values
				continue
			}
			values := make([]string, n)
			for i := range values {
				values[i] = text()
			}
			parsed.keys[key] = values
		default:
			t.Fatalf("%s: unknown type %d", key, kind)
		}
	}

	type place struct {
		name         string
		size, offset uint64
	}
	var places []place
	for range nTensors {
		p := place{name: text(), size: 1}
		for range number() {
			p.size *= long()
		}
		if kind := number(); kind != 0 {
			t.Fatalf("%s: type %d, want 0", p.name, kind)
		}
		p.offset = long()
		places = append(places, p)
	}
	pos, _ := r.Seek(0, io.SeekCurrent)
	data := alignUp(pos)
	var end int64
	for _, p := range places {
		if want := alignUp(data+end) - data; int64(p.offset) != want {
			t.Errorf("%s: got offset %d, want %d", p.name, p.offset, want)
		}
		end = int64(p.offset + 4*p.size)
		values := make([]float32, p.size)
		r.Seek(data+int64(p.offset), io.SeekStart)
		read(values)
		parsed.tensors[p.name] = values
	}
	if got, want := int64(len(file)), data+end; got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
	return parsed
}
