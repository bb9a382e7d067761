package job

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocumented makes sure that docs/job.md names every key of the job file,
// settings.json and models.json.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/job.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	for _, of := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[Settings](), reflect.TypeFor[Models]()} {
		for _, key := range leaves(of, "") {
			last := key[strings.LastIndex(key, ".")+1:]
			if !strings.Contains(doc, "`"+key+"`") && !strings.Contains(doc, "`"+last+"`") && !strings.Contains(doc, "`."+last+"`") {
				t.Errorf("docs/job.md does not name %s", key)
			}
		}
	}
}

// leaves are the keys of a type that hold values, each with those it is under.
func leaves(t reflect.Type, path string) []string {
	switch {
	case t.Kind() == reflect.Struct && t != reflect.TypeFor[Seconds]():
		var out []string
		keys, fields := fieldsOf(t)
		for i, f := range fields {
			out = append(out, leaves(f.Type, joinPath(path, keys[i]))...)
		}
		return out
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return leaves(t.Elem(), path+"[]")
	}
	return []string{path}
}

// TestExample keeps examples/job what the tools read.
func TestExample(t *testing.T) {
	data, err := os.ReadFile("../../examples/job/job_config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(data, "job_config.yaml", DefaultSettingsFile(), Overrides{}); err != nil {
		t.Error(err)
	}
}
