package classify

import (
	"fmt"
	"strings"

	"prism/internal/ollama"
	"prism/internal/term"
)

// serverHint says what helps against the cause of a server's error. The server is
// to be started only where nothing answered.
func serverHint(e *ollama.Error, model string) string {
	switch e.Cause() {
	case ollama.NotConnected:
		return fmt.Sprintf("start the server (ollama serve), or name another with --host or OLLAMA_HOST (now %s)", e.Host)
	case ollama.NoModel:
		hint := "get the model with: ollama pull " + term.Printable(term.QuoteShell(model))
		if len(e.Have) > 0 {
			hint += "\nthe server has " + term.Printable(strings.Join(e.Have, ", "))
		}
		return hint
	case ollama.SignInNeeded:
		return "sign in at " + e.SignIn + ", or with: ollama signin"
	case ollama.Redirected:
		return fmt.Sprintf("if %s is your server, name it with --host: PRISM sends no rows to an address that an answer points to", e.Location)
	case ollama.ProxyFailed:
		return proxyHint(e)
	}
	return hintOfCause[e.Cause()]
}

func proxyHint(e *ollama.Error) string {
	if e.Proxy == "" {
		return "--proxy none calls the server without a proxy, --proxy URL names one"
	}
	return fmt.Sprintf("the way to the server is the proxy %s: --proxy none calls it without one, --proxy URL names another", e.Proxy)
}

// hintOfCause has the hints that say the same of every server.
var hintOfCause = map[ollama.Cause]string{
	ollama.NameUnknown:    "is the name of the server in --host or OLLAMA_HOST right?",
	ollama.NoReply:        "the server took the call and did not answer in time: a larger --timeout, a smaller --batch-size or fewer calls at once (--parallel) may help",
	ollama.WrongTLS:       "is it http:// or https://? SSL_CERT_FILE names a file with the authority that signed the server's certificate",
	ollama.ProxyDenied:    "give the proxy a user and a password in HTTP_PROXY or HTTPS_PROXY (http://USER:PASSWORD@PROXY), or use --proxy none",
	ollama.OutOfMemory:    "the server's memory is short: use a smaller --num-ctx or a smaller model, lower OLLAMA_NUM_PARALLEL of the server, or unload other models (ollama ps, ollama stop)",
	ollama.QuotaUsedUp:    "the limit of calls is used up, or the plan of the account lacks the model: wait until there are more, use fewer at once (--parallel), or name another --model or --host",
	ollama.DiskFull:       "the server's disk is full: make room there (OLLAMA_MODELS names the folder of its models)",
	ollama.GatewayTimeout: "a gateway before the server did not wait for its answer: raise its time limit (proxy_read_timeout of nginx), or use a smaller --batch-size",
	ollama.CallTooLarge:   "a gateway before the server takes no calls of this size: raise its limit (client_max_body_size of nginx), or use a smaller --batch-size",
	ollama.ModelTooNew:    "the model needs a newer server: update Ollama, or use another --model",
	ollama.ModelUnfit:     "use another --model (prism-classify --list-models shows them); some models want another --think",
	ollama.ServerFull:     "the server has too many calls: use fewer at once (--parallel), or raise OLLAMA_MAX_QUEUE of the server",
	ollama.Unauthorized:   "the server wants a user and a password: OLLAMA_HOST=http://USER:PASSWORD@HOST (or --host, which other users of this machine can see); for a model of ollama.com: ollama signin",
	ollama.Forbidden:      "the server does not serve this user or this machine: ask who runs it, or name another with --host",
	ollama.TooLong:        "use a larger --num-ctx",
	ollama.WrongServer:    "is --host or OLLAMA_HOST right?",
	ollama.ServerFailed:   "the server answers and fails: its log says more (journalctl -u ollama, or ~/.ollama/logs/server.log)",
	ollama.ServerTooOld:   "update Ollama, or accept silently cut prompts with --allow-truncation",
	ollama.ModelsDiffer:   "pull the same model on every host, or use one host",
	ollama.SchemaIgnored:  "try --think true or --think false, another model or a newer server; --allow-free-replies labels without the schema",
}
