package cli

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// textValues read flags and arguments byte by byte: kong's own way, through JSON, changes
// names of files that are not UTF-8.
func textValues() []kong.Option {
	return []kong.Option{
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeText)),
		kong.TypeMapper(reflect.TypeFor[[]string](), kong.MapperFunc(decodeTexts)),
	}
}

func decodeText(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err
	}
	target.SetString(fmt.Sprint(t.Value))
	return nil
}

// decodeTexts appends to a list: the arguments, or the parts of a flag's value.
func decodeTexts(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Value.Flag == nil {
		for ctx.Scan.Peek().IsValue() {
			target.Set(reflect.Append(target, reflect.ValueOf(fmt.Sprint(ctx.Scan.Pop().Value))))
		}
		return nil
	}
	t := ctx.Scan.Pop()
	if t.IsEOL() {
		return errors.New("missing value")
	}
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(splitValues(fmt.Sprint(t.Value), ctx.Value.Tag.Sep))))
	return nil
}

// splitValues cuts a text at each sep that no backslash is before; -1 cuts nowhere.
func splitValues(text string, sep rune) (values []string) {
	if sep == -1 {
		return []string{text}
	}
	var value []byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && rune(text[i+1]) == sep:
			i++
			value = append(value, text[i])
		case rune(c) == sep:
			values, value = append(values, string(value)), nil
		default:
			value = append(value, c)
		}
	}
	if len(value) > 0 {
		values = append(values, string(value))
	}
	return values
}

// dropEmptyVariables makes an empty variable of the environment one that is not set.
func dropEmptyVariables(app *kong.Application) {
	for _, group := range app.AllFlags(false) {
		for _, f := range group {
			f.Tag.Envs = slices.DeleteFunc(slices.Clone(f.Tag.Envs), func(name string) bool {
				text, set := os.LookupEnv(name)
				return set && strings.TrimSpace(text) == ""
			})
		}
	}
}
