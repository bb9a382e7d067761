package tinymodel

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	fake := newFakeServer(t)
	create := func(seed uint64) (bool, error) {
		return Create(t.Context(), fake.http.Client(), fake.http.URL, "tiny", Options{Seed: seed})
	}

	for _, step := range []struct {
		name    string
		seed    uint64
		created bool
	}{
		{"not there yet", 1, true},
		{"there already", 1, false},
		{"there with another seed", 2, true},
	} {
		created, err := create(step.seed)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if created != step.created {
			t.Errorf("%s: got created %v, want %v", step.name, created, step.created)
		}
	}

	fake.models["tiny"] = map[string]any{"modelfile": "FROM x\n", "model_info": map[string]any{}}
	if _, err := create(1); err == nil || !strings.Contains(err.Error(), "another model") {
		t.Errorf("a model of another kind: got error %v", err)
	}
}

func TestCreateReportsServerErrors(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, `{"error":"no space left"}`, http.StatusInternalServerError)
	}))
	defer broken.Close()
	_, err := Create(t.Context(), broken.Client(), broken.URL, "tiny", Options{})
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got error %v, want the server's", err)
	}
}

// fakeServer keeps models and blobs as Ollama does.
type fakeServer struct {
	http   *httptest.Server
	models map[string]map[string]any // what /api/show answers, by name
	blobs  map[string]bool           // by digest
}

func newFakeServer(t *testing.T) *fakeServer {
	f := &fakeServer{models: map[string]map[string]any{}, blobs: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/show", f.show)
	mux.HandleFunc("POST /api/blobs/{digest}", f.blob)
	mux.HandleFunc("POST /api/create", f.create)
	f.http = httptest.NewServer(mux)
	t.Cleanup(f.http.Close)
	return f
}

func (f *fakeServer) show(w http.ResponseWriter, r *http.Request) {
	var req struct{ Model string }
	json.NewDecoder(r.Body).Decode(&req)
	model, ok := f.models[req.Model]
	if !ok {
		http.Error(w, `{"error":"model not found"}`, http.StatusNotFound)
		return
	}
	json.NewEncoder(w).Encode(model)
}

func (f *fakeServer) blob(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(body))
	if digest != r.PathValue("digest") {
		http.Error(w, `{"error":"digest mismatch"}`, http.StatusBadRequest)
		return
	}
	f.blobs[digest] = true
	w.WriteHeader(http.StatusCreated)
}

func (f *fakeServer) create(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Model      string
		Files      map[string]string
		Parameters map[string]int
	}
	json.NewDecoder(r.Body).Decode(&req)
	var modelfile strings.Builder
	for _, digest := range req.Files {
		if !f.blobs[digest] {
			http.Error(w, `{"error":"no such blob"}`, http.StatusBadRequest)
			return
		}
		fmt.Fprintf(&modelfile, "FROM blobs/%s\n", strings.Replace(digest, ":", "-", 1))
	}
	for key, value := range req.Parameters {
		fmt.Fprintf(&modelfile, "PARAMETER %s %d\n", key, value)
	}
	f.models[req.Model] = map[string]any{
		"modelfile":  modelfile.String(),
		"model_info": map[string]string{"general.description": description + ", seed 0"},
	}
	io.WriteString(w, `{"status":"success"}`)
}
