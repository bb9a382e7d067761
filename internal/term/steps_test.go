package term

import (
	"bytes"
	"testing"
	"time"
)

func TestStepsShowAfterTwoSeconds(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	s := NewSteps(&out, true, func() time.Time { return now })
	s.StartStep("checking in.csv", 4<<30)
	s.AddBytes(1 << 30)
	now = now.Add(1900 * time.Millisecond)
	s.AddBytes(1 << 28)
	s.Clear()
	if out.Len() > 0 {
		t.Fatalf("shown too early: %q", out.String())
	}
	now = now.Add(200 * time.Millisecond)
	s.AddBytes(3 << 28)
	if got, want := out.String(), "\rchecking in.csv 50% of 4.0 GiB"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.AddBytes(1 << 30) // too soon to draw again
	s.StartStep("writing", 1<<30)
	now = now.Add(time.Millisecond)
	out.Reset()
	s.AddBytes(1 << 31)
	if got, want := out.String(), "\rwriting 100% of 1.0 GiB       "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	s.Clear()
	if got, want := out.String(), "\r                       \r"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStepsOfNoTerminal(t *testing.T) {
	var out bytes.Buffer
	s := NewSteps(&out, false, time.Now)
	s.StartStep("checking", 1)
	s.AddBytes(1)
	s.Clear()
	if out.Len() > 0 {
		t.Errorf("shown: %q", out.String())
	}
}
