package job

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"prism/internal/cli"
)

// option is one field of a struct of options.
type option struct {
	path  string // keys of the job file, joined by dots
	flag  string // of prism-classify; empty: none
	field reflect.StructField
	value reflect.Value
}

// optionsIn lists the options in a struct and in the structs in it, in order.
func optionsIn(v reflect.Value) []option {
	var out []option
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for _, f := range reflect.VisibleFields(v.Type()) {
			value, key := v.FieldByIndex(f.Index), joinPath(path, keyOf(f))
			switch {
			case f.Anonymous:
			case f.Type.Kind() == reflect.Struct:
				walk(value, key)
			default:
				out = append(out, option{path: key, flag: f.Tag.Get("name"), field: f, value: value})
			}
		}
	}
	walk(v, "")
	return out
}

// lookupEnv returns the variable that gives an option its value when a run is
// planned, and that value.
func (o option) lookupEnv(getenv func(string) string) (name, text string) {
	if _, local := o.field.Tag.Lookup("local"); local || getenv == nil {
		return "", ""
	}
	for name := range strings.SplitSeq(o.field.Tag.Get("env"), ",") {
		if name != "" && getenv(name) != "" {
			return name, getenv(name)
		}
	}
	return "", ""
}

// setText sets an option to a value that stands in a tag or in the environment.
func (o option) setText(text string) error {
	if err := o.parseText(text); err != nil {
		return err
	}
	if problem := cli.CheckLimits(o.value, o.field.Tag); problem != "" {
		return fmt.Errorf("invalid number %q (%s)", text, problem)
	}
	return nil
}

func (o option) parseText(text string) error {
	if u, ok := o.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch o.value.Kind() {
	case reflect.String:
		o.value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("invalid value %q (want true or false)", text)
		}
		o.value.SetBool(b)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("invalid number %q", text)
		}
		o.value.SetFloat(f)
	case reflect.Int, reflect.Int64:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("invalid number %q (want at least %s)", text, cmp.Or(o.field.Tag.Get("min"), "0"))
		}
		o.value.SetInt(int64(n))
	default:
		return fmt.Errorf("%s cannot be set from text", o.field.Type)
	}
	return nil
}

// fieldsOf lists the keys of a struct and their fields. Those of an embedded
// struct are its own.
func fieldsOf(t reflect.Type) (keys []string, fields []reflect.StructField) {
	for _, f := range reflect.VisibleFields(t) {
		if key := keyOf(f); key != "-" && !f.Anonymous {
			keys, fields = append(keys, key), append(fields, f)
		}
	}
	return keys, fields
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// enumOf lists the values that a field may have; nil: any.
func enumOf(tag reflect.StructTag) []string {
	values := strings.TrimSuffix(cmp.Or(tag.Get("job_enum"), tag.Get("enum")), ",")
	if values == "" {
		return nil
	}
	return strings.Split(values, ",")
}
