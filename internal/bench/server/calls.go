package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"prism/internal/prompt"
)

// The peers ask exactly what prism-classify asks. It is taken from the calls that it made, and put into a
// folder that every peer reads:
//
//	request.json  all of a call but its messages and format: model, options, …
//	system.txt    the system message
//	calls.jsonl   a line for each call: {"rows": [17], "user": "…", "format": {…}}
const (
	requestFile = "request.json"
	systemFile  = "system.txt"
	callsFile   = "calls.jsonl"
)

// peerCall is a line of calls.jsonl.
type peerCall struct {
	Rows   []int64         `json:"rows"` // their RowIDs
	User   string          `json:"user"`
	Format json.RawMessage `json:"format"` // JSON Schema of the reply
}

// peerCalls is what is asked for a table with some number of rows a call.
type peerCalls struct {
	request map[string]json.RawMessage
	system  string
	calls   []peerCall
}

// readCalls reads the bodies of calls that prism-classify made in classic style. It leaves out probes and
// calls for rows that were asked for before.
func readCalls(bodies [][]byte) (*peerCalls, error) {
	all := new(peerCalls)
	seen := map[int64]bool{}
	for _, body := range bodies {
		var call struct {
			Messages []struct {
				Role, Content string
			}
			Format json.RawMessage
		}
		if err := json.Unmarshal(body, &call); err != nil {
			return nil, fmt.Errorf("read a call of prism-classify: %w", err)
		}
		rows := rowsOfFormat(call.Format)
		if len(rows) == 0 || seen[rows[0]] || len(call.Messages) != 2 || call.Messages[0].Role != "system" {
			continue
		}
		for _, id := range rows {
			seen[id] = true
		}
		if all.request == nil {
			if err := json.Unmarshal(body, &all.request); err != nil {
				return nil, fmt.Errorf("read a call of prism-classify: %w", err)
			}
			delete(all.request, "messages")
			delete(all.request, "format")
			all.system = call.Messages[0].Content
		}
		all.calls = append(all.calls, peerCall{rows, call.Messages[1].Content, call.Format})
	}
	if len(all.calls) == 0 {
		return nil, errors.New("prism-classify made no call that others could make: is every row blank?")
	}
	return all, nil
}

// rowsOfFormat returns the RowIDs that the JSON Schema of a reply names, in their order.
func rowsOfFormat(format json.RawMessage) []int64 {
	type object struct {
		Properties map[string]struct {
			Const *int64
		}
	}
	var schema struct {
		object
		PrefixItems []object
	}
	if json.Unmarshal(format, &schema) != nil {
		return nil
	}
	var rows []int64
	for _, one := range append([]object{schema.object}, schema.PrefixItems...) {
		if id := one.Properties[prompt.RowID].Const; id != nil {
			rows = append(rows, *id)
		}
	}
	return rows
}

// write writes the folder.
func (c *peerCalls) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	request, err := json.Marshal(c.request)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	e := json.NewEncoder(&lines)
	e.SetEscapeHTML(false)
	for _, call := range c.calls {
		if err := e.Encode(call); err != nil {
			return err
		}
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, requestFile), append(request, '\n'), 0o666),
		os.WriteFile(filepath.Join(dir, systemFile), []byte(c.system), 0o666),
		os.WriteFile(filepath.Join(dir, callsFile), lines.Bytes(), 0o666),
	)
}
