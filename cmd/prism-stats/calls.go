package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"prism/internal/calllog"
	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/stats"
	"prism/internal/table"
)

// callLogs is the files of --calls. A shell expands --calls logs/R/calls_w*.jsonl to
// one flag and many arguments: those that have the name of a call log and follow
// the flag belong to it.
type callLogs []string

// Decode reads the file of the flag and the call logs that follow it.
func (c *callLogs) Decode(ctx *kong.DecodeContext) error {
	var name string
	if err := ctx.Scan.PopValueInto("file", &name); err != nil {
		return err
	}
	*c = append(*c, name)
	for next := ctx.Scan.Peek(); next.IsValue() && job.IsCallLog(next.String()); next = ctx.Scan.Peek() {
		*c = append(*c, ctx.Scan.Pop().String())
	}
	return nil
}

// maxWarnings is how many invalid lines of a file are printed; all are counted.
const maxWarnings = 5

// countCallLogs counts the calls of call logs; nil without call logs.
func countCallLogs(ctx context.Context, names []string, std cli.Std) (*stats.Calls, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var sum stats.CallCounter
	for _, name := range names {
		if err := countCallLog(ctx, &sum, name, std); err != nil {
			return nil, err
		}
	}
	return sum.Result(), nil
}

func countCallLog(ctx context.Context, sum *stats.CallCounter, name string, std cli.Std) error {
	src, done, err := openInput(ctx, name, std.In)
	if err != nil {
		return err
	}
	defer done()
	r := calllog.NewReader(src, table.ShownName(name))
	for good, bad := 0, 0; ; {
		c, err := r.Next()
		var line *calllog.LineError
		switch {
		case err == nil:
			good++
			sum.AddCall(c)
		case errors.As(err, &line):
			sum.AddUnreadableLine()
			if bad++; bad <= maxWarnings {
				std.Warnf("%v", err)
			}
		case errors.Is(err, io.EOF) && good == 0 && bad > 1:
			return cli.Fail(cli.Usage, fmt.Errorf("%s is not a call log: none of its %d lines is a call", table.ShownName(name), bad),
				"prism-classify writes calls_w1.jsonl and so on to --logs-dir")
		case errors.Is(err, io.EOF):
			if bad > maxWarnings {
				std.Warnf("%s: %d more invalid lines", table.ShownName(name), bad-maxWarnings)
			}
			return nil
		default:
			return err
		}
	}
}
