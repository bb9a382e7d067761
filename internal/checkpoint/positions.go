package checkpoint

const pageBits = 1 << 16

// positions is a set of positions in about a bit each; the zero value is empty.
type positions struct {
	pages map[int64]*[pageBits / 64]uint64
	n     int64
}

func (p *positions) has(pos int64) bool {
	page := p.pages[pos/pageBits]
	return page != nil && page[pos%pageBits/64]&(1<<(pos%64)) != 0
}

func (p *positions) add(pos int64) {
	page := p.pages[pos/pageBits]
	if page == nil {
		if p.pages == nil {
			p.pages = map[int64]*[pageBits / 64]uint64{}
		}
		page = new([pageBits / 64]uint64)
		p.pages[pos/pageBits] = page
	}
	word := &page[pos%pageBits/64]
	if bit := uint64(1) << (pos % 64); *word&bit == 0 {
		*word |= bit
		p.n++
	}
}

func (p *positions) remove(pos int64) {
	if p.has(pos) {
		p.pages[pos/pageBits][pos%pageBits/64] &^= 1 << (pos % 64)
		p.n--
	}
}
