package tinymodel

import (
	_ "embed"
	"strings"
)

// fragments are the tokens of more than one byte, one a line with ▁ for a space:
// frequent words and word parts, and pieces of the batch prompt. With them a
// prompt has about as many tokens as with the tokenizer of a real model.
//
//go:embed fragments.txt
var fragments string

// Kinds of tokens as GGUF numbers them.
const (
	kindNormal  = 1
	kindControl = 3
	kindUser    = 4 // found in a text before anything else, as it is written
)

// A group is a set of tokens that the model likes or dislikes alike.
type group int

const (
	quote   group = iota // opens or closes a string
	capital              // A to Z
	vowel1               // a o
	middle               // half of the consonants
	vowel2               // e i u
	final                // the other half
	closing              // closes a string, and more of the JSON around it
	opening              // ends with a quote that opens a string
	brace                // } and ]
	comma                // , and :
	bracket              // { and [, with what follows
	end                  // the end of the reply
	other                // digits and printable ASCII beside these
	piece                // words and word parts
	blank                // white space
	bad                  // what no reply should have: control characters, half runes
	groups
)

type token struct {
	text  string
	kind  int32
	group group
}

type vocabulary struct {
	tokens               []token
	endOfText, endOfTurn uint32
}

// newVocabulary gives the 256 bytes in order, the control tokens, the fragments.
func newVocabulary() *vocabulary {
	v := &vocabulary{}
	for b := range 256 {
		v.addToken(string(byteRune(byte(b))), kindNormal, groupOfByte(byte(b)))
	}
	v.endOfText = v.addToken("<|endoftext|>", kindControl, bad)
	v.addToken("<|im_start|>", kindControl, bad)
	v.endOfTurn = v.addToken("<|im_end|>", kindControl, end)
	for line := range strings.Lines(fragments) {
		text := strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "▁", " ")
		v.addToken(text, kindUser, groupOfFragment(text))
	}
	return v
}

func (v *vocabulary) addToken(text string, kind int32, g group) uint32 {
	v.tokens = append(v.tokens, token{text, kind, g})
	return uint32(len(v.tokens) - 1)
}

func (v *vocabulary) texts() []string {
	texts := make([]string, len(v.tokens))
	for i, t := range v.tokens {
		texts[i] = t.text
	}
	return texts
}

func (v *vocabulary) kinds() []int32 {
	kinds := make([]int32, len(v.tokens))
	for i, t := range v.tokens {
		kinds[i] = t.kind
	}
	return kinds
}

// byteRune is how a gpt2 tokenizer writes a byte: printable Latin-1 as itself,
// the other 68 as the runes from U+0100 on.
func byteRune(b byte) rune {
	printable := func(b byte) bool {
		return '!' <= b && b <= '~' || 0xA1 <= b && b <= 0xAC || 0xAE <= b
	}
	if printable(b) {
		return rune(b)
	}
	r := rune(0x100)
	for c := range b {
		if !printable(c) {
			r++
		}
	}
	return r
}

func groupOfByte(b byte) group {
	switch {
	case b == '"':
		return quote
	case 'A' <= b && b <= 'Z':
		return capital
	case strings.IndexByte("ao", b) >= 0:
		return vowel1
	case strings.IndexByte("eiu", b) >= 0:
		return vowel2
	case strings.IndexByte("bdfghjklmv", b) >= 0:
		return middle
	case 'a' <= b && b <= 'z':
		return final
	case b == '}' || b == ']':
		return brace
	case b == ',' || b == ':':
		return comma
	case b == '{' || b == '[':
		return bracket
	case b == ' ' || b == '\t' || b == '\n' || b == '\r':
		return blank
	case b < ' ' || b > '~' || b == '\\':
		return bad
	}
	return other
}

func groupOfFragment(text string) group {
	switch {
	case strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`):
		return opening
	case strings.HasPrefix(text, `"`):
		return closing
	case strings.HasPrefix(text, "{"):
		return bracket
	}
	return piece
}
