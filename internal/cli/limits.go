package cli

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// CheckLimits says what a number should be, by the tags of its field: min:"1" and
// max:"64", written as the value itself is (30s, 256MiB). It returns "" if the number is
// within them, or has none.
func CheckLimits(v reflect.Value, tag interface{ Get(key string) string }) string {
	least, most := tag.Get("min"), tag.Get("max")
	if word, ok := v.Interface().(interface{ IsWord() bool }); ok && word.IsWord() {
		return ""
	}
	switch {
	case v.CanFloat() && math.IsNaN(v.Float()) && least+most != "":
		return fmt.Sprintf("want a number from %s to %s", least, most)
	case least != "" && compareNumbers(v, parseLimit(v.Type(), least)) < 0:
		return "want at least " + least
	case most != "" && compareNumbers(v, parseLimit(v.Type(), most)) > 0:
		return "want at most " + most
	}
	return ""
}

// parseLimit reads a limit as a value of the type that it limits.
func parseLimit(t reflect.Type, text string) reflect.Value {
	limit := reflect.New(t)
	var err error
	if u, ok := limit.Interface().(encoding.TextUnmarshaler); ok {
		err = u.UnmarshalText([]byte(text))
	} else {
		_, err = fmt.Sscan(text, limit.Interface())
	}
	if err != nil {
		panic(fmt.Sprintf("bug: limit %q: %v", text, err))
	}
	return limit.Elem()
}

func compareNumbers(a, b reflect.Value) int {
	switch {
	case a.CanInt() && a.Int() < b.Int(), a.CanFloat() && a.Float() < b.Float():
		return -1
	case a.CanInt() && a.Int() > b.Int(), a.CanFloat() && a.Float() > b.Float():
		return 1
	}
	return 0
}

// checkFlagLimits reports every flag whose value, typed or from the environment, is
// outside its limits, or empty though its tag says filled:"".
func checkFlagLimits(flags []*kong.Flag) error {
	var errs []error
	for _, f := range flags {
		v := f.Target
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if f.Set && f.Tag.Has("filled") && isEmpty(v) {
			errs = append(errs, fmt.Errorf("--%s: must not be empty", f.Name))
		}
		if !f.Set || !v.CanInt() && !v.CanFloat() {
			continue
		}
		if problem := CheckLimits(v, f.Tag); problem != "" {
			errs = append(errs, fmt.Errorf("--%s %v: %s", f.Name, v.Interface(), problem))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return Fail(Usage, errors.Join(errs...), "")
}

// isEmpty reports whether a text is blank, or a list has a blank text or none.
func isEmpty(v reflect.Value) bool {
	if v.Kind() != reflect.Slice {
		return strings.TrimSpace(v.String()) == ""
	}
	for i := range v.Len() {
		if strings.TrimSpace(v.Index(i).String()) == "" {
			return true
		}
	}
	return v.Len() == 0
}
