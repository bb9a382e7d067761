package extsort

import "context"

// Run is a sorted sequence: a call gives its items, in batches of about so many
// bytes, to yield. A batch belongs to yield until it returns; yield may keep
// b.Data, b.Keys and b.Items if it puts others in their place.
type Run func(ctx context.Context, bytes int, yield func(*Batch) error) error

// run gives the items of a sorted chunk from memory.
func (c *chunk) run() Run {
	return func(_ context.Context, bytes int, yield func(*Batch) error) error {
		b := &Batch{}
		for i, e := range c.entries {
			if i%fetchAhead == 0 {
				c.sum += fetch(c.windows, c.entries[i:min(i+fetchAhead, len(c.entries))])
			}
			b.Append(e.key, e.ref.item(c.windows))
			if len(b.Data) < bytes && i < len(c.entries)-1 {
				continue
			}
			if err := yield(b); err != nil {
				return err
			}
			b.Reset()
		}
		return nil
	}
}
