package app

import (
	"io"
	"log/slog"

	"k8s.io/klog/v2"
)

// logger writes JSON lines, those of the log library that Tessera uses included.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	klog.SetSlogLogger(log)
	return log
}
