package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"prism/internal/term"
)

// defaultHost is the address of a server when none is named.
const defaultHost = "http://127.0.0.1:11434"

// parseHost reads an address as OLLAMA_HOST allows it and returns the URL that
// requests are put under, like http://127.0.0.1:11434 or
// https://example.com:443/ollama. Scheme, port and path may be left out: the
// port is 11434 without a scheme, 80 after http:// and 443 after https://. An
// address that servers bind to (0.0.0.0, [::]) means this machine. Unlike
// Ollama, which falls back to its default, it refuses an invalid port, and it
// takes a user and a password, user:password@host. No error shows these.
func parseHost(s string) (*url.URL, error) {
	text := strings.Trim(strings.TrimSpace(s), `"'`)
	u, err := parseAddress(text, term.HideCredentials(s))
	if err != nil && term.HasCredentials(s) { // whose words an error must not hold
		if _, err = parseAddress(term.HideCredentials(text), term.HideCredentials(s)); err == nil {
			err = fmt.Errorf("host %q: want [http[s]://]host[:port][/path]", term.HideCredentials(s))
		}
	}
	return u, err
}

// parseAddress is parseHost for an address; shown stands for it in errors.
func parseAddress(text, shown string) (*url.URL, error) {
	scheme, rest, found := strings.Cut(text, "://")
	port := "11434"
	switch {
	case !found:
		scheme, rest = "http", text
	case scheme == "http":
		port = "80"
	case scheme == "https":
		port = "443"
	default:
		return nil, fmt.Errorf("host %q: unknown scheme %q (want http or https)", shown, scheme)
	}
	hostPort, path, _ := strings.Cut(rest, "/")
	user, hostPort, err := cutUser(hostPort)
	if err != nil || strings.ContainsAny(hostPort, "@?# \t") {
		return nil, fmt.Errorf("host %q: want [http[s]://]host[:port][/path]", shown)
	}
	host := hostPort
	if h, p, err := net.SplitHostPort(hostPort); err == nil {
		host = h
		if p != "" {
			port = p
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, fmt.Errorf("host %q: invalid port %q", shown, port)
	}
	if host, err = dialHost(host); err != nil {
		return nil, fmt.Errorf("host %q: %w", shown, err)
	}
	u := &url.URL{Scheme: scheme, User: user, Host: net.JoinHostPort(host, port)}
	if path = strings.Trim(path, "/"); path != "" {
		if u.Path, err = url.PathUnescape("/" + path); err != nil {
			return nil, fmt.Errorf("host %q: %w", shown, err)
		}
	}
	return u, nil
}

// cutUser takes user:password@ from the front of an address; characters that
// have a meaning in addresses are written as %40 and the like. Without it the
// user is nil.
func cutUser(address string) (*url.Userinfo, string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return nil, address, nil
	}
	name, password, _ := strings.Cut(address[:at], ":")
	name, nameErr := url.PathUnescape(name)
	password, passwordErr := url.PathUnescape(password)
	if name == "" || nameErr != nil || passwordErr != nil || strings.ContainsFunc(name+password, unicode.IsControl) {
		return nil, "", errors.New("invalid user or password")
	}
	return url.UserPassword(name, password), address[at+1:], nil
}

// dialHost turns the host part of an address into one to connect to.
func dialHost(host string) (string, error) {
	if host == "" {
		return "127.0.0.1", nil
	}
	ip, err := netip.ParseAddr(strings.Replace(strings.Trim(host, "[]"), "%25", "%", 1))
	switch {
	case err != nil && isHostName(host):
		return host, nil
	case err != nil, ip.Zone() != "" && !isHostName(ip.Zone()):
		return "", fmt.Errorf("%q is neither a name nor an IP address", host)
	case ip == netip.IPv4Unspecified():
		return "127.0.0.1", nil
	case ip == netip.IPv6Unspecified():
		return "::1", nil
	}
	return ip.String(), nil
}

func isHostName(s string) bool {
	for _, c := range []byte(s) {
		if c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// address is the URL without user and password, as messages and files name it.
func address(u *url.URL) string {
	plain := *u
	plain.User = nil
	return plain.String()
}

// parseHosts reads addresses, dropping repetitions; none means DefaultHost.
func parseHosts(names []string) ([]*url.URL, error) {
	if len(names) == 0 {
		names = []string{defaultHost}
	}
	for i, name := range names {
		if i > 0 && term.HasCredentials(name) && !strings.Contains(name, "://") {
			return nil, fmt.Errorf("host %q: want http:// before it; a comma of a password is written as %%2C", term.HideCredentials(name))
		}
	}
	seen := make(map[string]bool, len(names))
	var urls []*url.URL
	for _, name := range names {
		u, err := parseHost(name)
		if err != nil {
			return nil, err
		}
		if name := address(u); !seen[name] {
			seen[name] = true
			urls = append(urls, u)
		}
	}
	return urls, nil
}
