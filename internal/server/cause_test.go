package server

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestCause(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		text   string
		proxy  string
		want   Cause
	}{
		{"memory, before loading", 500, "model requires more system memory (9.4 GiB) than is available (5.1 GiB)", "", OutOfMemory},
		{"memory, CUDA", 500, "CUDA error: out of memory", "", OutOfMemory},
		{"memory, cudaMalloc", 500, "llama runner process has terminated: cudaMalloc failed: out of memory", "", OutOfMemory},
		{"memory, in a 200", 200, "an error was encountered: unable to allocate CUDA0 buffer", "", OutOfMemory},
		{"the runner died", 500, "model runner has unexpectedly stopped, this may be due to resource limitations", "", ServerFailed},
		{"quota", 429, "you have reached your usage limit", "", QuotaUsedUp},
		{"quota, without words", 429, "", "", QuotaUsedUp},
		{"payment", 402, "", "", QuotaUsedUp},
		{"subscription", 403, "this model requires a subscription", "", QuotaUsedUp},
		{"unauthorized", 401, "unauthorized", "", Unauthorized},
		{"forbidden", 403, "forbidden", "", Forbidden},
		{"full", 503, "server busy, please try again.  maximum pending requests exceeded", "", ServerFull},
		{"full, behind a proxy", 503, "server busy, please try again.", "http://p:1", ServerFull},
		{"gateway", 502, "Bad Gateway", "", ServerFailed},
		{"the proxy's gateway", 502, "<html>", "http://p:1", ProxyFailed},
		{"proxy", 407, "", "http://p:1", ProxyDenied},
		{"context", 400, "the input length exceeds the context length", "", TooLong},
		{"no model", 404, "model 'x' not found", "", NoModel},
		{"another server", 404, "404 page not found", "", WrongServer},
		{"redirect without a place", 301, "", "", WrongServer},
		{"memory, Vulkan", 500, "ggml_vulkan: Device memory allocation of size 4294967296 failed.", "", OutOfMemory},
		{"memory, Vulkan's own word", 500, "vk::Device::allocateMemory: ErrorOutOfDeviceMemory", "", OutOfMemory},
		{"memory, the kernel's killer", 500, "llama runner process has terminated: signal: killed", "", OutOfMemory},
		{"disk", 500, "write /root/.ollama/models/blobs/x: no space left on device", "", DiskFull},
		{"disk quota", 500, "open x: disk quota exceeded", "", DiskFull},
		{"newer model", 412, "this model requires a newer version of Ollama", "", ModelTooNew},
		{"newer architecture", 500, "error loading model architecture: unknown model architecture: 'qwen9'", "", ModelTooNew},
		{"no chat", 400, "\"x\" does not support chat", "", ModelUnfit},
		{"no thinking", 400, "\"x\" does not support thinking", "", ModelUnfit},
		{"a gateway that did not wait", 504, "<html>504 Gateway Time-out</html>", "", GatewayTimeout},
		{"the proxy did not wait", 504, "<html>", "http://p:1", ProxyFailed},
		{"a gateway's size", 413, "<html>413 Request Entity Too Large</html>", "", CallTooLarge},
		{"refused", 400, "option \"num_ctx\" must be of type integer", "", Other},
	} {
		e := &Error{Class: classOfStatus(c.status, c.text), Status: c.status, Proxy: c.proxy, Err: &statusText{status: c.status, text: c.text}}
		if got := e.Cause(); got != c.want {
			t.Errorf("%s: got cause %d, want %d (class %v)", c.name, got, c.want, e.Class)
		}
	}
	for class, want := range causesOfClass {
		if got := (&Error{Class: class, Err: errors.New("x")}).Cause(); got != want {
			t.Errorf("class %v: got cause %d, want %d", class, got, want)
		}
	}
}

// TestCausesHaveNames, each its own.
func TestCausesHaveNames(t *testing.T) {
	seen := map[string]Cause{}
	for c := Other; c <= LogProbsMissing; c++ {
		name := c.String()
		if other, twice := seen[name]; name == "" || twice {
			t.Errorf("cause %d is named %q, as is %d", c, name, other)
		}
		seen[name] = c
	}
}

func TestRetryAfter(t *testing.T) {
	date := "Sat, 28 Nov 2026 06:00:00 GMT"
	for _, c := range []struct {
		name, text, date string
		want             time.Duration
	}{
		{"nothing", "", "", 0},
		{"seconds", "30", "", 30 * time.Second},
		{"a negative number", "-3", "", 0},
		{"longer than a day", "99999999999", "", 24 * time.Hour},
		{"a time", "Sat, 28 Nov 2026 06:01:30 GMT", date, 90 * time.Second},
		{"a time that is past", "Sat, 28 Nov 2026 05:00:00 GMT", date, 0},
		{"a time without a clock", "Sat, 28 Nov 2026 06:01:30 GMT", "", 0},
		{"something else", "soon", date, 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.text)
		h.Set("Date", c.date)
		if got := retryAfter(h); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
