package ollamatest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Two calls of ten rows pass, the next ones wait; a probe does not.
func TestHoldAfter(t *testing.T) {
	srv := New(HoldAfter(15))
	done := make(chan int, 5)
	call := func(first, rows int) {
		ctx, cancel := newContext(t)
		t.Cleanup(cancel)
		body := requestFor(rowsFrom(first, rows), nil)
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(body)).WithContext(ctx))
		done <- w.Code
	}
	call(0, 10)
	call(10, 10)
	for n := range 3 {
		go call(20+10*n, 10)
	}
	waitFor(func() bool { return srv.Totals().Held == 3 })
	if got := srv.Totals(); len(done) != 2 || got.Passed != 20 || got.InFlight != 3 {
		t.Fatalf("%d calls passed, want 2, of %+v", len(done), got)
	}
	probe := httptest.NewRecorder()
	srv.ServeHTTP(probe, httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(`{"model":"fake"}`)))
	if probe.Code != http.StatusOK {
		t.Errorf("a probe got %d", probe.Code)
	}
	srv.HoldAfter(25)
	waitFor(func() bool { return len(done) == 3 })
	srv.Release()
	for range 5 {
		if code := <-done; code != http.StatusOK {
			t.Errorf("a call got %d", code)
		}
	}
	if got := srv.Totals(); got.Passed != 50 || got.Held != 0 {
		t.Errorf("%d rows passed, want 50; %d calls are held", got.Passed, got.Held)
	}
}

// A caller that leaves, and the end of the server, end the waiting without an answer.
func TestHeldCallsEnd(t *testing.T) {
	srv := New(HoldAfter(0))
	for _, end := range []func(cancel func()){func(cancel func()) { cancel() }, func(func()) { srv.Close() }} {
		ctx, cancel := newContext(t)
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			srv.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(requestFor(rowsFrom(0, 1), nil))).WithContext(ctx))
		}()
		waitFor(func() bool { return srv.Totals().Held == 1 })
		end(cancel)
		<-done
		cancel()
		if w.Body.Len() > 0 {
			t.Errorf("it was answered: %s", w.Body)
		}
	}
}
