package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/wall/gateway"
)

// Listen opens an address of the config; the demo and the tests hand out ports that they hold already.
type Listen func(address string) (net.Listener, error)

// ListenTCP is the Listen of a program that serves for real.
func ListenTCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "%w: end the program that has the address, or name another in the config", err)
	}
	return l, nil
}

// front is one address and what answers there.
type front struct {
	name    string
	address string
	handler http.Handler
}

// withSignIn mounts sign-in and passkeys on an origin, before what else answers there.
func withSignIn(doors, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, signin.Prefix) && r.URL.Path != gateway.JWKSPath {
			doors.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// CutOff is the log message of a stop that did not wait any longer.
const CutOff = "open requests cut off"

// Serve serves one address until ctx ends, then lets open requests finish for a moment.
func Serve(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: logPanics(handler, log), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: libraryLog(log, slog.LevelDebug), // what clients do wrong
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

// logPanics turns the panic of a handler into an error line and an aborted answer. A value that is not the runtime's is
// not logged, since it may quote what a person or a tool sent: its type and the stack find the fault.
func logPanics(handler http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault != http.ErrAbortHandler {
				err := fmt.Sprintf("panic of type %T", fault)
				if fault, ok := fault.(runtime.Error); ok {
					err = fault.Error()
				}
				log.ErrorContext(r.Context(), "handler panicked", "err", err, "stack", stack())
			}
			panic(http.ErrAbortHandler)
		}()
		handler.ServeHTTP(w, r)
	})
}

// stack lists the functions that were active where a panic began, the innermost first, without their arguments.
func stack() (calls []string) {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])]) // without Callers, stack, the deferred function and gopanic
	for {
		frame, more := frames.Next()
		calls = append(calls, fmt.Sprintf("%s:%d", frame.Function, frame.Line))
		if !more {
			return calls
		}
	}
}
