package testkit

import (
	"bytes"
	"log/slog"
	"sync"
)

// Log holds what the code under test writes, and may be read meanwhile. The zero Log is empty.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Logger returns a logger that writes lines of text of every level to the log.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Write appends b.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// String returns all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Quiet returns a logger that keeps nothing.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
