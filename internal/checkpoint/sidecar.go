package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"prism/internal/durable"
	"prism/internal/record"
)

// Sidecar is what a job's rows depend on. Rows of another sidecar are never mixed.
type Sidecar struct {
	JobID     string            `json:"job_id"`
	Columns   []string          `json:"columns"`    // of a part, Position first
	DependsOn map[string]string `json:"depends_on"` // prompt, model digest, options, input
	header    []byte
}

// NewSidecar describes a job whose rows have the named columns (without Position).
func NewSidecar(jobID string, columns []string, dependsOn map[string]string) Sidecar {
	header := record.NewEncoder(record.CSV, columns).Header(nil)
	return Sidecar{
		JobID:     jobID,
		Columns:   append([]string{Position}, columns...),
		DependsOn: dependsOn,
		header:    bytes.TrimSuffix(header, []byte("\n")),
	}
}

// MismatchError says that the rows on disk were made under other conditions.
type MismatchError struct {
	File        string
	Differences []string // "model digest was a, is b"
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s was made under other conditions: %s", e.File, strings.Join(e.Differences, "; "))
}

func (s *Store) checkSidecar(want Sidecar) error {
	path := s.path(".json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if numbers, err := s.partNumbers(); err != nil || len(numbers) > 0 {
			return errors.Join(err, &DamageError{File: path, What: "it is missing, but the parts it belongs to are there"})
		}
		data, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			return err
		}
		return durable.WriteFile(path, append(data, '\n'))
	}
	if err != nil {
		return err
	}
	var have Sidecar
	if err := json.Unmarshal(data, &have); err != nil {
		return &DamageError{File: path, What: err.Error()}
	}
	if d := differences(have, want); len(d) > 0 {
		return &MismatchError{File: path, Differences: d}
	}
	return nil
}

func differences(have, want Sidecar) []string {
	var d []string
	keys := map[string]bool{}
	for k := range have.DependsOn {
		keys[k] = true
	}
	for k := range want.DependsOn {
		keys[k] = true
	}
	for k := range keys {
		if a, b := have.DependsOn[k], want.DependsOn[k]; a != b {
			d = append(d, fmt.Sprintf("%s was %s, is %s", k, orNone(a), orNone(b)))
		}
	}
	sort.Strings(d)
	if !slices.Equal(have.Columns, want.Columns) {
		d = append(d, fmt.Sprintf("the columns were %s, are %s", strings.Join(have.Columns, ","), strings.Join(want.Columns, ",")))
	}
	return d
}

func orNone(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}

// setAside moves all of the job's files, but the lock, into a folder of their own.
func (s *Store) setAside() error {
	old, err := filepath.Glob(globEscape(s.path("")) + "*")
	if err != nil {
		return err
	}
	var mine []string
	for _, path := range old {
		if s.isMine(path) {
			mine = append(mine, path)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	folder := ""
	for n := 1; ; n++ {
		folder = s.path(fmt.Sprintf(".aside%d", n))
		err := os.Mkdir(folder, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, path := range mine {
		if err := os.Rename(path, filepath.Join(folder, filepath.Base(path))); err != nil {
			return err
		}
	}
	return durable.SyncDir(s.dir)
}

// isMine keeps job R_w1 from the files of job R_w10.
func (s *Store) isMine(path string) bool {
	rest := strings.TrimPrefix(path, s.path(""))
	switch rest {
	case ".json", ".sums", ".failed.jsonl":
		return true
	}
	_, ok := partNumber(rest)
	return ok
}

var globMeta = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func globEscape(path string) string { return globMeta.Replace(path) }
