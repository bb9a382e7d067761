package systemtest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// inetCall is a call of the system that sends something to an address of the internet.
var inetCall = regexp.MustCompile(`sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?"([^"]+)"`)

// TestNothingElseIsContacted: whatever a tool does, it sends nothing but to the server that it was
// given, and most send nothing at all. The system tells: no proxy of the environment, no
// redirect, no look for updates.
func TestNothingElseIsContacted(t *testing.T) {
	t.Parallel()
	strace := needStrace(t, "whom the tools contact")
	dir := newInputFolder(t, 20)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	away := httptest.NewServer(http.RedirectHandler(srv.URL, http.StatusTemporaryRedirect))
	t.Cleanup(away.Close)
	model := []string{"--model", ollamatest.DefaultModel, "--prompts-config", schemaPath(t)}
	classify := func(host string, flags ...string) []string {
		return slices.Concat([]string{"prism-classify", "--host", host}, model, flags)
	}
	for _, tt := range []struct {
		name     string
		command  []string
		code     int
		contacts string // URL; empty: none
	}{
		{"label", classify(srv.URL, "--run-id", "r", "--checkpoint-dir", "cp", "--logs-dir", "logs", "--status-dir", "status", "--cache", "cache", "-o", "out.csv", "in.csv"), 0, srv.URL},
		{"list models", classify(srv.URL, "--list-models"), 0, srv.URL},
		{"examine", classify(srv.URL, "--doctor"), -1, srv.URL},
		{"dry run", classify(srv.URL, "--dry-run", "in.csv"), 0, ""},
		{"redirected", classify(away.URL, "in.csv"), 4, away.URL},
		{"proxy that was asked for", classify(srv.URL, "--proxy", away.URL, "in.csv"), 4, away.URL},
		{"split", []string{"prism-split", "in.csv"}, 0, ""},
		{"merge", []string{"prism-merge", "-o", "out.xlsx", "out.csv"}, 0, ""},
		{"page", []string{"prism-stats", "--format", "html", "--prompts-config", schemaPath(t), "out.csv"}, 0, ""},
		{"status", []string{"prism-status"}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trace := filepath.Join(t.TempDir(), "trace")
			args := append([]string{"-f", "-qq", "-o", trace, "-e", "signal=none", "-e", "trace=connect,sendto,sendmsg,sendmmsg", filepath.Join(bin, tt.command[0])}, tt.command[1:]...)
			cmd := exec.Command(strace, args...)
			cmd.Dir = dir
			// A proxy of the environment, which nothing answers at, is not for a server of this machine.
			cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "ALL_PROXY=http://127.0.0.1:9", "NO_PROXY=")
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); tt.code >= 0 && code != tt.code {
				t.Errorf("exit code %d, want %d (%v)\n%s", code, tt.code, err, out)
			}
			got := contactedAddresses(t, trace)
			var want []string
			if tt.contacts != "" {
				want = []string{strings.TrimPrefix(tt.contacts, "http://")}
			}
			if !slices.Equal(got, want) {
				t.Errorf("contacted %v, want %v", got, want)
			}
		})
	}
}

// contactedAddresses lists the addresses in a trace, each once.
func contactedAddresses(t *testing.T, trace string) (addresses []string) {
	t.Helper()
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range inetCall.FindAllStringSubmatch(string(data), -1) {
		if address := found[2] + ":" + found[1]; !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}
