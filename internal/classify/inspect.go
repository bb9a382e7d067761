package classify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/server"
)

// DryRun prints the messages and the reply schema of the first batch to out. It
// calls no server.
func DryRun(ctx context.Context, s WorkerOptions, stdin io.Reader, out io.Writer) error {
	p, err := s.checkAndLoadPrompts(ctx, Streams{In: stdin, Out: out})
	if err != nil {
		return err
	}
	in, err := s.openInput(ctx, stdin, p.Schema)
	if err != nil {
		return err
	}
	defer in.close()
	src := s.newSource(in)
	blank := 0
	var ids []int64
	var mentions []prompt.Mention
	for len(ids) < s.Model.BatchSize {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.blank && s.Columns.Blank() != job.BlankAsked {
			blank++
			continue
		}
		ids, mentions = append(ids, r.RowID), append(mentions, r.Mention)
	}
	if len(ids) == 0 && blank > 0 {
		_, err := fmt.Fprintf(out, "%s has no rows to send: they have neither text nor title\n", in.name)
		return err
	}
	if len(ids) == 0 {
		_, err := fmt.Fprintf(out, "%s has no rows\n", in.name)
		return err
	}
	_, err = fmt.Fprintf(out, "── system message ──\n%s\n── user message ──\n%s\n── reply schema ──\n%s\n",
		p.System, p.AppendUser(nil, mentions), p.AppendReplySchema(nil, ids, s.strict(p.Schema)))
	return err
}

// ListModels names the models that every one of the hosts has, sorted.
func ListModels(ctx context.Context, s WorkerOptions) ([]string, error) {
	if s.Model.API == server.OpenAI && len(s.Model.Hosts) == 0 {
		return nil, errNoHost
	}
	client, err := server.New(s.serverConfig())
	if err != nil {
		return nil, &usageError{What: err.Error()}
	}
	return client.List(ctx)
}

// Connect finds the hosts and the model of the settings, and returns a call as a run
// makes it, without its messages.
func Connect(ctx context.Context, s WorkerOptions) (*server.Client, *server.Model, server.Request, error) {
	if err := s.checkFlags(); err != nil {
		return nil, nil, server.Request{}, err
	}
	client, found, err := s.connect(ctx)
	if err != nil {
		return nil, nil, server.Request{}, err
	}
	request, err := s.newRequest(found)
	return client, found, request, err
}
