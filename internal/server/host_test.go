package server

import (
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "http://127.0.0.1:11434"},
		{"only spaces and quotes", ` "" `, "http://127.0.0.1:11434"},
		{"address", "1.2.3.4", "http://1.2.3.4:11434"},
		{"address and port", "1.2.3.4:1234", "http://1.2.3.4:1234"},
		{"port", ":1234", "http://127.0.0.1:1234"},
		{"address and empty port", "1.2.3.4:", "http://1.2.3.4:11434"},
		{"name", "example.com", "http://example.com:11434"},
		{"name, port and path", "example.com:80/ollama/", "http://example.com:80/ollama"},
		{"http", "http://1.2.3.4", "http://1.2.3.4:80"},
		{"http and port", "http://1.2.3.4:11434", "http://1.2.3.4:11434"},
		{"https", "https://example.com", "https://example.com:443"},
		{"https, port and path", "https://example.com:4433/a/b", "https://example.com:4433/a/b"},
		{"credentials", "http://u:p@x", "http://u:p@x:80"},
		{"credentials with escapes", "u:a%40b%2Fc@x/y", "http://u:a%40b%2Fc@x:11434/y"},
		{"slash at the end", "http://example.com:1/", "http://example.com:1"},
		{"quoted", ` "http://1.2.3.4:5" `, "http://1.2.3.4:5"},
		{"IPv6", "::1", "http://[::1]:11434"},
		{"IPv6 in brackets", "[::1]", "http://[::1]:11434"},
		{"IPv6 and port", "[2001:db8::1]:1234", "http://[2001:db8::1]:1234"},
		{"http and IPv6", "http://[::1]:1234/x", "http://[::1]:1234/x"},
		{"IPv6 and zone", "[fe80::1%eth0]:1", "http://[fe80::1%25eth0]:1"},
		{"IPv6 and zone in a URL", "http://[fe80::1%25eth0]:1", "http://[fe80::1%25eth0]:1"},
		{"bound to all", "0.0.0.0", "http://127.0.0.1:11434"},
		{"bound to all and port", "0.0.0.0:1234", "http://127.0.0.1:1234"},
		{"bound to all, IPv6", "[::]:1234", "http://[::1]:1234"},
		{"bound to all, IPv6 without port", "::", "http://[::1]:11434"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := parseHost(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := u.String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestParseHostRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"scheme", "ftp://x", `host "ftp://x": unknown scheme "ftp" (want http or https)`},
		{"port too large", "x:65536", `host "x:65536": invalid port "65536"`},
		{"port 0", "x:0", `host "x:0": invalid port "0"`},
		{"port of letters", "x:abc", `host "x:abc": invalid port "abc"`},
		{"credentials that are not complete", "http://:p@x", `host "http://USER:PASSWORD@x": want [http[s]://]host[:port][/path]`},
		{"a password that becomes a port", "http://u:se/cret@x", `host "http://USER:PASSWORD@x": want [http[s]://]host[:port][/path]`},
		{"space", "a b", `host "a b": want [http[s]://]host[:port][/path]`},
		{"percent", "a%20b", `host "a%20b": "a%20b" is neither a name nor an IP address`},
		{"path", "a/%", `host "a/%": invalid URL escape "%"`},
		{"colons", "a:b:c", `host "a:b:c": "a:b:c" is neither a name nor an IP address`},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := parseHost(c.in)
			if err == nil {
				t.Fatalf("got %s, want an error", u)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNewDropsRepeatedHosts(t *testing.T) {
	c, err := New(Config{Hosts: []string{"localhost", "http://localhost:11434", "[::1]"}})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Hosts()
	if len(got) != 2 || got[0] != "http://localhost:11434" || got[1] != "http://[::1]:11434" {
		t.Errorf("got %q", got)
	}
	if _, err := New(Config{Hosts: []string{"x:99999"}}); err == nil {
		t.Error("a bad host was taken")
	}
}

// TestPasswordsWithCommas: a list of hosts is cut at commas, and what is left of a password is
// neither shown nor taken for a server.
func TestPasswordsWithCommas(t *testing.T) {
	for _, list := range []string{"http://user:se,cret@x", "user:12,cret@x:1", "us,er:cret@x", "http://h1,http://user:a,b,cret@x"} {
		_, err := New(Config{Hosts: strings.Split(list, ",")})
		if err == nil {
			t.Errorf("%s: taken", list)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "want http:// before it; a comma of a password is written as %2C") || strings.Contains(text, "cret") || strings.Contains(text, "user") {
			t.Errorf("%s: got %s", list, text)
		}
	}
	for _, list := range []string{"http://h1,http://user:secret@x", "user:secret@x,h2", "http://user:se%2Ccret@x"} {
		if _, err := New(Config{Hosts: strings.Split(list, ",")}); err != nil {
			t.Errorf("%s: %v", list, err)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"", "localhost", "http://a:1/b", "[::]:1", "https://x", "0.0.0.0:", "a:b:c", "//", "http:///x", "http://a:secret@b:x", "a:secret@", ":secret@b/%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseHost(s)
		if err != nil {
			if user, _, ok := strings.Cut(s, ":secret@"); ok && !strings.Contains(user, "secret") && strings.Count(s, "secret") == 1 && strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: the error shows the password: %v", s, err)
			}
			return
		}
		again, err := parseHost(u.String())
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", s, u, err)
		}
		if again.String() != u.String() {
			t.Errorf("%q became %q and then %q", s, u, again)
		}
	})
}
