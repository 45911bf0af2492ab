package provisioning

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"cloison"
	"cloison/access/directory"
)

// maxBody bounds a message in bytes: a person or a hundred statements are a hundredth of it.
const maxBody = 1 << 20

// Request is one message of a known client, read whole.
type Request struct {
	*http.Request
	Client Client
	Source directory.Account // that the client acts as
	Body   []byte
}

// Caller is who acts.
func (r *Request) Caller() cloison.Caller { return cloison.Caller{Account: r.Source.ID} }

// Answer is what goes back, whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Handler serves requests of known clients of that kind, one bounded message at a time. refused puts an error into the
// protocol's words. The log has the client, the method and the status, and neither the address nor the body, which name
// people.
func (c *Clients) Handler(kind Kind, serve func(*Request) (Answer, error), refused func(error) Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, a, err := c.answer(w, r, kind, serve)
		if err != nil {
			a = refused(err)
		}
		c.logRequest(r, kind, client, a.Status, err)
		h := w.Header()
		for k, v := range a.Header {
			h[k] = v
		}
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if len(a.Body) > 0 {
			h.Set("Content-Length", strconv.Itoa(len(a.Body)))
		}
		w.WriteHeader(a.Status)
		w.Write(a.Body) // the client is gone if this fails
	})
}

func (c *Clients) logRequest(r *http.Request, kind Kind, client string, status int, err error) {
	level, attributes := slog.LevelInfo, []any{"client", client, "kind", string(kind), "method", r.Method, "status", status}
	if status >= 500 {
		level = slog.LevelError
	}
	if err != nil {
		attributes = append(attributes, "err", err)
	}
	c.log.Log(r.Context(), level, "machine request", attributes...)
}

// answer serves one request, and returns the client's name if it is known.
func (c *Clients) answer(w http.ResponseWriter, r *http.Request, kind Kind, serve func(*Request) (Answer, error)) (string, Answer, error) {
	i := c.identify(r, kind)
	if i < 0 {
		return "", Answer{}, errNoToken
	}
	req := &Request{Request: r, Client: c.list[i]}
	if !c.admit(i, c.now()) {
		return req.Client.Name, Answer{}, &Refusal{Status: http.StatusTooManyRequests, Detail: "too many requests in this minute", Retry: 60}
	}
	var err error
	if req.Source, err = c.source(r.Context(), req.Client); err != nil {
		return req.Client.Name, Answer{}, err
	}
	if req.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return req.Client.Name, Answer{}, &Refusal{Status: http.StatusRequestEntityTooLarge, Detail: "a message has at most 1 MiB"}
		}
		return req.Client.Name, Answer{}, cloison.Errorf(cloison.Invalid, "the message broke off")
	}
	a, err := serve(req)
	return req.Client.Name, a, err
}
