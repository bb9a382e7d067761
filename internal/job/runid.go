package job

import (
	"fmt"
	"strings"
	"time"
)

// stamp is how run IDs and names of outputs write a time.
const stamp = "20060102_150405"

// RunID returns {project}_{version}_{model}_{YYYYMMDD_HHMMSS}, safe as a file
// name. A model that models.json lists is m<id>; modelID 0 says that it does not,
// then the model's name stands, with other characters than letters, digits, .
// and - as -. As long as taken says that the ID exists, it gets _2, _3 and so on.
func RunID(project, version, model string, modelID int, now time.Time, taken func(id string) bool) string {
	base := fmt.Sprintf("%s_%s_%s_%s", Safe(project, '_'), Safe(version, '_'), modelName(model, modelID), now.Format(stamp))
	id := base
	for n := 2; taken(id); n++ {
		id = fmt.Sprintf("%s_%d", base, n)
	}
	return id
}

// modelName stands for a model in names of files.
func modelName(model string, id int) string {
	if id > 0 {
		return fmt.Sprintf("m%d", id)
	}
	return Safe(model, '-')
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
