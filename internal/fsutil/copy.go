package fsutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Files are best written in pieces of so many bytes, at multiples of it: others
// make the system handle small pages. Larger ones leave the processor's cache.
const copyBuffer = 256 << 10

// CopyRange copies bytes from..to of in to out, from byte at of out on, in the
// kernel where that is possible. Progress, if not nil, is told of bytes copied.
func CopyRange(ctx context.Context, out *os.File, at int64, in *os.File, from, to int64, progress func(int64)) error {
	kernel := newKernelCopy()
	defer kernel.closePipe()
	var buf []byte
	for from < to {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := kernel.copy(out, at, in, from, to-from)
		if n == 0 && err == nil {
			if buf == nil {
				buf = make([]byte, min(copyBuffer, to-from))
			}
			n = min(copyBuffer-at%copyBuffer, to-from)
			err = copyPlain(out, at, in, from, buf[:n])
		}
		if err != nil {
			return err
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
