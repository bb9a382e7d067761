package ollama

import (
	"context"
	"errors"
	"slices"
	"testing"

	"prism/internal/testutil/ollamatest"
)

func TestList(t *testing.T) {
	both := ollamatest.Start(t, ollamatest.Model{Name: "b"}, ollamatest.Model{Name: "a"})
	one := ollamatest.Start(t, ollamatest.Model{Name: "a"}, ollamatest.Model{Name: "c"})
	for _, tt := range []struct {
		name  string
		hosts []string
		want  []string
	}{
		{"one host", []string{both.URL}, []string{"a", "b"}},
		{"what all hosts have", []string{both.URL, one.URL}, []string{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(Config{Hosts: tt.hosts})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.List(context.Background())
			for i, n := range got {
				got[i] = n[:1] // without the tag
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	c, err := New(Config{Hosts: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := c.List(context.Background()); !errors.As(err, &e) || e.Class != Unreachable {
		t.Errorf("no server: got %v", err)
	}
}
