package ollama

import (
	"bytes"
	"testing"
)

// The codec's share of BenchmarkChat: a request of ten rows and its reply.

func BenchmarkEncode(b *testing.B) {
	r := &Request{Model: "m", User: bytes.Repeat([]byte("═══ She said: \"no\" — and left.\n"), 130),
		Format: bytes.Repeat([]byte("x"), 3000), NumCtx: 8192}
	system := escapeSystem(string(bytes.Repeat([]byte("s"), 2500)))
	b.ReportAllocs()
	for b.Loop() {
		encodeRequest(r, system.json, true)
	}
}

func BenchmarkDecode(b *testing.B) {
	row := `{\"RowID\":1234,\"Sentiment\":\"Negative\",\"Topic\":\"Delivery\",\"Urgency\":\"High\",\"Reason\":\"it came late\"},`
	body := []byte(full[:len(`{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"`)])
	body = append(body, bytes.Repeat([]byte(row), 10)...)
	body = append(body, full[bytes.Index([]byte(full), []byte(`","thinking"`)):]...)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := readReply("h", "m", 200, body); err != nil {
			b.Fatal(err)
		}
	}
}
