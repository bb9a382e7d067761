package term

import "bytes"

// StartsFormula reports whether spreadsheet programs may take a cell of a CSV file for a formula by
// its beginning (OWASP, CSV injection). Excel takes the wide signs for signs in some languages.
func StartsFormula[T string | []byte](cell T) bool {
	if len(cell) == 0 {
		return false
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case WideLead:
		if len(cell) < WideSize {
			return false
		}
		switch string(cell[:WideSize]) {
		case "＝", "＋", "－", "＠":
			return true
		}
	}
	return false
}

// WideLead is the first of the WideSize bytes of each wide sign that StartsFormula knows.
const (
	WideLead = 0xEF
	WideSize = len("＝")
)

// TextMark is put before a cell that is not to be taken for a formula.
const TextMark = '\''

// WithoutTextMark is a cell without the mark that stands before what would be taken for a formula.
func WithoutTextMark[T string | []byte](cell T) T {
	if len(cell) > 1 && cell[0] == TextMark && StartsFormula(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// LongestNumber is the most bytes of a number that IsPlainNumber looks at.
const LongestNumber = 64

// IsPlainNumber reports whether a cell that begins like a formula is only a number with its sign: a
// decimal point or comma, an exponent, a percent sign.
func IsPlainNumber(cell []byte) bool {
	if len(cell) > LongestNumber || len(cell) == 0 || cell[0] != '-' && cell[0] != '+' {
		return false
	}
	rest, whole := cutDigits(cell[1:])
	fraction := 0
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		rest, fraction = cutDigits(rest[1:])
	}
	if whole+fraction == 0 {
		return false
	}
	if len(rest) > 0 && rest[0]|0x20 == 'e' {
		exponent := rest[1:]
		if len(exponent) > 0 && (exponent[0] == '-' || exponent[0] == '+') {
			exponent = exponent[1:]
		}
		n := 0
		if rest, n = cutDigits(exponent); n == 0 {
			return false
		}
	}
	return len(bytes.TrimPrefix(rest, []byte("%"))) == 0
}

func cutDigits(b []byte) (rest []byte, n int) {
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return b[n:], n
}
