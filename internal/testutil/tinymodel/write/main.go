// Write makes the tiny model of package tinymodel: as a file with -o, or on an
// Ollama server with -server and -model. With -file it makes the model of that GGUF
// file there instead.
//
//	go run ./internal/testutil/tinymodel/write -o tiny.gguf
//	go run ./internal/testutil/tinymodel/write -server http://127.0.0.1:11434 -model prism-tiny
//	go run ./internal/testutil/tinymodel/write -server http://127.0.0.1:11434 -model prism-demo -file demo.gguf
//
// A file made with -o needs a Modelfile of one line, `FROM ./tiny.gguf`, for
// `ollama create`; a second line `PARAMETER num_thread 1` makes it faster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"time"

	"prism/internal/testutil/tinymodel"
)

// createLimit bounds the calls to a server; the upload is half a megabyte.
const createLimit = 2 * time.Minute

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("write", flag.ContinueOnError)
	flags.SetOutput(stderr)
	output := flags.String("o", "", "write the model to this `file`, - for stdout")
	server := flags.String("server", "", "make the model on the Ollama server at this `url`")
	model := flags.String("model", "prism-tiny", "`name` of the model on the server")
	file := flags.String("file", "", "with -server: the model is this GGUF `file`")
	seed := flags.Uint64("seed", 1, "seed of the random weights")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || (*output == "") == (*server == "") || *file != "" && *server == "" {
		fmt.Fprintln(stderr, "error: give one of -o and -server, -file only with -server, and no arguments")
		return 2
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	opts := tinymodel.Options{Seed: *seed}
	var err error
	switch {
	case *server != "":
		err = create(ctx, *server, *model, *file, opts, stderr)
	case *output == "-":
		err = tinymodel.Write(stdout, opts)
	default:
		err = writeFile(*output, opts)
	}
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

// create makes the model of file on the server, or that of random weights if file is
// empty.
func create(ctx context.Context, server, model, file string, opts tinymodel.Options, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	var created bool
	var err error
	if file == "" {
		created, err = tinymodel.Create(ctx, http.DefaultClient, server, model, opts)
	} else {
		var data []byte
		if data, err = os.ReadFile(file); err != nil {
			return err
		}
		created, err = tinymodel.Upload(ctx, http.DefaultClient, server, model, data)
	}
	if created {
		fmt.Fprintf(stderr, "created the model %s\n", model)
	}
	return err
}

// writeFile leaves no file where it fails.
func writeFile(name string, opts tinymodel.Options) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	err = errors.Join(tinymodel.Write(file, opts), file.Close())
	if err != nil {
		os.Remove(name)
	}
	return err
}
