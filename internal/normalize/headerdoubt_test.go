package normalize

import (
	"strings"
	"testing"
)

func TestHeaderBelowTitle(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		o          Options
		want       string // of the notes; empty: there is no doubt
	}{
		{"title", "Report,,\nKey,Date,Text\n1,2026-01-01,a\n", Options{}, "line 2 looks like the header (--header-line 2)"},
		{"title and blank records", "Report,,,\n,,,\n,,,\nKey,Date,Text,Who\n1,2,a,b\n", Options{}, "line 4 looks like the header (--header-line 4)"},
		{"key of a job file", "Report,,\nKey,Date,Text\n1,2,a\n", Options{Keys: true}, "line 2 looks like the header (header_line: 2)"},
		{"title without delimiters", "Report\n\nKey;Date;Text\n1;2;a\n2;3;c\n", Options{}, "line 3 looks like the header (--header-line 3)"},
		{"title that is quoted", "\"Report; all\"\nKey\tDate\tText\n1\t2\ta\n2\t3\tc\n", Options{}, "line 2 looks like the header (--header-line 2)"},
		{"title, in Windows-1252", "\xdcbersicht\nNr;Stra\xdfe;Text\n1;2;a\n2;3;c\n", Options{}, "line 2 looks like the header (--header-line 2)"},
		{"title, without a last line end", "Report\nKey;Date;Text\n1;2;a\n2;3;c", Options{}, "line 2 looks like the header"},
		{"title above quoted names", "Report\nNr;\"Name; first\";Text\n1;2;a\n2;3;c\n", Options{}, "line 2 looks like the header"},
		{"numbers with blanks", "Export of tickets\n1 ;2 ;3 \n4 ;5 ;6 \n7 ;8 ;9 \n", Options{}, ""},
		{"title, and a record of delimiters alone", "Report\n;;\nKey;Date;Text\n1;2;a\n2;3;c\n", Options{}, "line 3 looks like the header"},
		{"one column of sentences", "Text\ngood; cheap; fast\nbad; dear; slow\nfine; well; yes\n", Options{}, ""},
		{"four lines of text", "Text\na\nb\nc\nd;e;f\nd;e;f\nd;e;f\n", Options{}, ""},
		{"objects with one key", "{\"text\": \"a; b; c\"}\n{\"text\": \"a; b; c\"}\n{\"text\": \"a; b; c\"}\n{\"text\": \"a; b; c\"}\n", Options{}, ""},
		{"one column of lists", "Text\na;b;c\na;b;c;d\na;b;c\n", Options{}, ""},
		{"one column of numbers", "Text\n1;2;3\n1;2;3\n1;2;3\n", Options{}, ""},
		{"one column of pairs", "Text\na;b\nc;d\ne;f\n", Options{}, ""},
		{"one column, its delimiter said", "Text\na;b;c\nd;e;f\ng;h;i\n", Options{Delimiter: ','}, ""},
		{"where it was said", "Report,,\nKey,Date,Text\n1,2,a\n", Options{HeaderLine: 2}, ""},
		{"rows with numbers", "Text,,\na,1,x\nb,2,y\n", Options{}, ""},
		{"half of the names", "Text,Who,,\na,b,c,d\n", Options{}, ""},
		{"two columns", "Text,\na,b\n", Options{}, ""},
		{"columns without content", "Text,,,\na,,,\n", Options{}, ""},
		{"below what is looked at", "Report,,\n" + strings.Repeat("x,,\n", headerRows) + "Key,Date,Text\n", Options{}, ""},
		{"skipped records", "Report,,\nKey,Date,Text\nx,y,z\n1,2,a\n", Options{SkipRows: 2}, "line 2 looks like the header"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, notes, err := convert(t, tt.data, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" && strings.Contains(notes, "looks like") || !strings.Contains(notes, tt.want) {
				t.Errorf("notes %q, want %q", notes, tt.want)
			}
		})
	}
}
