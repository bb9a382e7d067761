package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"prism/internal/term"
)

// Values of Config.Proxy other than the address of a proxy.
const (
	proxyAuto = "auto" // also empty: the environment's, but none to addresses of this machine and its networks
	proxyNone = "none" // none
	proxyEnv  = "env"  // the environment's: HTTP_PROXY, HTTPS_PROXY and NO_PROXY
)

// parseProxy returns the address of a proxy, nil where s, a value of Config.Proxy,
// names none. No error shows credentials.
func parseProxy(s string) (*url.URL, error) {
	if s == "" || s == proxyAuto || s == proxyNone || s == proxyEnv {
		return nil, nil
	}
	shown := term.HideCredentials(s)
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Hostname() == "", u.RawQuery != "", strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("proxy %q: want none, env or [http[s]://][user:password@]host:port", shown)
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return nil, fmt.Errorf("proxy %q: unknown scheme %q (want http, https, socks5 or socks5h)", shown, u.Scheme)
	}
	return u, nil
}

// route is how requests get to a host.
type route struct {
	proxy  *url.URL // nil: straight
	reason string   // who said so, for people
}

// chooseRoute decides how requests get to h, once. A proxy of the environment is
// not meant for a server of this machine or of its networks: rows would leave
// where nobody said so.
func (c *Client) chooseRoute(ctx context.Context, h *host) error {
	h.choosing.Lock()
	defer h.choosing.Unlock()
	if h.route != nil {
		return nil
	}
	found, err := routeTo(ctx, h.url, c.proxy)
	if err != nil {
		return &Error{Class: Unreachable, Host: h.name, Op: "proxy", Err: err, cause: ProxyFailed}
	}
	h.route = found
	return nil
}

func routeTo(ctx context.Context, to *url.URL, want string) (*route, error) {
	named, err := parseProxy(want)
	switch {
	case err != nil:
		return nil, err
	case named != nil:
		return &route{named, "--proxy"}, nil
	case want == proxyNone:
		return &route{}, nil
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: to})
	switch {
	case err != nil: // it shows the address, which may hold a password
		return nil, errors.New("HTTP_PROXY is not used in the environment of a web server (REQUEST_METHOD is set)")
	case proxy == nil, want != proxyEnv && isNear(ctx, to.Hostname()):
		return &route{}, nil
	}
	return &route{proxy, "the environment"}, nil
}

// isNear reports whether a host is this machine or in one of its networks, by its
// address, its name or an address that the name has. A name that cannot be
// resolved here and has a dot is far.
func isNear(ctx context.Context, host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return isNearAddress(ip)
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if !strings.Contains(name, ".") {
		return true
	}
	for _, zone := range nearZones {
		if strings.HasSuffix(name, zone) {
			return true
		}
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	return err == nil && slices.ContainsFunc(found, isNearAddress)
}

// nearZones are the ends of names that are never public (RFC 6761, 6762, 8375).
var nearZones = [...]string{".localhost", ".local", ".internal", ".home.arpa", ".lan"}

// sharedAddresses are those of a carrier's network or of a VPN (RFC 6598).
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")

func isNearAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || sharedAddresses.Contains(ip)
}

// Proxies says of every host that is reached through a proxy so, a line each.
func (c *Client) Proxies() []string {
	var lines []string
	for _, h := range c.balancer.hosts {
		if name := h.proxyName(); name != "" {
			lines = append(lines, fmt.Sprintf("rows go to %s through the proxy %s (of %s)", h.name, name, h.route.reason))
		}
	}
	return lines
}

// proxyName is the proxy that h is reached through, without credentials; empty:
// none.
func (h *host) proxyName() string {
	if h.route == nil || h.route.proxy == nil {
		return ""
	}
	return address(h.route.proxy)
}
