package check

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The script names what is wrong and what to do, and prints no YAML.
func TestErrors(t *testing.T) {
	folder, manifest := plan{runID: "r", workers: 2, rows: 9}.make(t)
	_, local := plan{runID: "r", workers: 2, rows: 9, model: "  hosts: [localhost]\n"}.make(t)
	usual := []string{"--image", "i", "--claim", "c", "--host", "h", "--user", "1000:1000"}
	changed := func(before, after string) []string { // a manifest that is not as it was planned
		return append([]string{changeManifest(t, manifest, before, after)}, usual...)
	}
	with := func(args ...string) []string { return slices.Concat([]string{manifest}, usual, args) }
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no manifest named", usual, "name a manifest"},
		{"two manifests", with(manifest), "want one manifest"},
		{"missing manifest", append([]string{"nowhere.json"}, usual...), "nowhere.json: no such file"},
		{"a folder", append([]string{folder}, usual...), "is not a regular file"},
		{"a table", append([]string{filepath.Join(folder, "table.csv")}, usual...), "is not a manifest"},
		{"other JSON", append([]string{filepath.Join(folder, "prompt.json")}, usual...), "is not a manifest: missing or invalid run_id"},
		{"a damaged manifest", changed(`"units": [`, ""), "is not a manifest"},
		{"a newer manifest", changed(`"schema": 1`, `"schema": 2`), "is not a manifest: schema 2, want 1"},
		{"a unit is missing", changed(`"unit": 2`, `"unit": 3`), "its units are not numbered from 1"},
		{"an input elsewhere", changed(`"table.csv"`, `"../../table.csv"`), "not under the mount"},
		{"another mount", with("--mount", "/shared"), "not under the mount /shared: " + folder},
		{"a mount that begins alike", with("--mount", folder[:len(folder)-1]), "not under the mount"},
		{"a relative mount", with("--mount", "shared"), "--mount shared is a relative path"},
		{"the root as mount", with("--mount", "/"), "cannot be mounted at /"},
		{"no image", []string{manifest, "--claim", "c"}, "name an image with --image"},
		{"no claim", []string{manifest, "--image", "i"}, "name the claim of the shared volume with --claim"},
		{"no server", []string{manifest, "--image", "i", "--claim", "c"}, "no server that a pod can reach"},
		{"a server on this machine", []string{local, "--image", "i", "--claim", "c"}, "no server that a pod can reach"},
		{"a password", with("--host", "http://u:"+secret+"@h"), "--host has a password"},
		{"root", with("--user", "0:0"), "do not run as root"},
		{"a user by name", with("--user", "ann"), "--user ann: want UID:GID"},
		{"no workers", with("--workers", "0"), "--workers 0: want 1 to 10000"},
		{"too many workers", with("--workers=10001"), "want 1 to 10000"},
		{"a name with capitals", with("--name", "Run"), "--name Run: invalid name"},
		{"a long name", with("--name", strings.Repeat("a", 53)), "longer than 52 characters"},
		{"a namespace with a dot", with("--namespace", "a.b"), "--namespace a.b: invalid name"},
		{"an invalid claim", with("--claim", "a_b"), "--claim a_b: invalid name"},
		{"an invalid Secret", with("--key-secret", "x\ny: z"), "--key-secret x?y: z: invalid name"},
		{"an invalid image", with("--image", "a b"), "invalid name of an image"},
		{"an option without value", with("--name"), "--name needs a value"},
		{"an empty value", with("--name="), "--name: empty value"},
		{"an unknown option", with("--nmae", "x"), "unknown option --nmae"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := runScript(t, c.args...)
			if code != 2 || stdout != "" {
				t.Errorf("got exit code %d and %q, want 2 and nothing", code, stdout)
			}
			lines := strings.Split(stderr, "\n")
			if len(lines) != 3 || !strings.HasPrefix(lines[0], "error: ") || !strings.Contains(lines[0], c.want) || !strings.HasPrefix(lines[1], "hint: ") {
				t.Errorf("got %q, want an error with %q and a hint", stderr, c.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	stdout, stderr, code := runScript(t, "--help")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "usage: ") {
		t.Errorf("got exit code %d, %q and %q", code, stdout, stderr)
	}
}
