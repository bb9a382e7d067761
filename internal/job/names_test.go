package job

import "testing"

func TestUnitArgs(t *testing.T) {
	if got, want := UnitArgs("my logs/r/run_manifest.json", 3), "--manifest 'my logs/r/run_manifest.json' --unit 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
