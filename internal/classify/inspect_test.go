package classify

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"prism/internal/job"
	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// TestDryRun: the first batch is shown as the model would be asked, without a server.
func TestDryRun(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		blank      string
		want, not  []string
	}{
		{"two rows of three", "1,a,first\n2,b,second\n3,c,third\n", "", []string{"You label feedback.", "first", "second", `"Topic"`, `"Shipping"`}, []string{"third"}},
		{"rows without text are passed over", "1,,\n2,b,second\n3,c,third\n", "", []string{"second", "third"}, nil},
		{"unless they are asked for", "1,,\n2,b,second\n3,c,third\n", job.BlankAsked, []string{"second"}, []string{"third"}},
		{"no row has text", "1,,\n", "", []string{"no rows to send"}, []string{"You label"}},
		{"no rows", "", "", []string{"has no rows"}, []string{"You label"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, 0)
			b.writeFile("in.csv", "RowID,Title,Message\n"+c.rows)
			b.s.Model.BatchSize, b.s.Columns.BlankRows = 2, c.blank
			var out bytes.Buffer
			if err := DryRun(context.Background(), b.s, strings.NewReader(""), &out); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in\n%s", want, &out)
				}
			}
			for _, not := range c.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("%q is in\n%s", not, &out)
				}
			}
		})
	}
}

func TestListModels(t *testing.T) {
	model := func(names ...string) (models []ollamatest.Option) {
		for _, n := range names {
			models = append(models, ollamatest.Model{Name: n})
		}
		return models
	}
	b := newBench(t, 0, serve(t, model("b:1", "a:1", "c:1")...), serve(t, model("c:1", "b:1")...))
	got, err := ListModels(context.Background(), b.s)
	if want := []string{"b:1", "c:1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q, which both hosts have", got, err, want)
	}
	b.s.Model.API, b.s.Model.Hosts = server.OpenAI, nil
	if _, err := ListModels(context.Background(), b.s); !errors.Is(err, errNoHost) {
		t.Errorf("an API without a usual address: got %v, want %v", err, errNoHost)
	}
}

// TestConnect: a call is as the flags and the model have it.
func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name    string
		context int // of the model
		change  func(*job.CallOptions)
		numCtx  int // of the call
		err     string
	}{
		{"usual", 32768, func(*job.CallOptions) {}, 8192, ""},
		{"a short context", 2048, func(*job.CallOptions) {}, 2048, ""},
		{"a given one", 32768, func(o *job.CallOptions) { o.NumCtx = 16384 }, 16384, ""},
		{"more than the model can take", 2048, func(o *job.CallOptions) { o.NumCtx = 4096 }, 0, "--num-ctx"},
		{"no such time", 2048, func(o *job.CallOptions) { o.KeepAlive = "for ever" }, 0, "--keep-alive"},
		{"no such depth", 2048, func(o *job.CallOptions) { o.Think = "deeply" }, 0, "--think"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, 0, serve(t, ollamatest.Model{Name: ollamatest.DefaultModel, ContextLength: c.context}))
			c.change(&b.s.Model)
			_, found, request, err := Connect(context.Background(), b.s)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want an error about %s", err, c.err)
				}
				return
			}
			if err != nil || found.ContextLength != c.context || request.NumCtx != c.numCtx || request.Model != ollamatest.DefaultModel {
				t.Errorf("got %d tokens of %d for %s, %v, want %d of %d", request.NumCtx, found.ContextLength, request.Model, err, c.numCtx, c.context)
			}
		})
	}
}
