package job

import (
	"fmt"
	"strings"
	"time"
)

// RunID returns {project}_{version}_{model}_{YYYYMMDD_HHMMSS}, safe as a file
// name. A model that models.json lists is m<id>; modelID 0 says that it does not,
// then the model's name stands, with other characters than letters, digits, .
// and - as -. As long as taken says that the ID exists, it gets _2, _3 and so on.
func RunID(project, version, model string, modelID int, now time.Time, taken func(id string) bool) string {
	name := Safe(model, '-')
	if modelID > 0 {
		name = fmt.Sprintf("m%d", modelID)
	}
	base := fmt.Sprintf("%s_%s_%s_%s", Safe(project, '_'), Safe(version, '_'), name, now.Format("20060102_150405"))
	id := base
	for n := 2; taken(id); n++ {
		id = fmt.Sprintf("%s_%d", base, n)
	}
	return id
}

// Safe turns s into a part of a file name: every character but letters and
// digits of ASCII, . and - becomes other. It is never empty and does not begin
// with a dot.
func Safe(s string, other rune) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return other
	}, s)
	if s == "" || s[0] == '.' {
		s = string(other) + strings.TrimLeft(s, ".")
	}
	return s
}
