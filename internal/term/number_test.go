package term

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	half, year := 114.2, 3.2e7
	huge := math.MaxFloat64
	for _, c := range []struct{ name, got, want string }{
		{"count", Count(1234567), "1,234,567"}, {"count of three digits", Count(999), "999"},
		{"negative count", Count(-1234), "-1,234"}, {"least count", Count(math.MinInt64), "-9,223,372,036,854,775,808"},
		{"rate", Rate(0.8333), "0.83"}, {"rate of tens", Rate(12.44), "12.4"}, {"rate of thousands", Rate(1234.5), "1,235"},
		{"rate that rounds up", Rate(9.996), "10.0"}, {"rate that rounds up to 1,000", Rate(999.7), "1,000"},
		{"no rate", Rate(0), "-"}, {"no number", Rate(math.NaN()), "-"}, {"endless", Rate(math.Inf(1)), "-"}, {"huge", Rate(1e300), "1e+300"},
		{"percent", Percent(57, 240), "23.8%"}, {"all", Percent(5, 5), "100.0%"}, {"nearly all", Percent(99999, 100000), ">99.9%"},
		{"hardly any", Percent(1, 100000), "<0.1%"}, {"none", Percent(0, 5), "0.0%"}, {"of nothing", Percent(0, 0), "-"},
		{"seconds", Duration(45 * time.Second), "45s"}, {"few seconds", Duration(1250 * time.Millisecond), "1.2s"},
		{"minutes", Duration(185 * time.Second), "3m05s"}, {"rounds up", Duration(59*time.Second + 700*time.Millisecond), "1m00s"},
		{"hours", Duration(134 * time.Minute), "2h14m"}, {"days", Duration(76 * time.Hour), "3d04h"}, {"before", Duration(-1), "-"},
		{"left", TimeLeft(&half), "1m55s"}, {"left for long", TimeLeft(&year), "370d08h"}, {"left not known", TimeLeft(nil), "-"}, {"left for ever", TimeLeft(&huge), "-"},
		{"one", Plural(1, "row"), "1 row"}, {"many", Plural(1000, "row"), "1,000 rows"},
		{"bar", Bar(0.5, 4), "██"}, {"bar with a rest", Bar(0.3, 4), "█▎"}, {"bar that just shows", Bar(1e-9, 4), "▏"},
		{"no bar", Bar(0, 4), ""}, {"over-full bar", Bar(7, 4), "████"}, {"bar of no number", Bar(math.NaN(), 4), ""},
		{"gauge", Gauge(0.5, 4), "██░░"}, {"gauge not quite full", Gauge(0.999, 4), "███░"}, {"gauge of no number", Gauge(math.NaN(), 4), "░░░░"},
		{"full gauge", Gauge(1, 4), "████"},
		{"plain", Printable("a\tb\x1b[31m\u202ec\u009b\n"), `a b\x1b[31m\u202ec\u009b `}, {"invisible", Printable("\ufeffMess\u200bage\u00ad"), `\ufeffMess\u200bage\u00ad`},
		{"joiners", Printable("👩\u200d👧 می\u200cخواهم"), "👩\u200d👧 می\u200cخواهم"}, {"lines", PrintableLines("a\x1b\nb\r"), "a\\x1b\nb "}, {"plain stays", Printable("Größe 退款 👍"), "Größe 退款 👍"}, {"no UTF-8", Printable("a\xff"), "a\ufffd"},
		{"cut", Truncate("abcdef", 4), "abc…"}, {"cut wide", Truncate("退款退款", 5), "退款…"}, {"not cut", Truncate("abcd", 4), "abcd"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}
