package server

import (
	"context"
	"time"
)

// Values of Config.API.
const (
	Ollama = "ollama" // also empty
	OpenAI = "openai" // servers that take the calls of OpenAI's chat completions
)

// dialect is how the servers of one kind are spoken to.
type dialect interface {
	// name is the value of Config.API.
	name() string
	// callPath is where calls go, under the URL of a host.
	callPath() string
	// encodeCall returns the body of a call.
	encodeCall(h *host, r *Request) ([]byte, error)
	// readReply makes a Reply of the body of an answer, or the error that it tells.
	readReply(host, model string, status int, body []byte) (*Reply, error)
	// checkModel asks a host for its version and the model. timeout is what ctx ends
	// after, for messages.
	checkModel(ctx context.Context, h *host, model string, timeout time.Duration) (*Model, error)
	// listModels names the models of a host.
	listModels(ctx context.Context, h *host, timeout time.Duration) ([]string, error)
	// overlongTokens is what a prompt must be longer than to prove that a host refuses
	// such ones; 0: its version proves it.
	overlongTokens(h *host, r *Request) int
}

func newDialect(api string, allowTruncation bool) dialect {
	if api == OpenAI {
		return openAI{allowTruncation}
	}
	return ollamaAPI{allowTruncation}
}

// ollamaAPI is the API of Ollama.
type ollamaAPI struct{ allowTruncation bool }

func (ollamaAPI) name() string { return Ollama }

func (ollamaAPI) callPath() string { return "/api/chat" }

func (ollamaAPI) encodeCall(h *host, r *Request) ([]byte, error) {
	return encodeRequest(r, !h.cutsText.Load())
}

func (ollamaAPI) readReply(host, model string, status int, body []byte) (*Reply, error) {
	return readReply(host, model, status, body)
}

func (ollamaAPI) overlongTokens(*host, *Request) int { return 0 }
