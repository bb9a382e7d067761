package classify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"

	"prism/internal/fsutil"
)

// Blocks of a stableFile: minStableBlock bytes, more where a file would have more
// than maxStableBlocks of them.
const (
	minStableBlock  = 64 << 10
	maxStableBlocks = 1 << 18
)

// stableFile is a file of size bytes that gives the same bytes at every read, or a
// *changedError: what was checked is what is labelled. It keeps a checksum a
// block, 8 bytes each, from the first read of the block on. Where everything is
// read twice, first to check it and then to use it, what is used is one version
// of the file: the one that it had when the first reading ended.
//
// It is safe for concurrent use.
type stableFile struct {
	f       io.ReaderAt
	name    string // for messages
	size    int64  // when it was opened; what is added later is not read
	block   int64  // bytes
	sums    []atomic.Uint64
	buffers sync.Pool // of *[]byte, a block each
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newStableFile(f io.ReaderAt, size int64, name string) *stableFile {
	block := int64(minStableBlock)
	for size/block >= maxStableBlocks {
		block *= 2
	}
	s := &stableFile{f: f, name: name, size: size, block: block, sums: make([]atomic.Uint64, (size+block-1)/block)}
	s.buffers.New = func() any { b := make([]byte, block); return &b }
	return s
}

// ReadAt is that of io.ReaderAt.
func (s *stableFile) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= s.size {
			return n, io.EOF
		}
		number := off / s.block
		start := number * s.block
		length := min(s.block, s.size-start)
		if off == start && int64(len(p)-n) >= length {
			if err := s.readBlock(p[n:n+int(length)], number); err != nil {
				return n, err
			}
			n, off = n+int(length), off+length
			continue
		}
		buf := s.buffers.Get().(*[]byte)
		err := s.readBlock((*buf)[:length], number)
		if err != nil {
			s.buffers.Put(buf)
			return n, err
		}
		got := copy(p[n:], (*buf)[off-start:length])
		s.buffers.Put(buf)
		n, off = n+got, off+int64(got)
	}
	return n, nil
}

// readBlock fills b with a block and compares it with its first read.
func (s *stableFile) readBlock(b []byte, number int64) error {
	n, err := s.f.ReadAt(b, number*s.block)
	if n < len(b) && !errors.Is(err, io.EOF) {
		return err
	}
	const known = 1 << 32 // 0: the block was not read yet
	sum := known | uint64(crc32.Checksum(b[:n], castagnoli))
	if n < len(b) || !s.sums[number].CompareAndSwap(0, sum) && s.sums[number].Load() != sum {
		return newInputChangedError(s.name)
	}
	return nil
}

// unitSum is the checksum of a header of so many bytes and the bytes from start to
// end, as prism-split makes it for a unit.
func (s *stableFile) unitSum(header, start, end int64) (string, error) {
	sum, err := fsutil.SumRange(context.Background(), s, 0, header)
	if err != nil {
		return "", err
	}
	own, err := fsutil.SumRange(context.Background(), s, start, end)
	return sum.Join(own).String(), err
}

// oldInputSum is what earlier versions kept of the input in the sidecar: a hash of the
// size and of all bytes, of samples where there are more than fit into these.
func (s *stableFile) oldInputSum() (string, error) {
	const samples, sample = 64, 16 << 10
	h := sha256.New()
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], uint64(s.size))
	h.Write(head[:])
	if s.size <= samples*sample {
		_, err := io.Copy(h, io.NewSectionReader(s, 0, s.size))
		return hex.EncodeToString(h.Sum(nil)[:16]), err
	}
	var buf [sample]byte
	step := (s.size - sample) / (samples - 1)
	for i := range int64(samples) {
		at := i * step
		if i == samples-1 {
			at = s.size - sample
		}
		if n, err := s.ReadAt(buf[:], at); n < len(buf) {
			return "", err
		}
		h.Write(buf[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// changedError says that the input is not what it was.
type changedError struct{ what, hint string }

func (e *changedError) Error() string { return e.what }

// Hint says what to do about it.
func (e *changedError) Hint() string { return e.hint }

func newInputChangedError(name string) error {
	return &changedError{
		name + " changed while it was labelled",
		"run the same command again; with --checkpoint-dir and --run-id the finished rows are kept",
	}
}

// onlyChange is the *changedError in err alone, without what was being done when it
// was found; err if there is none.
func onlyChange(err error) error {
	var changed *changedError
	if errors.As(err, &changed) {
		return changed
	}
	return err
}
