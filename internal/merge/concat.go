package merge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// writeConcat writes one part after the other.
func (j *join) writeConcat(ctx context.Context) (Result, error) {
	r, d, err := j.checkParts(ctx)
	if err != nil {
		return r, err
	}
	head, err := j.head()
	if err != nil {
		return r, err
	}
	if _, err := j.out.Write(head); err != nil {
		return r, err
	}
	if file, ok := j.out.Writer.(*os.File); ok && j.out.Rewind != nil && d == nil && j.allRaw() {
		return r, j.copyParts(ctx, file, int64(len(head)))
	}
	for _, p := range j.parts {
		if p.raw && d == nil {
			err = j.streamPart(p)
		} else {
			err = j.rewritePart(ctx, p, d)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

func (j *join) allRaw() bool {
	return !slices.ContainsFunc(j.parts, func(p *part) bool { return !p.raw })
}

// maxCopies is how many parts are copied at once.
const maxCopies = 4

// copyParts copies the records of all parts, byte for byte, to a file from byte
// at on; the last line of each is completed.
func (j *join) copyParts(ctx context.Context, out *os.File, at int64) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(runtime.GOMAXPROCS(0), maxCopies))
	for _, p := range j.parts {
		from, to := p.header.Size, p.File.Size
		if from == to {
			continue
		}
		place := at
		g.Go(func() error { return fsutil.CopyRange(ctx, out, place, p.File.File, from, to, nil) })
		at += to - from
		ending, err := p.ending()
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		if _, err := out.WriteAt(ending, at); err != nil {
			return errors.Join(err, g.Wait())
		}
		at += int64(len(ending))
	}
	return g.Wait()
}

// streamPart copies a part's records byte for byte.
func (j *join) streamPart(p *part) error {
	from, to := p.header.Size, p.File.Size
	if from == to {
		return nil
	}
	if _, err := io.Copy(j.out, io.NewSectionReader(p.File, from, to-from)); err != nil {
		return err
	}
	ending, err := p.ending()
	if err == nil {
		_, err = j.out.Write(ending)
	}
	return err
}

// ending is what the part's last line lacks of its ending.
func (p *part) ending() ([]byte, error) {
	last := make([]byte, 1)
	if _, err := p.File.ReadAt(last, p.File.Size-1); err != nil {
		return nil, fmt.Errorf("read %s: %w", p.Options.Name, err)
	}
	return endLine(last, p.header.CRLF)[1:], nil
}

// rewritePart writes a part's records one by one, without those to drop.
func (j *join) rewritePart(ctx context.Context, p *part, d *drops) error {
	w := bufio.NewWriterSize(j.out, 512<<10)
	enc := j.encoder(p)
	o := table.ScanOptions{Options: p.Options}
	if !p.raw {
		for i := range p.header.Names {
			o.Columns = append(o.Columns, i)
		}
	}
	drop := d.ofPart(p)
	err := table.Scan(ctx, p.File, p.File.Size, p.header, o, func(b *table.Block) error {
		for i, rec := range b.Recs {
			if drop != nil && drop(b.Pos+int64(i)) {
				continue
			}
			line := b.Data[rec.From:rec.Next:rec.Next]
			if p.raw {
				line = endLine(line, p.header.CRLF)
			} else {
				line = enc.encode(b, i)
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
