package record

import (
	"context"
	"fmt"
	"io"
	"os"
)

const (
	copyPiece  = 32 << 20  // bytes copied between looks at the context
	copyBuffer = 256 << 10 // larger ones leave the processor's cache
)

// CopyRange copies bytes from..to of in to out, from byte at of out on. The
// kernel copies where that spares a network. Progress, if not nil, is told of
// bytes copied.
func CopyRange(ctx context.Context, out *os.File, at int64, in *os.File, from, to int64, progress func(int64)) error {
	kernel := copiesRemotely(out)
	var buf []byte
	for from < to {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := min(copyPiece, to-from)
		if kernel {
			done, err := kernelCopy(out, at, in, from, n)
			if err != nil {
				return err
			}
			kernel, n = done > 0, done
		} else {
			if buf == nil {
				buf = make([]byte, min(copyBuffer, to-from))
			}
			done, err := io.CopyBuffer(io.NewOffsetWriter(out, at), plainReader{io.NewSectionReader(in, from, n)}, buf)
			if err != nil {
				return err
			}
			if done < n {
				return fmt.Errorf("%w: the file became shorter", io.ErrUnexpectedEOF)
			}
		}
		from, at = from+n, at+n
		if progress != nil {
			progress(n)
		}
	}
	return nil
}

// plainReader hides other methods, which would make io.Copy ignore its buffer.
type plainReader struct{ io.Reader }
