package student

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bucketBits is how many bits of an n-gram's hash are kept: its bucket.
const bucketBits = 20

// featureVersion changes whenever a text has other features.
const featureVersion = 1

// Lengths in characters of the n-grams within a word; of scripts that write no blanks
// between words they begin at one character.
const (
	shortestGram = 3
	longestGram  = 5
	longestDense = 3
)

// mostText is how many bytes of a field are read: what a text is about shows before.
const mostText = 16 << 10

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/.
const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

// Kinds of features, which begin their hash.
const (
	kindWord = 'w'
	kindPair = 'p'
	kindGram = 'c'
)

// scanner finds the features of texts. It is reused, by one goroutine.
type scanner struct {
	normal []byte // text in Unicode's form NFKC
	word   []rune // in lower case, between two marks
	found  func(bucket uint32)
}

// scanField calls found with the bucket of each feature of a field, as often as it is there.
func (s *scanner) scanField(field int, text string) {
	s.normal = s.normal[:0]
	if len(text) > mostText {
		text = text[:mostText]
	}
	s.normal = norm.NFKC.AppendString(s.normal, text)
	before := hashStart(kindWord, field) // hash of the word before, for pairs
	hasBefore := false
	s.word = append(s.word[:0], '<')
	for i := 0; i < len(s.normal); {
		r, size := utf8.DecodeRune(s.normal[i:])
		i += size
		if isWordRune(r) {
			s.word = append(s.word, unicode.ToLower(r))
			continue
		}
		before, hasBefore = s.endWord(field, before, hasBefore)
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && r != utf8.RuneError { // a sign of its own
			s.found(bucketOf(hashRune(hashStart(kindWord, field), r)))
		}
	}
	s.endWord(field, before, hasBefore)
}

// endWord finds the features of the word that was read, if there is one.
func (s *scanner) endWord(field int, before uint64, hasBefore bool) (uint64, bool) {
	if len(s.word) == 1 {
		return before, hasBefore
	}
	s.word = append(s.word, '>')
	word := hashStart(kindWord, field)
	pair := hashRune(before^(kindPair<<8), ' ')
	for _, r := range s.word[1 : len(s.word)-1] {
		word = hashRune(word, r)
		pair = hashRune(pair, r)
	}
	s.found(bucketOf(word))
	if hasBefore {
		s.found(bucketOf(pair))
	}
	s.findGrams(field)
	s.word = s.word[:1]
	return word, true
}

// findGrams finds the n-grams of the word with its two marks.
func (s *scanner) findGrams(field int) {
	shortest, longest := shortestGram, longestGram
	if isDense(s.word[1]) {
		shortest, longest = 1, longestDense
	}
	for i := range s.word {
		h := hashStart(kindGram, field)
		for n, r := range s.word[i:min(i+longest, len(s.word))] {
			h = hashRune(h, r)
			if n+1 >= shortest {
				s.found(bucketOf(h))
			}
		}
	}
}

// isWordRune reports whether r is part of a word.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// isDense reports whether r is of a script that writes no blanks between words.
func isDense(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func hashStart(kind byte, field int) uint64 {
	h := (uint64(fnvOffset) ^ uint64(kind)) * fnvPrime
	return (h ^ uint64(field)) * fnvPrime
}

func hashRune(h uint64, r rune) uint64 { return (h ^ uint64(r)) * fnvPrime }

// bucketOf mixes a hash, whose upper bits know more of the last characters than the lower
// ones, and cuts it.
func bucketOf(h uint64) uint32 {
	h ^= h >> 32
	h *= 0x9E3779B97F4A7C15
	return uint32(h >> (64 - bucketBits))
}
