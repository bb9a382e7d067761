package ollamatest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkServe is a call of ten rows without the network.
func BenchmarkServe(b *testing.B) {
	srv := New(CountOnly())
	body := requestFor(rowsFrom(0, 10), nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/api/chat", strings.NewReader(body))
		w := httptest.NewRecorder()
		if srv.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
