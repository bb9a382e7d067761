package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestErrorLines(t *testing.T) {
	name := "in\nput.csv"
	open := &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"a name with a line break", open, "open in put.csv: file does not exist"},
		{"two errors", errors.Join(open, errors.New("b")), "open in put.csv: file does not exist\nb"},
		{"one of one", errors.Join(errors.New("a\tb")), "a b"},
		{"wrapped", fmt.Errorf("job: %w (twice)", errors.Join(open, errors.New("b"))), "job: open in put.csv: file does not exist\nb (twice)"},
		{"with a code", Fail(Usage, errors.Join(errors.New("a"), errors.Join(open, errors.New("c"))), ""), "a\nopen in put.csv: file does not exist\nc"},
		{"wraps two", fmt.Errorf("%w: %w", errors.New("a"), open), "a: open in put.csv: file does not exist"},
		{"escapes", errors.New("\x1b[2J\r\nx"), `\x1b[2J  x`},
	} {
		if got := strings.Join(errorLines(tt.err), "\n"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMessagesStayOnOneLine(t *testing.T) {
	var b strings.Builder
	m := Messages{w: &b, verbose: true}
	m.Infof("%s, %d rows", "a\nb", 3)
	m.Warnf("%v", errors.Join(errors.New("c\nd"), errors.New("e")))
	m.Debugf("%v", []int{1})
	if got, want := b.String(), "a b, 3 rows\nwarning: c d\ne\n[1]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
