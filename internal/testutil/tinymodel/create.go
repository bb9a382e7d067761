package tinymodel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// parameters are the model's own options on a server. One thread is faster than
// two for so few weights, and far faster where the machine has other work.
var parameters = map[string]int{"num_ctx": contextLength, "num_thread": 1}

// Create makes the model of random weights available under name on the Ollama server
// at base. It is Upload of what Write writes.
func Create(ctx context.Context, client *http.Client, base, name string, opts Options) (created bool, err error) {
	var file bytes.Buffer
	if err := Write(&file, opts); err != nil {
		return false, err
	}
	return Upload(ctx, client, base, name, file.Bytes())
}

// Upload makes a GGUF file with PRISM's chat template available under name on the Ollama
// server at base, a URL like "http://127.0.0.1:11434". It reports false where the
// server had this very model already. It replaces another of PRISM's models of that
// name, but is an error where name is a model of another kind.
func Upload(ctx context.Context, client *http.Client, base, name string, file []byte) (created bool, err error) {
	s := server{client, strings.TrimSuffix(base, "/")}
	hash := fmt.Sprintf("%x", sha256.Sum256(file))

	old, err := s.show(ctx, name)
	if err != nil {
		return false, err
	}
	if old.isSameModel(hash) {
		return false, nil
	}
	if old.found && !strings.HasPrefix(old.Info.Description, ourDescription) {
		return false, fmt.Errorf("another model named %q exists on the server", name)
	}

	if err := s.post(ctx, "/api/blobs/sha256:"+hash, bytes.NewReader(file), nil); err != nil {
		return false, fmt.Errorf("upload model: %w", err)
	}
	var reply struct{ Status string }
	err = s.postJSON(ctx, "/api/create", map[string]any{
		"model":      name,
		"files":      map[string]string{"prism.gguf": "sha256:" + hash},
		"template":   chatTemplate,
		"parameters": parameters,
		"stream":     false,
	}, &reply)
	if err == nil && reply.Status != "success" {
		err = fmt.Errorf("status is %q", reply.Status)
	}
	if err != nil {
		return false, fmt.Errorf("create model %q: %w", name, err)
	}
	return true, nil
}

// server is an Ollama server at a URL.
type server struct {
	client *http.Client
	base   string
}

// shown is what /api/show tells of a model.
type shown struct {
	found     bool
	Modelfile string `json:"modelfile"`
	Info      struct {
		Description string `json:"general.description"`
	} `json:"model_info"`
}

// isSameModel reports whether the model consists of the file of that hash and of
// parameters.
func (m *shown) isSameModel(hash string) bool {
	if !strings.Contains(m.Modelfile, "sha256-"+hash) {
		return false
	}
	for key, value := range parameters {
		if !strings.Contains(m.Modelfile, fmt.Sprintf("PARAMETER %s %d\n", key, value)) {
			return false
		}
	}
	return true
}

func (s server) show(ctx context.Context, name string) (*shown, error) {
	m := &shown{found: true}
	err := s.postJSON(ctx, "/api/show", map[string]string{"model": name}, m)
	var status statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		return &shown{}, nil
	}
	return m, err
}

func (s server) postJSON(ctx context.Context, path string, body, reply any) error {
	p, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.post(ctx, path, bytes.NewReader(p), reply)
}

// post sends body and decodes the answer into reply, if reply is not nil. Another
// status than 200 or 201 is a statusError.
func (s server) post(ctx context.Context, path string, body io.Reader, reply any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, body)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read answer to %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return statusError{resp.StatusCode, strings.TrimSpace(string(text))}
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(text, reply); err != nil {
		return fmt.Errorf("answer to %s: %w", path, err)
	}
	return nil
}

// statusError is an answer whose status is neither 200 nor 201.
type statusError struct {
	code int
	body string
}

func (e statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.body) }
