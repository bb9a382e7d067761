package term

import "strings"

// hiddenCredentials stand for a user and a password where an address is shown.
const hiddenCredentials = "USER:PASSWORD"

// HideCredentials returns an address, such as http://user:secret@host, as it can be
// shown: with USER:PASSWORD instead of what stands there. Texts without @ are
// returned as they are.
func HideCredentials(address string) string {
	if before, after, ok := cutCredentials(address); ok {
		return before + hiddenCredentials + "@" + after
	}
	return address
}

// HasCredentials reports whether an address holds a user or a password.
func HasCredentials(address string) bool {
	_, _, ok := cutCredentials(address)
	return ok
}

// cutCredentials cuts what stands between the scheme and the last @ out of an
// address, so that nothing of a password with a slash or an @ in it is left.
func cutCredentials(address string) (before, after string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	start := 0
	if i := strings.Index(address[:at], "://"); i >= 0 && !strings.ContainsAny(address[:i], ":@/") {
		start = i + len("://")
	}
	return address[:start], address[at+1:], true
}
