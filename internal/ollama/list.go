package ollama

import (
	"context"
	"slices"
)

// List names the models that every host has, sorted. The error, an *Error,
// names the first host that does not answer.
func (c *Client) List(ctx context.Context) ([]string, error) {
	var names []string
	for i, h := range c.balance.hosts {
		have, err := c.listHost(ctx, h)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			names = have
			continue
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(have, n) })
	}
	slices.Sort(names)
	return names, nil
}

func (c *Client) listHost(ctx context.Context, h *host) ([]string, error) {
	timeout := min(c.timeout, maxCheck)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	listed, err := h.api.List(ctx)
	if err != nil {
		return nil, h.refusal(ctx, "tags", err, timeout)
	}
	names := make([]string, 0, len(listed.Models))
	for _, m := range listed.Models {
		names = append(names, m.Name)
	}
	return names, nil
}
