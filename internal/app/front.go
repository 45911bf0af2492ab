package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/wall/gateway"
)

// listener opens the address of a config; the demo and the tests hand out ports that they hold already.
type Listen func(address string) (net.Listener, error)

func ListenTCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "listen: %w", err)
	}
	return l, nil
}

// front is one address and what answers there.
type front struct {
	name    string
	address string
	handler http.Handler
}

// withDoors mounts sign-in and passkeys on every origin, before whatever else answers there.
func withDoors(doors, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) >= len(signin.Prefix) && r.URL.Path[:len(signin.Prefix)] == signin.Prefix && r.URL.Path != gateway.JWKSPath {
			doors.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// cutOff is what the log says of a stop that did not wait any longer.
const CutOff = "requests that were still under way were cut off"

// serveFront serves one address until ctx ends, then lets requests under way finish for a moment.
func ServeFront(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	over := make(chan struct{})
	notBegun := context.AfterFunc(ctx, func() {
		defer close(over)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			log.WarnContext(ctx, CutOff)
			server.Close()
		}
	})
	err := server.Serve(l)
	if !notBegun() {
		<-over // Serve returns when Shutdown begins
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
