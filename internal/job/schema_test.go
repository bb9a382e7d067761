package job

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"testing"
)

// object is a JSON object that keeps the order of its keys.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		v, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, strconv.Quote(m.key)...), ':'), v...)
	}
	return append(b, '}'), nil
}

// schemaOf makes the JSON Schema of what the decoder reads into a type.
func schemaOf(t reflect.Type, tag reflect.StructTag, def reflect.Value) object {
	var o object
	if doc := tag.Get("help"); doc != "" {
		o = append(o, member{"description", doc})
	}
	switch {
	case t == reflect.TypeFor[Seconds]():
		var least, most Seconds
		_ = least.UnmarshalText([]byte(tag.Get("min"))) // without a limit it stays 0
		o = append(o, member{"type", []string{"number", "string"}}, member{"minimum", least})
		if most.UnmarshalText([]byte(tag.Get("max"))) == nil {
			o = append(o, member{"maximum", most})
		}
		return o
	case t == reflect.TypeFor[Calls]():
		return append(o, member{"anyOf", []object{
			{{"type", "integer"}, {"minimum", 1}, {"maximum", json.Number(tag.Get("max"))}}, {{"const", "auto"}},
		}}, member{"default", def.Interface()})
	case t.Kind() == reflect.Struct:
		keys, fields := fieldsOf(t)
		properties, required := object{}, []string{}
		for i, f := range fields {
			properties = append(properties, member{keys[i], schemaOf(f.Type, f.Tag, def.FieldByIndex(f.Index))})
			if _, need := f.Tag.Lookup("need"); need {
				required = append(required, keys[i])
			}
		}
		o = append(o, member{"type", "object"}, member{"additionalProperties", false}, member{"properties", properties})
		if len(required) > 0 {
			o = append(o, member{"required", required})
		}
		return o
	case t.Kind() == reflect.Slice:
		return append(o, member{"type", "array"}, member{"items", schemaOf(t.Elem(), "", reflect.Zero(t.Elem()))})
	case t.Kind() == reflect.String:
		o = append(o, member{"type", "string"})
		if values := enumOf(tag); values != nil {
			o = append(o, member{"enum", values})
		}
	case t.Kind() == reflect.Bool:
		o = append(o, member{"type", "boolean"})
	case t.Kind() == reflect.Float64:
		o = append(o, member{"type", "number"})
	default:
		o = append(o, member{"type", "integer"})
	}
	if least, err := strconv.Atoi(tag.Get("min")); err == nil {
		o = append(o, member{"minimum", least})
	}
	if most, err := strconv.Atoi(tag.Get("max")); err == nil {
		o = append(o, member{"maximum", most})
	}
	if !def.IsZero() || t.Kind() == reflect.Bool && tag.Get("need") == "" {
		o = append(o, member{"default", def.Interface()})
	}
	return o
}

// TestSchema keeps docs/job_config.schema.json, for editors, what the decoder
// reads. UPDATE_SCHEMA=1 writes it.
func TestSchema(t *testing.T) {
	const path = "../../docs/job_config.schema.json"
	schema := append(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "PRISM job file"},
	}, schemaOf(reflect.TypeFor[Config](), "", reflect.ValueOf(*jobFileDefaults(DefaultSettingsFile())))...)
	want, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if os.Getenv("UPDATE_SCHEMA") != "" {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s is not what the types say (%v); UPDATE_SCHEMA=1 go test ./internal/job writes it", path, err)
	}
}
