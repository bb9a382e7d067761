package ollamatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// ServeHTTP answers like Ollama, or like a server of OpenAI's API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.completions != nil {
		s.serveCompletions(w, r)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /api/chat":
		s.chat(w, r, callsChat)
	case "POST /api/generate":
		s.chat(w, r, callsGenerate)
	case "GET /", "HEAD /":
		w.Write([]byte("Ollama is running"))
	case "GET /api/version", "HEAD /api/version":
		writeJSON(w, map[string]any{"version": s.version})
	case "GET /api/tags", "HEAD /api/tags":
		s.tags(w)
	case "POST /api/show":
		s.show(w, r)
	case "GET /api/ps":
		s.ps(w)
	default:
		http.Error(w, "404 page not found", http.StatusNotFound)
	}
}

func (m *Model) fullName() string {
	if strings.Contains(m.Name, ":") {
		return m.Name
	}
	return m.Name + ":latest"
}

func (m *Model) digest() string {
	if m.Digest != "" {
		return m.Digest
	}
	sum := sha256.Sum256([]byte(m.fullName()))
	return hex.EncodeToString(sum[:])
}

func (m *Model) contextLength() int {
	if m.ContextLength > 0 {
		return m.ContextLength
	}
	return 32768
}

func (m *Model) capabilities() []string {
	if m.Thinks {
		return []string{"completion", "thinking"}
	}
	return []string{"completion"}
}

func (m *Model) details() map[string]any {
	return map[string]any{"format": "gguf", "family": "llama", "families": []string{"llama"},
		"parameter_size": "3.2B", "quantization_level": "Q4_K_M"}
}

func (s *Server) findModel(name string) (Model, bool) {
	want := Model{Name: name}
	for _, m := range s.models {
		if strings.EqualFold(m.fullName(), want.fullName()) {
			return m, true
		}
	}
	return Model{}, false
}

func (s *Server) tags(w http.ResponseWriter) {
	list := []map[string]any{}
	for _, m := range s.models {
		list = append(list, map[string]any{"name": m.fullName(), "model": m.fullName(), "digest": m.digest(),
			"size": 2019393189, "modified_at": "2026-01-02T03:04:05.678901234Z", "details": m.details()})
	}
	writeJSON(w, map[string]any{"models": list})
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Model, Name string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	if asked.Model == "" {
		asked.Model = asked.Name
	}
	m, ok := s.findModel(asked.Model)
	if !ok {
		writeError(w, http.StatusNotFound, "model '"+asked.Model+"' not found")
		return
	}
	shown := map[string]any{"details": m.details(), "capabilities": m.capabilities(),
		"modified_at": "2026-01-02T03:04:05.678901234Z",
		"model_info":  map[string]any{"general.architecture": "llama", "llama.context_length": m.contextLength()}}
	if m.RemoteHost != "" {
		shown["remote_host"], shown["remote_model"] = m.RemoteHost, m.Name
	}
	writeJSON(w, shown)
}

func (s *Server) ps(w http.ResponseWriter) {
	s.record.mu.Lock()
	name, ctx, loaded := strings.Cut(s.record.loaded, " ")
	s.record.mu.Unlock()
	list := []map[string]any{}
	if m, ok := s.findModel(name); ok && loaded {
		n, _ := strconv.Atoi(ctx)
		list = append(list, map[string]any{"name": m.fullName(), "model": m.fullName(), "digest": m.digest(),
			"size": 3019393189, "size_vram": 0, "context_length": n, "expires_at": "2026-01-02T04:04:05Z",
			"details": m.details()})
	}
	writeJSON(w, map[string]any{"models": list})
}

// atLeast reports whether the server claims to be of this version or later.
func (s *Server) atLeast(major, minor, patch int) bool {
	want := [3]int{major, minor, patch}
	for i, part := range strings.SplitN(s.version, ".", 3) {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			part = part[:digits]
		}
		if n, _ := strconv.Atoi(part); n != want[i] {
			return n > want[i]
		}
	}
	return true
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(value) // a caller that left misses nothing
}

func writeError(w http.ResponseWriter, status int, text string) {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	body, _ := json.Marshal(map[string]string{"error": text}) // a string always has a JSON form
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body)
}
