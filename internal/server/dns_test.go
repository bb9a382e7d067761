package server

import (
	"context"
	"errors"
	"net"
	"testing"
)

// silentResolver makes names be looked up at a server that never answers. asked gets a value
// with each question.
func silentResolver(t *testing.T) (asked <-chan struct{}) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	questions := make(chan struct{}, 100)
	go func() {
		buf := make([]byte, 1500)
		for {
			if _, _, err := conn.ReadFrom(buf); err != nil {
				return
			}
			select {
			case questions <- struct{}{}:
			default:
			}
		}
	}()
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return questions
}

// TestLookupThatHangs: who interrupts the work does not wait for a name server.
func TestLookupThatHangs(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Config
		env  string // HTTP_PROXY
	}{
		{"of the server", Config{Hosts: []string{"http://gpu1.example"}}, ""},
		{"of one of several", Config{Hosts: []string{"http://gpu1.example", "http://gpu2.example"}}, ""},
		{"of the proxy", Config{Hosts: []string{"http://192.0.2.1"}, Proxy: "http://proxy.example:3128"}, ""},
		{"of a server that may need the environment's proxy", Config{Hosts: []string{"http://gpu1.example"}}, "http://127.0.0.1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("HTTP_PROXY", tt.env)
			asked := silentResolver(t)
			client, err := New(tt.c)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := client.Check(ctx, "m")
				ended <- err
			}()
			<-asked
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want it to end with the context", err)
			}
		})
	}
}
