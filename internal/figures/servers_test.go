package figures

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
)

// address is what a server says when it is ready.
type address struct {
	Address string   `json:"address"`
	Cookies []string `json:"cookies,omitempty"`
}

// serve answers on a port of loopback until stop.
func serve(h http.Handler, ready func(any), cookies []string, stop <-chan struct{}) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h}
	go server.Serve(l) // ends with the process
	ready(address{l.Addr().String(), cookies})
	<-stop
	return server.Close()
}

// upstreamRole is the business tool: the same file for everybody, but for the number.
func upstreamRole(_ []byte, ready func(any), stop <-chan struct{}) (any, error) {
	files := sync.Pool{New: func() any { return newCaseFile(false) }}
	tool := http.NewServeMux()
	tool.HandleFunc("GET /api/dossiers/{id}", func(w http.ResponseWriter, r *http.Request) {
		person, err := strconv.Atoi(r.PathValue("id"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		c := files.Get().(*caseFile)
		defer files.Put(c)
		body := c.of(person)
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
		w.Write(body)
	})
	return nil, serve(tool, ready, nil, stop)
}

type bareOptions struct {
	Upstream string `json:"upstream"`
}

// bareRole is httputil.ReverseProxy at its best: kept connections enough for all, and buffers that are used again.
func bareRole(options []byte, ready func(any), stop <-chan struct{}) (any, error) {
	var o bareOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	target := &url.URL{Scheme: "http", Host: o.Upstream}
	return nil, serve(&httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:  &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
		BufferPool: &buffers{},
	}, ready, nil, stop)
}

type buffers struct{ pool sync.Pool }

func (p *buffers) Get() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

func (p *buffers) Put(b []byte) { p.pool.Put(&b) }
