package term

import "testing"

func TestCredentials(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"none", "http://gpu1:11434/x", "http://gpu1:11434/x"},
		{"user and password", "http://me:secret@gpu1:1", "http://USER:PASSWORD@gpu1:1"},
		{"user", "https://me@gpu1", "https://USER:PASSWORD@gpu1"},
		{"without a scheme", "me:secret@gpu1", "USER:PASSWORD@gpu1"},
		{"@ in the password", "http://me:se@cret@gpu1", "http://USER:PASSWORD@gpu1"},
		{"slash in the password", "http://me:se/cret@gpu1", "http://USER:PASSWORD@gpu1"},
		{"scheme in the password", "me:a://b@gpu1", "USER:PASSWORD@gpu1"},
		{"nothing before @", "http://@gpu1", "http://USER:PASSWORD@gpu1"},
		{"nothing", "", ""},
	} {
		if got := HideCredentials(c.in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if HasCredentials(c.in) != (c.in != c.want) {
			t.Errorf("%s: HasCredentials is %v", c.name, HasCredentials(c.in))
		}
	}
}
