package student

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"prism/internal/fsutil"
	"prism/internal/prompt"
	"prism/internal/term"
)

// A student's file, numbers being little-endian:
//
//	magic            13 bytes, then the version of the file as a digit and a newline
//	length           uint32: bytes of the header
//	header           JSON: Header
//	buckets          uint32 each, ascending
//	idf              float32 each, of the buckets
//	weights          float32 each: buckets × functions, then the offsets of the functions
//	checksum         SHA-256 of all before it
const (
	magic       = "prism-student"
	fileVersion = "1"
	wordBytes   = 4
)

// Encode returns the student's file.
func (st *Student) Encode() ([]byte, error) {
	head, err := json.Marshal(&st.Header)
	if err != nil {
		return nil, fmt.Errorf("encode the student: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(magic + fileVersion + "\n")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	b.Write(head)
	for _, bucket := range st.buckets {
		b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), bucket))
	}
	for _, numbers := range [][]float32{st.idf, st.weights} {
		for _, x := range numbers {
			b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), math.Float32bits(x)))
		}
	}
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	return b.Bytes(), nil
}

// maxFile is the most bytes of a student's file: a header and the most weights that a student may have.
const maxFile = 1 << 30

// damagedError reports a file that is no student that this version can use. It has a hint.
type damagedError struct {
	File string
	What error
}

func (e *damagedError) Error() string { return e.File + ": " + e.What.Error() }

// errOtherFile is of a file that no training wrote.
var errOtherFile = errors.New("is not a student file")

// Hint says what to do about it. A file that somebody else made is not to be trained over.
func (e *damagedError) Hint() string {
	if errors.Is(e.What, errOtherFile) {
		return "--model names a file that prism-stats --train-student wrote"
	}
	return "train the student again: prism-stats --train-student " + term.QuoteShell(e.File) + " RESULT.csv"
}

// OtherCodebookError reports a student that learned the columns of another codebook.
type OtherCodebookError struct{ File string }

func (e *OtherCodebookError) Error() string {
	return e.File + ": the student was trained with another prompt schema"
}

// Hint says what to do about it.
func (e *OtherCodebookError) Hint() string {
	return "give --prompts-config the prompt schema of its training, or train a student with this one: prism-stats --train-student"
}

// MayReplace makes sure that a new student may take the place of a file: there is none, or it begins as a student's does.
func MayReplace(path string) error {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil // writing it tells what is wrong
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	start := make([]byte, len(magic))
	if n, _ := io.ReadFull(f, start); string(start[:n]) != magic {
		return fmt.Errorf("%s exists and %w", path, errOtherFile)
	}
	return nil
}

// Digest tells a student from others: the checksum of its file.
func (st *Student) Digest() string { return st.digest }

// Load reads a student's file and makes sure that it fits the prompt schema. A damaged file is a
// *damagedError, a student of another prompt schema an *OtherCodebookError.
func Load(ctx context.Context, path string, s *prompt.Schema) (*Student, error) {
	data, err := fsutil.ReadFileContext(ctx, path, maxFile)
	if err != nil {
		return nil, err
	}
	st, err := parse(data)
	if err != nil {
		return nil, &damagedError{path, err}
	}
	if st.Codebook != s.Hash() {
		return nil, &OtherCodebookError{path}
	}
	if err := st.checkColumns(s); err != nil {
		return nil, &damagedError{path, err}
	}
	return st, nil
}

// parse reads the bytes of a file. It takes no more memory than a few times their length, whatever they say.
func parse(data []byte) (*Student, error) {
	head, body, err := cutHeader(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data[:len(data)-sha256.Size])
	if !bytes.Equal(sum[:], data[len(data)-sha256.Size:]) {
		return nil, errors.New("the checksum is wrong: the file was truncated or altered")
	}
	st := &Student{digest: hex.EncodeToString(sum[:])}
	if err := json.Unmarshal(head, &st.Header); err != nil {
		return nil, fmt.Errorf("the header is invalid: %w", err)
	}
	if st.Features != featureVersion {
		return nil, fmt.Errorf("the student has features of version %d, want %d", st.Features, featureVersion)
	}
	if err := st.checkHeader(len(body) / wordBytes); err != nil {
		return nil, err
	}
	return st, st.readWeights(body)
}

// cutHeader returns the header and the numbers after it.
func cutHeader(data []byte) (head, body []byte, err error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, nil, errOtherFile
	}
	version, rest, ok := bytes.Cut(rest[:min(len(rest), 8)], []byte("\n"))
	if ok && string(version) != fileVersion {
		return nil, nil, fmt.Errorf("the file has version %q, want %s", version, fileVersion)
	}
	start := len(magic) + len(version) + 1
	if !ok || len(data) < start+wordBytes+sha256.Size || len(rest) == 0 {
		return nil, nil, errors.New("the file is truncated")
	}
	length := binary.LittleEndian.Uint32(data[start:])
	rest = data[start+wordBytes : len(data)-sha256.Size]
	if uint64(length) > uint64(len(rest)) {
		return nil, nil, errors.New("the file is truncated")
	}
	return rest[:length], rest[length:], nil
}

// checkHeader makes sure that the header fits itself and so many numbers.
func (st *Student) checkHeader(numbers int) error {
	first := 0
	for i := range st.Columns {
		c := &st.Columns[i]
		if c.First != first || len(c.Calibration) != c.parameters() {
			return fmt.Errorf("the header is invalid: column %d does not fit its functions", i+1)
		}
		first += c.functions()
	}
	if st.Functions != first || st.Buckets < 0 || st.Buckets > 1<<bucketBits || (st.Buckets+1)*(st.Functions+2)-2 != numbers {
		return errors.New("weight count does not match the header")
	}
	return nil
}

// readWeights reads the numbers after the header.
func (st *Student) readWeights(body []byte) error {
	if len(body)%wordBytes != 0 {
		return errors.New("weight count does not match the header")
	}
	st.buckets = make([]uint32, st.Buckets)
	st.index = make([]int32, 1<<bucketBits)
	for i := range st.index {
		st.index[i] = -1
	}
	for i := range st.buckets {
		bucket := binary.LittleEndian.Uint32(body[i*wordBytes:])
		if bucket >= 1<<bucketBits || i > 0 && bucket <= st.buckets[i-1] {
			return errors.New("the buckets are not in order")
		}
		st.buckets[i], st.index[bucket] = bucket, int32(i)
	}
	body = body[st.Buckets*wordBytes:]
	numbers := make([]float32, len(body)/wordBytes)
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[i*wordBytes:]))
		if x := float64(numbers[i]); math.IsNaN(x) || math.IsInf(x, 0) {
			return errors.New("a weight is not a number")
		}
	}
	st.idf, st.weights = numbers[:st.Buckets], numbers[st.Buckets:]
	return nil
}

// checkColumns makes sure that the columns are those of the codebook, and give none but its values.
func (st *Student) checkColumns(s *prompt.Schema) error {
	if len(st.Columns) != len(s.Columns) {
		return errors.New("the columns are not those of the prompt schema")
	}
	for i := range s.Columns {
		c := &st.Columns[i]
		if c.Name != s.Columns[i].Name || c.Kind != s.Columns[i].Type || !isSubset(c.Cells, closedCells(s, i)) {
			return fmt.Errorf("column %q is not that of the prompt schema", c.Name)
		}
	}
	return nil
}

// isSubset reports whether all of some are among all, in the same order.
func isSubset(some, all []string) bool {
	for _, x := range some {
		at := slices.Index(all, x)
		if at < 0 {
			return false
		}
		all = all[at+1:]
	}
	return true
}
