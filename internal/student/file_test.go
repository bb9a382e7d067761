package student

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
)

func TestLoad(t *testing.T) {
	s := parseCodebook(t, codebook)
	st, _ := train(t, s, newSample(200))
	path := filepath.Join(t.TempDir(), "student.bin")
	if err := os.WriteFile(path, encode(t, st), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(t.Context(), path, s)
	if err != nil {
		t.Fatal(err)
	}
	rows := newSample(300).Rows
	a, b := st.NewLabeller(s), loaded.NewLabeller(s)
	for i := range rows {
		if x, y := a.Label(&rows[i]), b.Label(&rows[i]); !slices.Equal(x.Values, y.Values) || x.Confidence[0] != y.Confidence[0] {
			t.Fatalf("row %d: %q before it was saved, %q after", i, x.Values, y.Values)
		}
	}
	other := parseCodebook(t, strings.Replace(codebook, "Label.", "Label well.", 1))
	if _, err := Load(t.Context(), path, other); !isOtherCodebook(err) {
		t.Errorf("another codebook: got %v", err)
	}
}

func isOtherCodebook(err error) bool {
	_, is := errors.AsType[*OtherCodebookError](err)
	return is
}

func TestLoadRefusesDamage(t *testing.T) {
	s := parseCodebook(t, codebook)
	st, _ := train(t, s, newSample(200))
	whole := encode(t, st)
	newer := bytes.Replace(whole, []byte(magic+fileVersion), []byte(magic+"9"), 1)
	cases := map[string][]byte{"empty": {}, "another version": newer, "text": []byte("RowID,Message\n1,a\n"), "more": append(slices.Clone(whole), 0)}
	for _, length := range []int{1, len(magic), len(magic) + 2, len(magic) + 6, 100, 1000, len(whole) / 2, len(whole) - 1} {
		cases[fmt.Sprintf("cut to %d bytes", length)] = whole[:length]
	}
	for at := 0; at < len(whole); at += len(whole) / 97 {
		altered := slices.Clone(whole)
		altered[at] ^= 4
		cases[fmt.Sprintf("byte %d altered", at)] = altered
	}
	for name, data := range cases {
		path := filepath.Join(t.TempDir(), "student.bin")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(context.Background(), path, s)
		damaged, is := errors.AsType[*damagedError](err)
		if !is || !strings.Contains(damaged.Hint(), "prism-stats --train-student") {
			t.Errorf("%s: got %v, want a *damagedError with a hint", name, err)
		}
	}
}

// A file whose checksum is right must be refused where its header does not fit its weights.
func FuzzParse(f *testing.F) {
	s := parseCodebook(f, codebook)
	st, _, err := Train(f.Context(), s, Inputs{Text: "Message"}, newSample(60), 1)
	if err != nil {
		f.Fatal(err)
	}
	whole := encode(f, st)
	f.Add(whole[:len(whole)-32])
	f.Add([]byte(magic + fileVersion + "\n\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, unsummed []byte) {
		st, err := parse(seal(unsummed))
		if err != nil {
			return
		}
		if st.checkColumns(s) == nil {
			st.NewLabeller(s).Label(&prompt.Mention{Message: "charged on the website"})
		}
		again, err := parse(encode(t, st))
		if err != nil || again.Buckets != st.Buckets {
			t.Errorf("what was read and written again is not read: %v", err)
		}
	})
}

// seal adds the checksum that a file needs.
func seal(unsummed []byte) []byte {
	sum := sha256.Sum256(unsummed)
	return append(slices.Clone(unsummed), sum[:]...)
}
