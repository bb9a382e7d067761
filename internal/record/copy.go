package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	copyPiece = 32 << 20 // bytes that the kernel copies between looks at the context
	// CopyBuffer is how many bytes of a file are best written at once, at a
	// multiple of it: larger pieces leave the processor's cache, others make the
	// system handle small pages.
	CopyBuffer = 256 << 10
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
				buf = make([]byte, min(CopyBuffer, to-from))
			}
			n = min(CopyBuffer-at%CopyBuffer, to-from)
			if err := copyPlain(out, at, in, from, buf[:n]); err != nil {
				return err
			}
		}
		from, at = from+n, at+n
		if progress != nil {
			progress(n)
		}
	}
	return nil
}

// copyPlain copies len(buf) bytes through buf.
func copyPlain(out *os.File, at int64, in *os.File, from int64, buf []byte) error {
	n, err := in.ReadAt(buf, from)
	if n < len(buf) {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: the file became shorter", io.ErrUnexpectedEOF)
		}
		return err
	}
	_, err = out.WriteAt(buf, at)
	return err
}
