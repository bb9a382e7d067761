package table

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"sync"

	"prism/internal/fsutil"
)

// ScanOptions says what Scan is to find.
type ScanOptions struct {
	Options
	Columns []int // to cut of each record, ascending places in the header
	From    int64 // where the first record starts; 0: after the header
	Workers int   // goroutines that find records; 0: one a core, at most 8
	Block   int   // bytes of the file a block; 0: 256 KiB
	Text    bool  // check that the records are UTF-8
	Sum     bool  // find the checksum of each block

	// Prepare, if not nil, is called for each block whose records were found, on
	// several goroutines at a time, so that work on them runs in parallel. It may
	// look at anything but Pos, and is called again for a block whose records
	// prove to be others.
	Prepare func(*Block)
	// Buffers, if not nil, lends its memory to scans that follow each other.
	Buffers *Buffers
}

// Buffers is memory that scans leave for later ones; the zero value is empty.
// One scan at a time may use it. Blocks come with the Aux that they had.
type Buffers struct{ free []*Block }

func (b *Buffers) borrowBlocks(n int) []*Block {
	var blocks []*Block
	if b != nil {
		k := max(len(b.free)-n, 0)
		blocks, b.free = b.free[k:], b.free[:k:k]
	}
	for len(blocks) < n {
		blocks = append(blocks, &Block{})
	}
	return blocks
}

func (b *Buffers) returnBlocks(blocks []*Block) {
	if b != nil {
		b.free = append(b.free, blocks...)
	}
}

const (
	blockSize  = 256 << 10
	maxWorkers = 8
)

// Scan finds the records of a regular file of size bytes and checks each. It
// calls commit with blocks of them in the order of the file; a block belongs to
// the callee until it returns. The first fault is returned as an *Error after
// the records before it were committed.
//
// Blocks are read in parallel. Whether a block starts within quotes is known
// only when all before it are read: workers guess, and where the guess proves
// wrong the block is read again.
func Scan(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions, commit func(*Block) error) error {
	s := &scan{
		f: f, size: size, header: h, o: o, commit: commit, pos: 1,
		from: max(o.From, h.Size), block: int64(o.Block),
	}
	if s.block == 0 {
		s.block = blockSize
	}
	s.at = s.from
	s.blocks = (size - s.from + s.block - 1) / s.block
	workers := o.Workers
	if workers == 0 {
		workers = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	workers = int(min(int64(workers), s.blocks))
	if workers <= 1 {
		return s.scanSerially(ctx)
	}
	return s.scanParallel(ctx, workers)
}

type scan struct {
	f      io.ReaderAt
	size   int64
	header *Header
	o      ScanOptions
	commit func(*Block) error

	from   int64
	block  int64 // bytes
	blocks int64 // number

	at  int64 // where the next record starts, by what was committed
	pos int64 // its position
}

func (s *scan) newBlockScanner() *blockScanner {
	sc := &blockScanner{
		f: s.f, to: s.size, columns: s.o.Columns, names: len(s.header.Names),
		splitter: newSplitter(s.header.Format, s.header),
	}
	if csv, ok := sc.splitter.(*csvSplitter); ok {
		sc.delim, sc.keepBlank = []byte{csv.delim}, csv.keepBlank
	}
	return sc
}

// findBlock reads block k and guesses its records; those of the first are sure.
func (s *scan) findBlock(sc *blockScanner, b *Block, k int64) {
	from := s.from + k*s.block
	b.err = sc.readBlock(b, from, min(from+s.block, s.size), k == 0)
	switch {
	case b.err != nil:
	case k == 0:
		b.err = sc.findFrom(b, from)
	default:
		b.err = sc.guessRecords(b)
	}
	if b.err == nil && b.first >= 0 {
		s.examineBlock(b)
	}
}

// examineBlock does what is to be done with a block whose records were found.
func (s *scan) examineBlock(b *Block) {
	if s.o.Sum {
		b.Sum = fsutil.Checksum{}
		b.Sum.Update(b.records())
	}
	if s.o.Text {
		b.checkUTF8()
	}
	if s.o.Prepare != nil {
		s.o.Prepare(b)
	}
}

// commitBlock makes sure of a block's records and commits them.
func (s *scan) commitBlock(ctx context.Context, sc *blockScanner, b *Block) error {
	if b.err == nil && b.first != s.at {
		if b.err = sc.findFrom(b, s.at); b.err == nil {
			s.examineBlock(b)
		}
	}
	if b.err != nil {
		return readError(s.o.Name, b.err)
	}
	b.Pos = s.pos
	s.pos += int64(len(b.Recs))
	s.at = b.next
	if len(b.Recs) > 0 {
		if err := s.commit(b); err != nil {
			return err
		}
	}
	if b.bad == nil {
		return nil
	}
	if b.bad.text {
		return cmp.Or(checkUTF8(ctx, s.f, s.from, s.size, s.o.Name), errChanged(s.o.Name))
	}
	lines, err := countLines(s.f, b.Offset+int64(b.bad.at))
	if err != nil {
		return readError(s.o.Name, err)
	}
	e := &Error{File: s.o.Name, Line: lines + 1, Msg: b.bad.msg}
	s.header.adviseFault(e)
	return e
}

// scanSerially reads block after block, each where the one before ended.
func (s *scan) scanSerially(ctx context.Context) error {
	blocks := s.o.Buffers.borrowBlocks(1)
	defer s.o.Buffers.returnBlocks(blocks)
	sc, b := s.newBlockScanner(), blocks[0]
	for s.at < s.size {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		from := s.at
		b.err = sc.readBlock(b, from, min(from+s.block, s.size), true)
		b.first = -1
		if err := s.commitBlock(ctx, sc, b); err != nil {
			return err
		}
	}
	return nil
}

// scanParallel reads blocks on workers and commits them on the caller's goroutine.
func (s *scan) scanParallel(ctx context.Context, workers int) error {
	slots := 4 * workers
	free := make(chan *Block, slots) // bounds the blocks between reading and commit
	blocks := s.o.Buffers.borrowBlocks(slots)
	for _, b := range blocks {
		free <- b
	}
	found := make([]chan *Block, slots) // block k comes through found[k%slots]
	for i := range found {
		found[i] = make(chan *Block, 1)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var g sync.WaitGroup
	var mu sync.Mutex
	next := int64(0)
	takeBlock := func() (*Block, int64) {
		mu.Lock()
		defer mu.Unlock()
		if next == s.blocks {
			return nil, 0
		}
		select {
		case b := <-free:
			next++
			return b, next - 1
		case <-ctx.Done():
			return nil, 0
		}
	}
	for range workers {
		g.Go(func() {
			sc := s.newBlockScanner()
			for b, k := takeBlock(); b != nil; b, k = takeBlock() {
				s.findBlock(sc, b, k)
				found[k%int64(slots)] <- b
			}
		})
	}
	err := s.commitAll(ctx, found, free)
	cancel(err)
	g.Wait() // workers note their errors in blocks
	s.o.Buffers.returnBlocks(blocks)
	return err
}

func (s *scan) commitAll(ctx context.Context, found []chan *Block, free chan<- *Block) error {
	sc := s.newBlockScanner()
	for k := range s.blocks {
		select {
		case b := <-found[k%int64(len(found))]:
			if err := s.commitBlock(ctx, sc, b); err != nil {
				return err
			}
			free <- b
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// errChanged says that a file is not what it was when it was read before.
func errChanged(name string) error {
	return &Error{File: name, Msg: "the file changed while it was read"}
}
