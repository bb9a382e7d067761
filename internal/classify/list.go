package classify

import (
	"context"

	"prism/internal/ollama"
)

// Models names the models that every one of the hosts has, sorted.
func Models(ctx context.Context, hosts []string) ([]string, error) {
	client, err := ollama.New(ollama.Config{Hosts: hosts})
	if err != nil {
		return nil, &UsageError{What: err.Error()}
	}
	return client.List(ctx)
}
