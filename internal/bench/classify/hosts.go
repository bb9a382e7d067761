package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Three hosts take so long for a call, with hostSlots at once: speeds of 1, 2 and 4.
var hostLatencies = []time.Duration{4 * latency, 2 * latency, latency}

const hostSlots = 2

// measureUnequalHosts measures how much of the speed of three unequal hosts together one process has,
// and how long before the last call of all the last one of each ended.
func measureUnequalHosts(c *config) ([]figure, error) {
	perSecond := 0.0 // calls of all
	for _, l := range hostLatencies {
		perSecond += hostSlots / l.Seconds()
	}
	calls := int(c.duration.Seconds() * perSecond)
	input, err := c.makeTable(calls * batchSize)
	if err != nil {
		return nil, err
	}
	flags := withStatusAndLogs("--parallel", strconv.Itoa(hostSlots*len(hostLatencies)))
	var first *fakeServer
	for _, l := range hostLatencies {
		s, err := c.startServer("--latency", l.String(), "--slots", strconv.Itoa(hostSlots))
		if err != nil {
			return nil, err
		}
		defer s.stop()
		if first == nil {
			first = s
			continue
		}
		flags = append(flags, "--host", s.url)
	}
	p, err := c.startClassify(first, "hosts", input, nil, flags...)
	if err != nil {
		return nil, err
	}
	sample, err := p.waitSuccess()
	if err != nil {
		return nil, err
	}
	spread, err := lastCalls(p.callLog())
	if err != nil {
		return nil, err
	}
	share := 100 * float64(calls) / perSecond / sample.Wall.Seconds()
	return []figure{
		{fmt.Sprintf("speed of three hosts of 1:2:4 for %.0f s, of their sum, start and end included", c.duration.Seconds()),
			fmt.Sprintf("%.1f%%", share), "at least 97%", share < 97},
		{"between the ends of their last calls", spread.Round(time.Millisecond).String(),
			fmt.Sprintf("at most a call of the slowest, %v", hostLatencies[0]), spread > hostLatencies[0]},
	}, nil
}

// lastCalls is the time between the ends of the last calls of the hosts in a call log.
func lastCalls(path string) (time.Duration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	ends := map[string]time.Time{}
	for line := range strings.Lines(string(data)) {
		var call struct {
			Time    time.Time `json:"time"`
			Host    string    `json:"host"`
			TotalMS float64   `json:"total_ms"`
		}
		if err := json.Unmarshal([]byte(line), &call); err != nil {
			return 0, err
		}
		if end := call.Time.Add(time.Duration(call.TotalMS * float64(time.Millisecond))); end.After(ends[call.Host]) {
			ends[call.Host] = end
		}
	}
	if len(ends) != len(hostLatencies) {
		return 0, errors.New("not every host had calls")
	}
	var earliest, latest time.Time
	for _, end := range ends {
		if earliest.IsZero() || end.Before(earliest) {
			earliest = end
		}
		if end.After(latest) {
			latest = end
		}
	}
	return latest.Sub(earliest), nil
}
