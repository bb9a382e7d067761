package server

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	fastjson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MostAlternatives is how many tokens a server names at most in the place of each: with 21
// Ollama refuses the call.
const MostAlternatives = 20

// Token is a part of what the model wrote. Probabilities are raw: as the model gave them,
// before the schema and the temperature.
type Token struct {
	Text         string        // bytes; a character may lie in several tokens
	LogProb      float64       // NaN: the server does not tell
	Alternatives []Alternative // the most likely tokens in its place, itself among them as a rule
}

// Alternative is a token that the model could have written.
type Alternative struct {
	Text    string
	LogProb float64
}

// hasLogProbs reports whether some token has what confidence takes: its probability, and others in its place, if they
// were asked for.
func hasLogProbs(tokens []Token, alternatives int) bool {
	return slices.ContainsFunc(tokens, func(t Token) bool {
		return !math.IsNaN(t.LogProb) && (len(t.Alternatives) > 0 || alternatives == 0)
	})
}

// tokenList reads the tokens of an answer as Ollama and OpenAI's API have them: an array
// of {"token", "logprob", "bytes", "top_logprobs": [{"token", "logprob", "bytes"}]}.
// What is something else is passed over, as if the server had not told.
type tokenList []Token

// UnmarshalJSONFrom reads the next value of d: most of an answer's bytes, which become
// some texts that recur.
func (l *tokenList) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	r := tokenReader{d: d, texts: map[string]string{}}
	return r.readArray(func() error {
		t := Token{LogProb: math.NaN()}
		err := r.readToken(&t.Text, &t.LogProb, func() error {
			return r.readArray(func() error {
				a := Alternative{LogProb: math.NaN()}
				err := r.readToken(&a.Text, &a.LogProb, d.SkipValue)
				if !math.IsNaN(a.LogProb) {
					t.Alternatives = append(t.Alternatives, a)
				}
				return err
			})
		})
		*l = append(*l, t)
		return err
	})
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (l *tokenList) UnmarshalJSON(data []byte) error {
	return fastjson.Unmarshal(data, l)
}

// tokenReader reads the parts of a tokenList.
type tokenReader struct {
	d     *jsontext.Decoder
	texts map[string]string // of tokens, by their JSON
}

// readArray reads an array of objects, each by read; what is neither it skips.
func (r *tokenReader) readArray(read func() error) error {
	if r.d.PeekKind() != '[' {
		return r.d.SkipValue()
	}
	if _, err := r.d.ReadToken(); err != nil {
		return err
	}
	for r.d.PeekKind() != ']' {
		next := read
		if r.d.PeekKind() != '{' {
			next = r.d.SkipValue
		}
		if err := next(); err != nil {
			return err
		}
	}
	_, err := r.d.ReadToken()
	return err
}

// readToken reads the object of a token; readTop reads the alternatives.
func (r *tokenReader) readToken(text *string, logProb *float64, readTop func() error) error {
	if _, err := r.d.ReadToken(); err != nil {
		return err
	}
	for r.d.PeekKind() != '}' {
		name, err := r.d.ReadToken()
		if err != nil {
			return err
		}
		switch key, kind := name.String(), r.d.PeekKind(); {
		case key == "token" && kind == '"':
			*text, err = r.readText()
		case key == "logprob" && kind == '0':
			var number jsontext.Token
			if number, err = r.d.ReadToken(); err == nil {
				*logProb, err = number.Float()
				*logProb = min(*logProb, 0) // no probability is above 1
			}
		case key == "bytes" && kind == '[' && strings.ContainsRune(*text, utf8.RuneError):
			*text, err = r.readBytes(*text)
		case key == "top_logprobs":
			err = readTop()
		default:
			err = r.d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := r.d.ReadToken()
	return err
}

// readText reads a string. Equal ones share their memory.
func (r *tokenReader) readText() (string, error) {
	raw, err := r.d.ReadValue()
	if err != nil {
		return "", err
	}
	text, known := r.texts[string(raw)]
	if !known {
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return "", err
		}
		text = string(unquoted)
		r.texts[string(raw)] = text
	}
	return text, nil
}

// readBytes reads the bytes of a token whose text, a part of a character, JSON cannot hold.
func (r *tokenReader) readBytes(text string) (string, error) {
	raw, err := r.d.ReadValue()
	if err != nil {
		return "", err
	}
	var numbers []uint16 // an array of bytes would be base64
	if fastjson.Unmarshal(raw, &numbers) != nil || len(numbers) == 0 {
		return text, nil
	}
	b := make([]byte, len(numbers))
	for i, n := range numbers {
		b[i] = byte(n)
	}
	return string(b), nil
}
