package job

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// CheckJSON returns an error "PATH:LINE: what" for what json.Unmarshal passes over
// without a word: a key that an object has twice, of which the last one counts, and text that
// is not UTF-8, which changes. What else is wrong is left to json.Unmarshal.
func CheckJSON(data []byte, path string) error {
	_, err := jsontext.NewDecoder(bytes.NewReader(data)).ReadValue()
	bad, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return nil
	}
	line := 1 + bytes.Count(data[:min(bad.ByteOffset, int64(len(data)))], []byte("\n"))
	switch {
	case errors.Is(bad.Err, jsontext.ErrDuplicateName):
		return fmt.Errorf("%s:%d: duplicate key %q", path, line, bad.JSONPointer.LastToken())
	case !utf8.Valid(data):
		return fmt.Errorf("%s:%d: not UTF-8 text", path, line)
	}
	return nil
}
