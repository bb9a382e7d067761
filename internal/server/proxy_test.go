package server

import (
	"net/netip"
	"strings"
	"testing"
)

func TestIsNear(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.1.2.3": true, "172.16.0.1": true, "172.32.0.1": false,
		"192.168.1.1": true, "169.254.1.1": true, "100.64.0.1": true, "100.127.255.255": true, "100.128.0.1": false,
		"fd00::1": true, "fe80::1%eth0": true, "::ffff:10.0.0.1": true, "8.8.8.8": false, "2001:db8::1": false,
		"localhost": true, "gpu1": true, "GPU1.Local": true, "gpu1.local.": true, "a.internal": true, "x.home.arpa": true,
		"nowhere.invalid": false,
	} {
		if got := isNear(t.Context(), host); got != want {
			t.Errorf("isNear(%q) = %v, want %v", host, got, want)
		}
		if ip, err := netip.ParseAddr(host); err == nil && isNearAddress(ip) != want {
			t.Errorf("isNearAddress(%v) is not %v", ip, want)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"none", ""}, {"env", ""}, {"auto", ""},
		{"proxy:3128", "http://proxy:3128"},
		{"http://me:secret@proxy:3128/", "http://proxy:3128/"},
		{"socks5://proxy:1080", "socks5://proxy:1080"},
	} {
		u, err := parseProxy(c.in)
		got := ""
		if u != nil {
			got = address(u)
		}
		if err != nil || got != c.want {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"ftp://me:secret@x", "http://", "http://me:secret@x/path", "http://me:sec ret@x", "x y", "http://me:secret@x:y"} {
		if _, err := parseProxy(in); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec ret") {
			t.Errorf("%q: got %v", in, err)
		}
	}
}
