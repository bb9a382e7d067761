package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// openAI is the API of OpenAI's chat completions, as vLLM, llama.cpp's server and LM
// Studio serve it. It has no field for the context: a server decides on it when it
// starts.
type openAI struct{ allowTruncation bool }

func (openAI) name() string { return OpenAI }

func (openAI) callPath() string { return "/chat/completions" }

// completionRequest is the body of a call without its response_format.
type completionRequest struct {
	Model       string              `json:"model"`
	Messages    []completionMessage `json:"messages"`
	Stream      bool                `json:"stream"`
	Temperature float64             `json:"temperature"`
	Seed        int                 `json:"seed"`
	MaxTokens   int                 `json:"max_tokens,omitempty"`
	LogProbs    bool                `json:"logprobs,omitempty"`
	TopLogProbs int                 `json:"top_logprobs,omitempty"`
	// The penalties are always off, as in a call of Ollama: one makes a label less likely that a row before had, too.
	// vLLM takes one from the model's files unless the call has it; llama.cpp's server has the second name.
	RepetitionPenalty float64 `json:"repetition_penalty"`
	RepeatPenalty     float64 `json:"repeat_penalty"`
	ReasoningEffort   string  `json:"reasoning_effort,omitempty"`
	// TemplateOptions are for the model's chat template; those of models that think know enable_thinking.
	TemplateOptions map[string]bool `json:"chat_template_kwargs,omitempty"`
}

type completionMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func (openAI) encodeCall(_ *host, r *Request) ([]byte, error) {
	body := completionRequest{Model: r.Model, LogProbs: r.LogProbs, TopLogProbs: r.Alternatives, RepetitionPenalty: 1, RepeatPenalty: 1, Temperature: r.Temperature, Seed: r.Seed}
	if r.NumPredict < r.NumCtx || r.NumCtx == 0 { // else the reply may take what the prompt leaves, as without a bound
		body.MaxTokens = r.NumPredict
	}
	switch r.Think {
	case "":
	case "true", "false":
		body.TemplateOptions = map[string]bool{"enable_thinking": r.Think == "true"}
	default:
		level, err := strconv.Unquote(r.Think)
		if err != nil {
			return nil, fmt.Errorf("encode request: think %s: %w", r.Think, err)
		}
		body.ReasoningEffort = level
	}
	if r.System != "" {
		body.Messages = append(body.Messages, completionMessage{"system", r.System})
	}
	body.Messages = append(body.Messages, completionMessage{"user", string(r.User)})
	return encodeWithFormat(&body, r, `,"response_format":{"type":"json_schema","json_schema":{"name":"labels","strict":true,"schema":`, `}}}`)
}

// completion is the body of an answer. Counts that are absent keep -1.
type completion struct {
	Choices []struct {
		Message struct {
			Content          string `json:"content"`
			Reasoning        string `json:"reasoning"`
			ReasoningContent string `json:"reasoning_content"`
		} `json:"message"`
		FinishReason string `json:"finish_reason"`
		LogProbs     struct {
			Content tokenList `json:"content"`
		} `json:"logprobs"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     float64 `json:"prompt_tokens"`
		CompletionTokens float64 `json:"completion_tokens"`
		Details          struct {
			CachedTokens float64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func (openAI) readReply(host, model string, status int, body []byte) (*Reply, error) {
	fail := func(class Class, err error) (*Reply, error) {
		return nil, &Error{Class: class, Status: status, Host: host, Model: model, Op: opChat, Err: err}
	}
	failWithText := func(text string) (*Reply, error) {
		return fail(classOfStatus(status, text), &statusText{status: status, text: text})
	}
	if status < 200 || status > 299 {
		return failWithText(errorText(body))
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return fail(Transient, errors.New("the reply is empty"))
	}
	var c completion
	c.Usage.PromptTokens, c.Usage.CompletionTokens, c.Usage.Details.CachedTokens = -1, -1, -1
	var typed *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, &c); {
	case err != nil && !errors.As(err, &typed):
		return fail(Transient, fmt.Errorf("the reply is not JSON: %w: %q", err, excerpt(body)))
	case len(c.Error) > 0 && string(c.Error) != "null":
		return failWithText(errorMessage(c.Error))
	case len(c.Choices) == 0:
		return fail(Transient, fmt.Errorf("the reply has no choices: %q", excerpt(body)))
	}
	answer := c.Choices[0]
	if answer.FinishReason == "" {
		return fail(Transient, errors.New("the reply ends without finish_reason"))
	}
	text := answer.Message.Content
	if thought := cmp.Or(answer.Message.ReasoningContent, answer.Message.Reasoning); text == "" && answer.FinishReason == Stop && json.Valid([]byte(thought)) {
		text = thought // some servers take an answer without thinking for thinking
	}
	return &Reply{
		Text: text, DoneReason: answer.FinishReason, Host: host, LogProbs: answer.LogProbs.Content,
		Thought:      answer.Message.Reasoning != "" || answer.Message.ReasoningContent != "" || beginsWithThinking(answer.Message.Content),
		PromptTokens: tokenCount(c.Usage.PromptTokens), CachedTokens: tokenCount(c.Usage.Details.CachedTokens),
		Tokens: tokenCount(c.Usage.CompletionTokens), Total: -1, Load: -1, PromptEval: -1, Eval: -1,
	}, nil
}
