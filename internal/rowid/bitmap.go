package rowid

// maxBits is the widest span of IDs that a Bitmap is used for: 16 MiB.
const maxBits = 1 << 27

// Bitmap is a set of IDs between a least and a greatest one.
type Bitmap struct {
	least int64
	words []uint64
}

// NewBitmap returns an empty set for IDs from least to greatest, nil if they
// are too far apart to be held so.
func NewBitmap(least, greatest int64) *Bitmap {
	if greatest < least || uint64(greatest)-uint64(least) >= maxBits {
		return nil
	}
	return &Bitmap{least: least, words: make([]uint64, (uint64(greatest)-uint64(least))/64+1)}
}

// Add puts an ID between least and greatest into the set and tells whether it was there.
func (b *Bitmap) Add(id int64) bool {
	i := uint64(id) - uint64(b.least)
	word, bit := &b.words[i/64], uint64(1)<<(i%64)
	was := *word&bit != 0
	*word |= bit
	return was
}

// Has tells whether any ID is in the set.
func (b *Bitmap) Has(id int64) bool {
	i := uint64(id) - uint64(b.least)
	return id >= b.least && i/64 < uint64(len(b.words)) && b.words[i/64]&(1<<(i%64)) != 0
}
