package cache

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// TestKeysAreDistinct: all lists of up to three texts of up to three letters have different
// keys, under two questions.
func TestKeysAreDistinct(t *testing.T) {
	texts := []string{"", "\x00"}
	for _, a := range "ab" {
		texts = append(texts, string(a))
		for _, b := range "ab" {
			texts = append(texts, string(a)+string(b), string(a)+string(b)+"a")
		}
	}
	lists := [][]string{{}}
	for range 3 {
		for _, list := range slices.Clone(lists) {
			for _, text := range texts {
				lists = append(lists, append(slices.Clone(list), text))
			}
		}
		slices.SortFunc(lists, slices.Compare)
		lists = slices.CompactFunc(lists, slices.Equal)
	}
	seen := map[Key][]string{}
	for _, question := range [][]string{{"a", "b"}, {"ab", ""}} {
		m := NewKeyMaker(question...)
		for _, list := range lists {
			key := m.Key(list...)
			if other, ok := seen[key]; ok {
				t.Fatalf("%q and %q have one key", other, list)
			}
			seen[key] = list
			if m.Key(list...) != key {
				t.Fatalf("%q has two keys", list)
			}
		}
	}
}

// FuzzReadAnswer: an answer that can be read is what its bytes say, and nothing else.
func FuzzReadAnswer(f *testing.F) {
	for n := range 8 {
		r := rowOf(n)
		f.Add(appendAnswer(nil, &r), 2)
		r.Confidence = []float64{0.25, math.NaN()}
		f.Add(appendAnswer(nil, &r), 2)
		r.Agreement = []float64{1, 1. / 3}
		f.Add(appendAnswer(nil, &r), 2)
		r.Confidence = nil
		f.Add(appendAnswer(nil, &r), 2)
	}
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 1)
	f.Fuzz(func(t *testing.T, data []byte, columns int) {
		if columns < 0 || columns > 1000 {
			return
		}
		r, err := readAnswer(data, columns)
		if err != nil {
			return
		}
		if len(r.Values) != columns {
			t.Errorf("%d values, want %d", len(r.Values), columns)
		}
		if again := appendAnswer(nil, &r); !bytes.Equal(again, data) {
			t.Errorf("%x was read and is written as %x", data, again)
		}
	})
}
