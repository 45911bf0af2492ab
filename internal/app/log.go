package app

import (
	"bytes"
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"regexp"
	"runtime"
	"strconv"

	"k8s.io/klog/v2"
)

// NewLogger makes the program's logger: JSON lines on w. For the whole process it also takes over what libraries write
// on their own account, through Go's log, slog's default logger and klog. Such a line may quote what a tool answered: of
// its text only the constant beginning is kept, with the place in the library that wrote it.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(slog.New(libraryHandler{log.Handler()}))
	klog.SetSlogLogger(slog.Default())
	lines := libraryLog(log, slog.LevelWarn)
	stdlog.SetOutput(lines.Writer()) // after SetDefault, which sets one of its own
	stdlog.SetFlags(lines.Flags())
	return log
}

// libraryLog is a logger of Go's log for a library, which writes to ours.
func libraryLog(log *slog.Logger, level slog.Level) *stdlog.Logger {
	return stdlog.New(libraryLines{log, level}, "", stdlog.Lshortfile)
}

const libraryMessage = "library message"

// phrase is what is kept of a library's line: the library's name and words in small letters. A quotation, a number, an
// address or a name ends it.
var phrase = regexp.MustCompile(`^(?:[a-z0-9/.]+: )?[A-Za-z][a-z]*(?: [a-z]+)*`)

// libraryLines takes the lines of Go's log: "transport.go:2345: text".
type libraryLines struct {
	log   *slog.Logger
	level slog.Level
}

// Write implements io.Writer.
func (l libraryLines) Write(line []byte) (int, error) {
	place, text, _ := bytes.Cut(line, []byte(": "))
	l.log.Log(context.Background(), l.level, libraryMessage, "text", string(phrase.Find(text)), "source", string(place))
	return len(line), nil
}

// libraryHandler takes the records of slog and klog. Their attributes are dropped: nobody knows what is in them.
type libraryHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h libraryHandler) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, libraryMessage, r.PC)
	line.AddAttrs(slog.String("text", phrase.FindString(r.Message)))
	if frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next(); frame.Function != "" {
		line.AddAttrs(slog.String("source", frame.Function+":"+strconv.Itoa(frame.Line)))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h libraryHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h libraryHandler) WithGroup(string) slog.Handler { return h }
