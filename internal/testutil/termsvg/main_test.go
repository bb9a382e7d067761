package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPicture(t *testing.T) {
	var out strings.Builder
	in := "\x1b[1mrun <a&b>\x1b[0m  \x1b[32mrunning\x1b[39m\n██░░ 50%\n▁▂█ 退款 \x1b[K▎\n\x1b[38;5;9mx\x1b["
	if code := run([]string{"-title", `say "hi"`}, strings.NewReader(in), &out, io.Discard); code != 0 {
		t.Fatalf("exit %d", code)
	}
	got := out.String()
	d := xml.NewDecoder(strings.NewReader(got))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, got)
		}
	}
	for _, want := range []string{
		`font-weight="bold">run &lt;a&amp;b&gt;</text>`, `fill="#7cc36e" textLength="58.8">running</text>`, `aria-label="say &#34;hi&#34;"`,
		`width="16.8" height="14"`, `fill-opacity="0.22"`, `height="1.75"`, `>50%</text>`, `textLength="33.6">退款</text>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
}
