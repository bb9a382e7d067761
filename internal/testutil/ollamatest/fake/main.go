// Fake serves ollamatest's fake Ollama, for benches and shell scripts:
//
//	go run ./internal/testutil/ollamatest/fake --addr 127.0.0.1:11500 --latency 200ms --slots 8 &
//	OLLAMA_HOST=127.0.0.1:11500 prism-classify --model fake …
//
// It prints its URL once it listens, and ends on INT or TERM with a line of
// totals: calls, rows, the most calls at once, and how often it loaded a model.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"prism/internal/testutil/ollamatest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, args, out, errOut); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		fmt.Fprintf(errOut, "error: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("fake", flag.ContinueOnError)
	flags.SetOutput(errOut)
	addr := flags.String("addr", "127.0.0.1:0", "address to listen on; port 0 picks one")
	latency := flags.Duration("latency", 0, "time that a call takes in its slot")
	slots := flags.Int("slots", 0, "calls worked on at once; 0: no bound")
	queue := flags.Int("queue", 512, "calls that may wait for a slot; more get 503")
	faults := flags.String("faults", "", "what goes wrong, like missing-row:p=0.3,close:calls=5-9,kill:row=17")
	seed := flags.Uint64("seed", 0, "of the faults' probabilities")
	logFile := flags.String("log", "", "file to append a JSON line per call to: number, RowIDs, fault")
	models := flags.String("models", ollamatest.DefaultModel, "names, with commas between; a + at the end: it thinks")
	version := flags.String("version", "0.24.0", "what the server says it is")
	labels := flags.String("labels", "", "columns and their labels, like Sentiment=Positive|Negative,Topic=Price|Staff")
	answers := flags.String("answers", "", "CSV file of a RowID and what the server says of the row in columns")
	if err := flags.Parse(args); err != nil {
		return err
	}
	options := []ollamatest.Option{ollamatest.CountOnly(), ollamatest.Version(*version), ollamatest.Seed(*seed)}
	list, err := ollamatest.ParseFaults(*faults)
	if err != nil {
		return err
	}
	options = append(options, list)
	if *latency > 0 {
		options = append(options, ollamatest.Latency(*latency))
	}
	if *slots > 0 {
		options = append(options, ollamatest.Slots(*slots, *queue))
	}
	for name := range strings.SplitSeq(*models, ",") {
		plain, thinks := strings.CutSuffix(name, "+")
		options = append(options, ollamatest.Model{Name: plain, Thinks: thinks})
	}
	options = append(options, columns(*labels)...)
	said, err := readAnswers(*answers)
	if err != nil {
		return err
	}
	options = append(options, said...)
	if *logFile != "" {
		f, err := os.OpenFile(*logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		defer f.Close()
		options = append(options, ollamatest.LogTo(f))
	}
	srv := ollamatest.New(options...)
	if err := srv.Listen(*addr); err != nil {
		return err
	}
	defer srv.Close()
	start := time.Now()
	fmt.Fprintln(out, srv.URL)
	<-ctx.Done()
	t := srv.Totals()
	fmt.Fprintf(out, "calls %d rows %d peak %d loads %d seconds %.1f\n",
		t.Calls, t.Rows, t.Peak, t.Loads, time.Since(start).Seconds())
	return nil
}

func readAnswers(path string) ([]ollamatest.Option, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	said, err := ollamatest.Answers(f)
	return []ollamatest.Option{said}, err
}

func columns(labels string) (options []ollamatest.Option) {
	if labels == "" {
		return nil
	}
	for column := range strings.SplitSeq(labels, ",") {
		name, list, _ := strings.Cut(column, "=")
		c := ollamatest.Column{Name: name}
		if list != "" {
			c.Labels = strings.Split(list, "|")
		}
		options = append(options, c)
	}
	return options
}
