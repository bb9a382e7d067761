package prompt

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestEditorSchema keeps docs/prompt.schema.json, for editors, what Parse reads.
func TestEditorSchema(t *testing.T) {
	data, err := os.ReadFile("../../docs/prompt.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Properties map[string]struct {
			Default int      `json:"default"`
			Enum    []string `json:"enum"`
			OneOf   []struct {
				Maximum int `json:"maximum"`
			} `json:"oneOf"`
		} `json:"properties"`
		Required []string `json:"required"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	keys := []string{keySystem, keyColumns, keyRules, keyDefaults, keyMaxLength, keyPolicy}
	for _, key := range keys {
		if _, ok := got.Properties[key]; !ok {
			t.Errorf("no property %s", key)
		}
	}
	if len(got.Properties) != len(keys) {
		t.Errorf("%d properties, want %d", len(got.Properties), len(keys))
	}
	if !slices.Equal(got.Required, []string{keySystem, keyColumns}) {
		t.Errorf("required: got %v", got.Required)
	}
	length := got.Properties[keyMaxLength]
	if length.Default != DefaultMaxLength || length.OneOf[0].Maximum != MaxLength {
		t.Errorf("%s: got default %d, maximum %d", keyMaxLength, length.Default, length.OneOf[0].Maximum)
	}
	if policies := got.Properties[keyPolicy].Enum; !slices.Equal(policies, []string{Organic, Strict}) {
		t.Errorf("%s: got %v", keyPolicy, policies)
	}
}
