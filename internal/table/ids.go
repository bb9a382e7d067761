package table

import (
	"fmt"
	"slices"
)

// IDs is the RowIDs of a stream so far. Those that come in ascending order take
// 16 bytes for each gap between them, others about 40 bytes each. The zero
// value is empty.
type IDs struct {
	runs   []idRun // ascending, with gaps between them
	others map[int64]struct{}
}

type idRun struct{ first, last int64 }

// Add reads a RowID, which must be an integer that was not added before, else
// it returns an *Error at that line of the file.
func (s *IDs) Add(file string, line int64, text []byte) (int64, error) {
	id, err := ParseRowID(text)
	if err != nil {
		return 0, &Error{file, line, badID(RowID, text)}
	}
	if !s.add(id) {
		return 0, &Error{file, line, fmt.Sprintf("%s %d is there a second time", RowID, id)}
	}
	return id, nil
}

func (s *IDs) add(id int64) bool {
	n := len(s.runs)
	switch {
	case n == 0 || id-1 > s.runs[n-1].last && id > s.runs[n-1].last:
		s.runs = append(s.runs, idRun{id, id})
		return true
	case id > s.runs[n-1].last:
		s.runs[n-1].last = id
		return true
	}
	i, _ := slices.BinarySearchFunc(s.runs, id, func(r idRun, id int64) int {
		switch {
		case r.last < id:
			return -1
		case r.first > id:
			return 1
		}
		return 0
	})
	if i < n && s.runs[i].first <= id {
		return false
	}
	if _, there := s.others[id]; there {
		return false
	}
	if s.others == nil {
		s.others = map[int64]struct{}{}
	}
	s.others[id] = struct{}{}
	return true
}
