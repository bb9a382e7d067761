package classify

import (
	"cmp"
	"fmt"
	"strings"

	"prism/internal/server"
	"prism/internal/term"
)

// serverHint says what helps against the cause of a server's error. The server is
// to be started only where nothing answered.
func serverHint(e *server.Error, model string) string {
	if e.API == server.OpenAI {
		switch e.Cause() {
		case server.NotConnected:
			return fmt.Sprintf("start the server, or name another with --host (now %s)", e.Host)
		case server.NoModel:
			return "use another --model: the server has " + cmp.Or(term.Printable(strings.Join(e.Have, ", ")), "none")
		case server.Unauthorized:
			return "the server requires a key: set it in the environment variable PRISM_API_KEY"
		case server.WrongServer:
			return "is --host right? The base URL of most servers ends in /v1"
		case server.NameUnknown:
			return "is the name of the server in --host right?"
		case server.TooLong:
			return "start the server with a longer context, or use a smaller --batch-size"
		case server.ServerFull:
			return "the server is busy, or still loads the model: wait, or use fewer calls in parallel (--parallel)"
		case server.ServerFailed:
			return "the server answers but fails: see its log"
		case server.OutOfMemory:
			return "the server is out of memory: start it with a shorter context or a smaller model"
		case server.DiskFull:
			return "the server's disk is full: free space there"
		case server.ModelsDiffer:
			return "start the same model with the same context on every host, or use one host"
		}
	}
	switch e.Cause() {
	case server.NotConnected:
		return fmt.Sprintf("start the server (ollama serve), or name another with --host or OLLAMA_HOST (now %s)", e.Host)
	case server.NoModel:
		hint := "get the model with: ollama pull " + term.Printable(term.QuoteShell(model))
		if len(e.Have) > 0 {
			hint += "\nthe server has " + term.Printable(strings.Join(e.Have, ", "))
		}
		return hint
	case server.SignInNeeded:
		return "sign in at " + e.SignIn + ", or with: ollama signin"
	case server.Redirected:
		return fmt.Sprintf("if %s is your server, name it with --host: PRISM sends no rows to the target of a redirect", e.Location)
	case server.ProxyFailed:
		return proxyHint(e)
	}
	return hintOfCause[e.Cause()]
}

func proxyHint(e *server.Error) string {
	if e.Proxy == "" {
		return "--proxy none calls the server without a proxy, --proxy URL names one"
	}
	return fmt.Sprintf("the server is called through the proxy %s: --proxy none calls it without one, --proxy URL names another", e.Proxy)
}

// hintOfCause has the hints that say the same of every server.
var hintOfCause = map[server.Cause]string{
	server.NameUnknown:     "is the name of the server in --host or OLLAMA_HOST right?",
	server.NoReply:         "the server took the call and did not answer in time: a larger --timeout, a smaller --batch-size or fewer calls in parallel (--parallel) may help",
	server.WrongTLS:        "is it http:// or https://? SSL_CERT_FILE names a file with the authority that signed the server's certificate",
	server.ProxyDenied:     "give the proxy a user and a password in HTTP_PROXY or HTTPS_PROXY (http://USER:PASSWORD@PROXY), or use --proxy none",
	server.OutOfMemory:     "the server is out of memory: use a smaller --num-ctx or a smaller model, lower OLLAMA_NUM_PARALLEL of the server, or unload other models (ollama ps, ollama stop)",
	server.QuotaUsedUp:     "the call limit is reached, or the plan of the account lacks the model: wait, use fewer calls in parallel (--parallel), or name another --model or --host",
	server.DiskFull:        "the server's disk is full: free space there (OLLAMA_MODELS names the folder of its models)",
	server.GatewayTimeout:  "a gateway in front of the server timed out: raise its time limit (proxy_read_timeout of nginx), or use a smaller --batch-size",
	server.CallTooLarge:    "a gateway in front of the server refuses calls of this size: raise its limit (client_max_body_size of nginx), or use a smaller --batch-size",
	server.ModelTooNew:     "the model needs a newer server: update Ollama, or use another --model",
	server.ModelUnfit:      "use another --model (prism-classify --list-models shows them); some models want another --think",
	server.ServerFull:      "the server has too many calls: use fewer in parallel (--parallel), or raise OLLAMA_MAX_QUEUE of the server",
	server.Unauthorized:    "the server requires a user and a password: OLLAMA_HOST=http://USER:PASSWORD@HOST (or --host, which other users of this machine can see); for a model of ollama.com: ollama signin",
	server.Forbidden:       "the server refuses this user or this machine: ask its administrator, or name another with --host",
	server.TooLong:         "use a larger --num-ctx",
	server.WrongServer:     "is --host or OLLAMA_HOST right?",
	server.ServerFailed:    "the server answers but fails: see its log (journalctl -u ollama, or ~/.ollama/logs/server.log)",
	server.ServerTooOld:    "update Ollama, or accept silently truncated prompts with --allow-truncation",
	server.ModelsDiffer:    "pull the same model on every host, or use one host",
	server.OllamaAsOpenAI:  "use --api ollama and the address without /v1; --allow-truncation calls it as it is, and rows may be truncated",
	server.PromptsCut:      "start the server so that it refuses over-long prompts; --allow-truncation works with it as it is, and rows may be truncated",
	server.LogProbsMissing: "leave out --confidence, or use a server that returns log-probabilities (Ollama from 0.12.11 on, vLLM)",
	server.SchemaIgnored:   "try --think true or --think false, another model or a newer server; --allow-free-replies labels without the schema",
}
