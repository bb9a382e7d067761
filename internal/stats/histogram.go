package stats

import (
	"math"
	"strconv"
)

// NumberBin is the rows whose number is at least From and below To.
type NumberBin struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Rows int64   `json:"rows"`
}

// maxNumberBins is the most bins of a histogram.
const maxNumberBins = 20

// binNumbers counts numbers, in ascending order, in bins of one width: 1, 2 or 5 times a power
// of ten, the least one for which maxNumberBins are enough, and at least 1 for whole numbers. Every
// bin begins at a multiple of the width.
func binNumbers(all []numberRows, least, greatest float64) []NumberBin {
	width := binWidth(least, greatest, areWhole(all) && least == math.Trunc(least) && greatest == math.Trunc(greatest))
	first, last := binPlace(least, width), binPlace(greatest, width)
	if math.IsInf(width, 0) || width == 0 || math.Abs(first) > 1<<52 || math.Abs(last) > 1<<52 {
		return []NumberBin{}
	}
	bins := make([]NumberBin, int(last-first)+1)
	for i := range bins {
		bins[i].From, bins[i].To = multipleOf(width, first+float64(i)), multipleOf(width, first+float64(i)+1)
	}
	at := 0
	for _, n := range all {
		for at+1 < len(bins) && n.value >= bins[at].To {
			at++
		}
		bins[at].Rows += n.rows
	}
	return bins
}

func areWhole(all []numberRows) bool {
	for _, n := range all {
		if n.value != math.Trunc(n.value) {
			return false
		}
	}
	return true
}

// binWidth is the least width of 1, 2 or 5 times a power of ten for which maxNumberBins are enough.
func binWidth(least, greatest float64, whole bool) float64 {
	spread := greatest - least
	if spread == 0 {
		spread = max(math.Abs(greatest), 1)
	}
	const least10, greatest10 = -323, 309 // exponents of the least power of ten, and of one that is infinite
	exponent := int(min(max(math.Floor(math.Log10(spread/maxNumberBins)), least10), greatest10))
	if whole {
		exponent = max(exponent, 0)
	}
	for ; ; exponent++ {
		for _, digit := range []float64{1, 2, 5} {
			width := decimal(digit, exponent)
			if math.IsInf(width, 0) || width > 0 && binPlace(greatest, width)-binPlace(least, width) < maxNumberBins {
				return width
			}
		}
	}
}

// binPlace is how many widths from 0 the bin of a number begins, as multipleOf has it.
func binPlace(v, width float64) float64 {
	place := math.Floor(v / width)
	switch {
	case multipleOf(width, place) > v:
		return place - 1
	case multipleOf(width, place+1) <= v:
		return place + 1
	}
	return place
}

// decimal is digit times a power of ten, as exactly as a number can be.
func decimal(digit float64, exponent int) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(digit, 'f', 0, 64)+"e"+strconv.Itoa(exponent), 64)
	return v
}

// multipleOf is width times n without the last digits, which are only rounding: 0.3, not
// 0.30000000000000004.
func multipleOf(width, n float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(width*n, 'g', 15, 64), 64)
	return v
}
