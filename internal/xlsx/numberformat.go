package xlsx

import "strings"

// numberFormat is what a number format makes of a number, as far as text needs it.
type numberFormat struct {
	date, time bool
	elapsed    bool // hours may be more than 24
	digits     int  // zeros that an integer is padded with
}

// builtinFormat is a format that files do not spell out.
func builtinFormat(id int) numberFormat {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 50 && id <= 58, id == 36:
		return numberFormat{date: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47:
		return numberFormat{time: true}
	case id == 22:
		return numberFormat{date: true, time: true}
	case id == 46:
		return numberFormat{time: true, elapsed: true}
	}
	return numberFormat{}
}

// parseNumberFormat reads a format code, such as yyyy\-mm\-dd, by its first section,
// which is that of positive numbers.
func parseNumberFormat(code string) (f numberFormat) {
	if strings.Trim(code, "0") == "" && len(code) > 1 {
		return numberFormat{digits: len(code)}
	}
	letters, elapsed := formatLetters(strings.ToLower(code))
	f.elapsed = elapsed
	for i, c := range letters {
		switch c {
		case 'y', 'd':
			f.date = true
		case 'h', 's':
			f.time = true
		case 'm': // minutes beside hours or seconds, else months
			minutes := i > 0 && letters[i-1] == 'h' || i+1 < len(letters) && letters[i+1] == 's'
			f.time, f.date = f.time || minutes, f.date || !minutes
		}
	}
	f.time = f.time || elapsed
	return f
}

// formatLetters is the letters of dates and times in a format code, each once for a
// run of it: ymdhs.
func formatLetters(code string) (letters []byte, elapsed bool) {
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return letters, elapsed
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return letters, elapsed
			}
			if in := code[i+1 : i+end]; in != "" && strings.Trim(in, in[:1]) == "" && strings.Contains("hms", in[:1]) {
				letters, elapsed = append(letters, 'h'), true
				if in[0] == 's' {
					letters[len(letters)-1] = 's'
				}
			}
			i += end
		case 'a':
			for _, half := range []string{"am/pm", "a/p"} {
				if strings.HasPrefix(code[i:], half) {
					i += len(half) - 1
					break
				}
			}
		case 'y', 'm', 'd', 'h', 's':
			if len(letters) == 0 || letters[len(letters)-1] != c {
				letters = append(letters, c)
			}
		}
	}
	return letters, elapsed
}
