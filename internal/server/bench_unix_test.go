//go:build unix

package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// BenchmarkChat measures the client's own CPU time and memory a call of ten
// rows, 8 in flight, against a server in another process that answers at once.
func BenchmarkChat(b *testing.B) {
	url, stop := startProcess(b)
	client, err := server.New(server.Config{Hosts: []string{url}, InFlight: inFlight})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	r := batchOf(10)
	measure(b, func() error {
		_, err := client.Chat(b.Context(), r)
		return err
	})
	b.ReportMetric(float64(stop().Nanoseconds())/1e3/float64(b.N), "server-cpu-µs/op")
}

// BenchmarkPost is the floor of BenchmarkChat: net/http posts ready bytes of the
// same size and reads the answer, which nobody looks at.
func BenchmarkPost(b *testing.B) {
	url, _ := startProcess(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight, DisableCompression: true}}
	defer client.CloseIdleConnections()
	r := batchOf(10)
	body, err := json.Marshal(map[string]any{"model": r.Model, "format": json.RawMessage(r.Format), "stream": false,
		"messages": []map[string]string{{"role": "system", "content": r.System}, {"role": "user", "content": string(r.User)}}})
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() error {
		resp, err := client.Post(url+"/api/chat", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
}

const inFlight = 8

// measure makes calls, inFlight at once.
func measure(b *testing.B, call func() error) {
	if err := call(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range inFlight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
}

// cpuTime is what the process used so far, in user and system.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// batchOf is a call of n made rows with four columns.
func batchOf(n int) *server.Request {
	rule := strings.Repeat("═", 67)
	var user, format strings.Builder
	fmt.Fprintf(&user, "Classify these %d mentions. Return a JSON ARRAY with one object per mention in the EXACT order given.\n\n", n)
	format.WriteString(`{"type":"array","prefixItems":[`)
	for i := range n {
		row := ollamatest.MakeRow(i)
		fmt.Fprintf(&user, "%s\n[MENTION %d of %d]\nRowID: %d\n\nTitle: %s\nContent: %s\n%s\n\n", rule, i+1, n, row.ID, row.Title, row.Message, rule)
		if i > 0 {
			format.WriteByte(',')
		}
		fmt.Fprintf(&format, `{"type":"object","properties":{"RowID":{"const":%d},"Sentiment":{"type":"string","maxLength":300},`+
			`"Topic":{"type":"string","maxLength":300},"Urgency":{"type":"string","maxLength":300},"Reason":{"type":"string","maxLength":300}},`+
			`"required":["RowID","Sentiment","Topic","Urgency","Reason"],"additionalProperties":false}`, row.ID)
	}
	fmt.Fprintf(&user, "**RETURN:** A JSON array with EXACTLY %d objects in order: [{...}, {...}, ...]", n)
	fmt.Fprintf(&format, `],"minItems":%d,"maxItems":%d}`, n, n)
	return &server.Request{Model: "fake", System: strings.Repeat("You label mentions by their topic and mood. ", 60),
		User: []byte(user.String()), Format: []byte(format.String()), NumCtx: 8192, NumPredict: 8192}
}

// asServer makes the test binary a fake server of its own, so that a benchmark
// measures only the client's side.
const asServer = "PRISM_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	srv := ollamatest.New(ollamatest.CountOnly())
	if err := srv.Listen("127.0.0.1:0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(srv.URL)
	io.Copy(io.Discard, os.Stdin)
	srv.Close()
}

// startProcess runs a fake server in a process of its own. stop ends it and
// returns the CPU time that it used.
func startProcess(tb testing.TB) (url string, stop func() time.Duration) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	stop = sync.OnceValue(func() time.Duration {
		in.Close()
		cmd.Wait()
		return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	})
	tb.Cleanup(func() { stop() })
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("the server did not start: %v", err)
	}
	return strings.TrimSpace(url), stop
}
