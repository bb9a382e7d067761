package student

import (
	"math"
	"slices"

	"prism/internal/prompt"
)

// mostWeights bounds the weights of a student, 4 bytes each.
const mostWeights = 1 << 25

// minDocuments is how many rows must have a bucket for it to be known.
const minDocuments = 2

// bucketCount is how often a row has a bucket.
type bucketCount struct {
	bucket uint32
	count  uint32
}

// countBuckets counts the buckets of a row, ascending.
func (s *scanner) countBuckets(m *prompt.Mention) []bucketCount {
	var all []uint32
	s.found = func(bucket uint32) { all = append(all, bucket) }
	s.scanMention(m)
	slices.Sort(all)
	var counts []bucketCount
	for i, b := range all {
		if i == 0 || b != all[i-1] {
			counts = append(counts, bucketCount{bucket: b})
		}
		counts[len(counts)-1].count++
	}
	return slices.Clip(counts)
}

// vector is a row as known buckets with their weights; it is one unit long, or empty.
type vector struct {
	features []int32 // indices of known buckets
	weights  []float32
}

// vocabulary is the buckets that a student knows.
type vocabulary struct {
	buckets []uint32
	idf     []float32
	index   []int32 // by bucket, -1: unknown
}

// newVocabulary finds the buckets of the rows that isTrained tells of, so few that each may
// have a weight in so many functions: the most frequent ones.
func newVocabulary(rows [][]bucketCount, isTrained func(row int) bool, functions int) *vocabulary {
	documents := make([]int32, 1<<bucketBits)
	trained := 0
	for i, row := range rows {
		if !isTrained(i) {
			continue
		}
		trained++
		for _, c := range row {
			documents[c.bucket]++
		}
	}
	least := leastDocuments(documents, mostWeights/max(functions, 1))
	v := &vocabulary{index: make([]int32, 1<<bucketBits)}
	for bucket, n := range documents {
		v.index[bucket] = -1
		if n >= least {
			v.index[bucket] = int32(len(v.buckets))
			v.buckets = append(v.buckets, uint32(bucket))
			v.idf = append(v.idf, float32(math.Log(float64(trained+1)/(float64(n)+0.5))))
		}
	}
	return v
}

// leastDocuments is how many rows a bucket needs for at most so many to be known.
func leastDocuments(documents []int32, most int) int32 {
	known := map[int32]int{} // buckets, by number of rows
	total := 0
	for _, n := range documents {
		if n >= minDocuments {
			known[n]++
			total++
		}
	}
	least := int32(minDocuments)
	for ; total > most; least++ {
		total -= known[least]
	}
	return least
}

// vectorOf returns the vector of a row.
func (v *vocabulary) vectorOf(row []bucketCount) vector {
	var x vector
	for _, c := range row {
		if at := v.index[c.bucket]; at >= 0 {
			x.features = append(x.features, at)
			x.weights = append(x.weights, featureWeight(c.count, v.idf[at]))
		}
	}
	x.normalize()
	return x
}

// featureWeight is the weight of a bucket that a row has so many times, before the row is made one unit long.
func featureWeight(count uint32, idf float32) float32 {
	if count < uint32(len(logarithms)) {
		return logarithms[count] * idf
	}
	return float32(1+math.Log(float64(count))) * idf
}

// logarithms are 1 + log(i), which most counts need.
var logarithms = func() (l [64]float32) {
	for i := range l {
		l[i] = float32(1 + math.Log(float64(max(i, 1))))
	}
	return l
}()

func (x *vector) normalize() {
	sum := 0.0
	for _, w := range x.weights {
		sum += float64(w) * float64(w)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range x.weights {
		x.weights[i] *= scale
	}
}
