package ollama

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// maxBody bounds what one answer may take, in bytes.
const maxBody = 64 << 20

var errTooLarge = errors.New("it is larger than 64 MiB")

// readAll appends all of r to dst, which may become limit bytes long.
func readAll(dst []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, errTooLarge
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}

// limited is a transport whose answers end with an error past maxBody, for the
// api package, which reads without bounds.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &limitedBody{ReadCloser: resp.Body}
	}
	return resp, err
}

type limitedBody struct {
	io.ReadCloser
	read int64
}

func (b *limitedBody) Read(dst []byte) (int, error) {
	n, err := b.ReadCloser.Read(dst)
	if b.read += int64(n); b.read > maxBody {
		return n, errTooLarge
	}
	return n, err
}

// repeats tells a text at whose end one token stands over and over. Servers up
// to 0.24 end such a reply after 30 of them by leaving it without done; a text
// of a reply that broke off for another reason does not look like this.
func repeats(text []byte) bool {
	const times, longest = 30, 40
	if len(text)-len(bytes.TrimRight(text, " \t\r\n")) >= times {
		return true
	}
	tail := bytes.Join(bytes.Fields(text[max(0, len(text)-2*times*longest):]), nil)
	for size := 1; size <= longest && size*times <= len(tail); size++ {
		end := tail[len(tail)-size*times:]
		if bytes.Equal(end[size:], end[:len(end)-size]) {
			return true
		}
	}
	return false
}
