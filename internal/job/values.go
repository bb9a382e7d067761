package job

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"prism/internal/cli"
	"prism/internal/term"
)

func (d *decoder) rejectKind(path, what string, n ast.Node) {
	d.reject(path, "want %s, have %s", what, kindOf(n))
}

func (d *decoder) decodeScalar(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	switch v.Kind() {
	case reflect.String:
		text, ok := textOf(n)
		if !ok {
			d.rejectNonText(path, n)
			return
		}
		if values := enumOf(tag); values != nil {
			d.checkEnum(path, text, values)
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.rejectKind(path, "true or false", n)
			return
		}
		v.SetBool(b.Value)
	case reflect.Float64:
		f, ok := numberOf(n)
		if !ok {
			d.rejectKind(path, "a number", n)
			return
		}
		v.SetFloat(f)
		d.checkLimits(path, v, tag)
	default:
		f, ok := numberOf(n)
		if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			d.rejectKind(path, "a whole number", n)
			return
		}
		v.SetInt(int64(f))
		d.checkLimits(path, v, tag)
	}
}

func (d *decoder) rejectNonText(path string, n ast.Node) {
	if _, ok := numberOf(n); ok {
		d.reject(path, "want text, have a number: write %q", n.GetToken().Value)
		return
	}
	d.rejectKind(path, "text", n)
}

func (d *decoder) checkEnum(path, text string, values []string) {
	if slices.Contains(values, text) {
		return
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	d.reject(path, "want %s, have %q%s", strings.Join(quoted, " or "), text, term.DidYouMean(text, values))
}

func (d *decoder) checkLimits(path string, v reflect.Value, tag reflect.StructTag) {
	if problem := cli.CheckLimits(v, tag); problem != "" {
		d.reject(path, "%s, have %v", problem, v.Interface())
	}
}

func (d *decoder) decodeSeconds(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	f, isNumber := numberOf(n)
	text, isText := textOf(n)
	span := time.Duration(f * float64(time.Second))
	var err error
	if isText {
		span, err = time.ParseDuration(text)
	}
	switch {
	case isNumber && math.Abs(f) > math.MaxInt64/1e9:
		d.reject(path, "%g seconds is too long", f)
	case isText && err != nil:
		d.reject(path, "invalid duration %q (want a number of seconds, or 250ms, 5s, 2m)", text)
	case !isText && !isNumber:
		d.rejectKind(path, "a number of seconds", n)
	case span < 0:
		d.reject(path, "want at least 0, have %s", span)
	default:
		v.SetInt(int64(span))
		d.checkLimits(path, v, tag)
	}
}

func (d *decoder) decodeCalls(n ast.Node, v reflect.Value, tag reflect.StructTag, path string) {
	f, isNumber := numberOf(n)
	text, isText := textOf(n)
	switch {
	case isText && text == autoText:
		v.SetInt(int64(AutoCalls))
	case !isNumber || f != math.Trunc(f) || f < 1 || f > 1<<53:
		d.rejectCalls(path, n)
	default:
		v.SetInt(int64(f))
		d.checkLimits(path, v, tag)
	}
}

func (d *decoder) rejectCalls(path string, n ast.Node) {
	have := kindOf(n)
	if n != nil && have != "a list" && have != "keys and values" {
		have = n.GetToken().Value
	}
	d.reject(path, "want a whole number of at least 1, or auto, have %s", have)
}

func numberOf(n ast.Node) (float64, bool) {
	switch t := n.(type) {
	case *ast.IntegerNode:
		switch i := t.Value.(type) {
		case int64:
			return float64(i), true
		case uint64:
			return float64(i), true
		}
	case *ast.FloatNode:
		return t.Value, true
	}
	return 0, false
}

func textOf(n ast.Node) (string, bool) {
	switch t := n.(type) {
	case *ast.StringNode:
		return t.Value, true
	case *ast.LiteralNode:
		return t.Value.Value, true
	}
	return "", false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case nil:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.InfinityNode, *ast.NanNode:
		return "no finite number"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.AliasNode:
		return "an unknown alias"
	}
	return "an unsupported value (" + strings.ToLower(n.Type().String()) + ")"
}
