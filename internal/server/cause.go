package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Cause says why a server did not serve, so that people can be told what helps.
// A Class says what can be done with the call.
type Cause uint8

const (
	Other           Cause = iota + 1 // none of those below
	NotConnected                     // nothing answers at the address
	NameUnknown                      // the host's name has no address
	NoReply                          // the server took the request and did not answer in time
	WrongTLS                         // the certificate is not trusted, or one side does not speak TLS
	ProxyFailed                      // the proxy does not answer or has no connection
	ProxyDenied                      // the proxy wants credentials
	OutOfMemory                      // the model does not fit the server's memory
	QuotaUsedUp                      // no more calls now, or without payment
	ServerFull                       // too many calls wait
	SignInNeeded                     // the account of a service; SignIn may have the address
	Unauthorized                     // credentials are missing or wrong
	Forbidden                        // the server does not serve this caller
	NoModel                          // it is not on the server
	TooLong                          // the prompt does not fit the context
	WrongServer                      // something else answers
	Redirected                       // the answer points to another address
	ServerFailed                     // the server answers that it failed
	DiskFull                         // the server's disk has no room
	GatewayTimeout                   // what stands before the server did not wait for its answer
	CallTooLarge                     // what stands before the server takes no call of this size
	ModelTooNew                      // the server's version does not know the model
	ModelUnfit                       // the model does not chat, or not as the options want it
	ServerTooOld                     // see OldServer
	ModelsDiffer                     // see Mismatch
	OllamaAsOpenAI                   // an Ollama server, called as another
	PromptsCut                       // see CutsPrompts
	SchemaIgnored                    // see NoContract
	LogProbsMissing                  // see NoLogProbs
)

// causeNames are the names of the causes in status files. Scripts rely on them.
var causeNames = [...]string{
	Other: "other", NotConnected: "not_connected", NameUnknown: "name_unknown", NoReply: "no_reply", WrongTLS: "wrong_tls",
	ProxyFailed: "proxy_failed", ProxyDenied: "proxy_denied", OutOfMemory: "out_of_memory", QuotaUsedUp: "quota_used_up",
	ServerFull: "server_full", SignInNeeded: "sign_in_needed", Unauthorized: "unauthorized", Forbidden: "forbidden",
	NoModel: "no_model", TooLong: "too_long", WrongServer: "wrong_server", Redirected: "redirected", ServerFailed: "server_failed",
	DiskFull: "disk_full", GatewayTimeout: "gateway_timeout", CallTooLarge: "call_too_large", ModelTooNew: "model_too_new",
	ModelUnfit: "model_unfit", ServerTooOld: "server_too_old", ModelsDiffer: "models_differ", OllamaAsOpenAI: "ollama_as_openai",
	PromptsCut: "prompts_cut", SchemaIgnored: "schema_ignored", LogProbsMissing: "log_probs_missing",
}

// String is the name of a cause in status files; empty for 0.
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return fmt.Sprintf("cause_%d", uint8(c))
}

// causesOfClass are the causes of classes that have one.
var causesOfClass = map[Class]Cause{
	Unreachable: NotConnected, Overflow: TooLong, MissingModel: NoModel, OldServer: ServerTooOld, Mismatch: ModelsDiffer,
	CutsPrompts: PromptsCut, NoContract: SchemaIgnored, NoLogProbs: LogProbsMissing,
}

// Cause returns why the server did not serve.
func (e *Error) Cause() Cause {
	if e.cause != 0 {
		return e.cause
	}
	if c, ok := causesOfClass[e.Class]; ok && e.Status != http.StatusRequestEntityTooLarge {
		return c
	}
	text := ""
	if e.Err != nil {
		text = e.Err.Error()
	}
	return causeOf(e.Class, e.Status, text, e)
}

// causeOfError returns the cause of an error of this package, 0 for others.
func causeOfError(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause()
	}
	return 0
}

func causeOf(class Class, status int, text string, e *Error) Cause {
	switch {
	case e.Location != "":
		return Redirected
	case status == http.StatusProxyAuthRequired:
		return ProxyDenied
	case says(text, []string{"server busy"}):
		return ServerFull
	case e.Proxy != "" && (status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout):
		return ProxyFailed
	case says(text, memoryTexts[:]):
		return OutOfMemory
	case says(text, []string{"no space left on device", "disk quota exceeded"}):
		return DiskFull
	case says(text, []string{"newer version of ollama", "unknown model architecture", "unsupported model architecture"}):
		return ModelTooNew
	case class == BadRequest && says(text, []string{"does not support"}):
		return ModelUnfit
	case status == http.StatusRequestEntityTooLarge:
		return CallTooLarge
	case status == http.StatusGatewayTimeout:
		return GatewayTimeout
	case status == http.StatusTooManyRequests, status == http.StatusPaymentRequired, says(text, quotaTexts[:]):
		return QuotaUsedUp
	case e.SignIn != "":
		return SignInNeeded
	case status == http.StatusUnauthorized:
		return Unauthorized
	case status == http.StatusForbidden:
		return Forbidden
	case class == NotOllama:
		return WrongServer
	case class == Busy:
		return ServerFull
	case class == Transient:
		return ServerFailed
	}
	return Other
}

// memoryTexts are how servers and their engines say that memory is short, in
// lower case: Ollama's check before loading, CUDA, ROCm, Metal, Vulkan, the kernel and its
// killer of processes.
var memoryTexts = [...]string{
	"requires more system memory",
	"requires more memory",
	"out of memory",
	"outofmemory",
	"outofdevicememory",
	"memory allocation of",
	"signal: killed",
	"cudamalloc failed",
	"unable to allocate",
	"failed to allocate",
	"cannot allocate memory",
	"insufficient memory",
	"not enough memory",
}

// quotaTexts are how services say that no more calls are served for now.
var quotaTexts = [...]string{"usage limit", "rate limit", "quota", "insufficient credit", "subscription"}

// says reports whether a text has one of the words, which are in lower case.
func says(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
