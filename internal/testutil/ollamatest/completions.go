package ollamatest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// completions is how a server of OpenAI's API behaves.
type completions struct {
	key        string // that callers must send; empty: none
	cuts       bool   // over-long prompts lose their beginning
	hidesBound bool   // the list of models does not say how long prompts may be
}

// Completions makes the server one of OpenAI's API, under /v1, and no longer one of
// Ollama. Behaviour is any of key=KEY, cuts and hides-bound.
func Completions(behaviour ...string) Option {
	return option(func(s *Server) {
		s.completions = &completions{}
		for _, b := range behaviour {
			switch key, isKey := strings.CutPrefix(b, "key="); {
			case isKey:
				s.completions.key = key
			case b == "cuts":
				s.completions.cuts = true
			case b == "hides-bound":
				s.completions.hidesBound = true
			}
		}
	})
}

// serveCompletions answers like vLLM.
func (s *Server) serveCompletions(w http.ResponseWriter, r *http.Request) {
	if key := s.completions.key; key != "" && strings.HasPrefix(r.URL.Path, "/v1/") && r.Header.Get("Authorization") != "Bearer "+key {
		writeJSONStatus(w, http.StatusUnauthorized, map[string]any{"error": map[string]any{"message": "Invalid API key", "type": "unauthorized", "code": 401}})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /v1/chat/completions":
		s.chat(w, r, callsCompletions)
	case "GET /v1/models":
		s.listServed(w)
	default:
		writeJSONStatus(w, http.StatusNotFound, map[string]any{"detail": "Not Found"})
	}
}

func (s *Server) listServed(w http.ResponseWriter) {
	data := []map[string]any{}
	for _, m := range s.models {
		served := map[string]any{"id": m.Name, "object": "model", "owned_by": "vllm"}
		if !s.completions.hidesBound {
			served["max_model_len"] = m.contextLength()
		}
		data = append(data, served)
	}
	writeJSON(w, map[string]any{"object": "list", "data": data})
}

// readCompletion reads the body of a call of OpenAI's API into that of Ollama's.
func (s *Server) readCompletion(body []byte, into *chatRequest) error {
	var sent struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		LogProbs    bool    `json:"logprobs"`
		TopLogProbs int     `json:"top_logprobs"`
		Temperature float64 `json:"temperature"`
		Seed        int     `json:"seed"`
		MaxTokens   int     `json:"max_tokens"`
		Response    struct {
			Type   string `json:"type"`
			Schema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
		Effort   string          `json:"reasoning_effort"`
		Template map[string]bool `json:"chat_template_kwargs"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return err
	}
	into.Model, into.Messages, into.Format = sent.Model, sent.Messages, sent.Response.Schema.Schema
	into.Options.Temperature, into.Options.Seed, into.Options.NumPredict = sent.Temperature, sent.Seed, sent.MaxTokens
	into.LogProbs, into.TopLogProbs = sent.LogProbs, sent.TopLogProbs
	into.Options.NumCtx = 1 << 30 // the model's own
	if on, said := sent.Template["enable_thinking"]; said {
		into.Think = json.RawMessage(fmt.Sprint(on))
	}
	if sent.Effort != "" {
		into.Think, _ = json.Marshal(sent.Effort) // a string always has a JSON form
	}
	if !s.completions.cuts {
		into.Truncate = new(bool)
	}
	return nil
}

// encodeCompletion returns the JSON of the reply in OpenAI's form.
func (s *Server) encodeCompletion(c *chatCall) []byte {
	text, count, reason := s.limitedText(c, 0)
	c.replyCut = reason == "length"
	message := map[string]any{"role": "assistant", "content": text}
	if c.model.Thinks && string(c.Think) != "false" {
		message["reasoning_content"] = "I think."
	}
	var finish any = reason
	if c.kind() == NoDone {
		finish = nil
	}
	choice := map[string]any{"index": 0, "message": message, "finish_reason": finish}
	if told := s.chances(c, text); told != nil {
		choice["logprobs"] = map[string]any{"content": told}
	}
	answer := map[string]any{
		"id": fmt.Sprintf("chatcmpl-%d", c.number), "object": "chat.completion", "model": c.Model,
		"choices": []any{choice},
	}
	if c.kind() != NoMetrics {
		answer["usage"] = map[string]any{"prompt_tokens": c.promptTokens, "completion_tokens": count, "total_tokens": c.promptTokens + count}
	}
	body, _ := json.Marshal(answer) // strings and numbers always have a JSON form
	return body
}

// refuseLong reports whether vLLM refuses a call: its prompt and the reply that it asks
// for do not fit.
func (c *chatCall) refuseLong() (status int, text string) {
	room, most := c.numCtx(), max(c.Options.NumPredict, 1)
	if c.promptTokens+most <= room {
		return 0, ""
	}
	return http.StatusBadRequest, fmt.Sprintf("This model's maximum context length is %d tokens. However, you requested %d tokens "+
		"(%d in the messages, %d in the completion). Please reduce the length of the messages or completion.", room, c.promptTokens+most, c.promptTokens, most)
}

func writeJSONStatus(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // a caller that left misses nothing
}
