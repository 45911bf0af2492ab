package tool

import (
	"bytes"
	"net/http"
	"regexp"
	"strconv"

	"golang.org/x/text/encoding/charmap"
)

// Fault is a way of answering badly.
type Fault int

const (
	FaultNone     Fault = iota
	Truncated           // Content-Length of the whole, half of the bytes, then the connection is cut
	CutJSON             // half of the document, with a Content-Length that says so
	Huge                // the document, preceded by 64 MiB of spaces
	DeeplyNested        // the document inside 100 000 arrays
	DuplicateKeys       // a second "id" and "nir" after the first, of somebody else
	Latin1              // ISO 8859-1 bytes, called UTF-8
	WithoutID           // persons without id
	TrailingData        // a second document after the first
	NotJSON             // an HTML page, called JSON
	ServerError         // status 500 with a stack trace that holds the document
	UnmappedField       // a field that no mapping knows, with personal data in it
	WrongTypes          // the id is a number, and nom an object
)

const hugePadding = 64 << 20

func (f Fault) spoil(w http.ResponseWriter, status int, body []byte) {
	switch f {
	case Truncated:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		w.Write(body[:len(body)/2])
		if err := http.NewResponseController(w).Flush(); err == nil {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		return
	case CutJSON:
		body = body[:len(body)/2]
	case Huge:
		spaces := bytes.Repeat([]byte{' '}, 1<<20)
		w.WriteHeader(status)
		for range hugePadding / len(spaces) {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
		w.Write(body)
		return
	case DeeplyNested:
		const depth = 100_000
		body = bytes.Join([][]byte{bytes.Repeat([]byte{'['}, depth), body, bytes.Repeat([]byte{']'}, depth)}, nil)
	case DuplicateKeys:
		body = idKey.ReplaceAll(body, []byte(`"id":"$1","id":"00000000000"`))
	case Latin1:
		if b, err := charmap.ISO8859_1.NewEncoder().Bytes(bytes.ReplaceAll(body, []byte("’"), []byte("'"))); err == nil {
			body = b
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	case WithoutID:
		body = idKey.ReplaceAll(body, []byte(`"autre":null`))
	case TrailingData:
		body = append(append(body, '\n'), body...)
	case NotJSON:
		body = append([]byte("<!doctype html><title>Erreur</title><pre>"), body...)
	case ServerError:
		status, body = http.StatusInternalServerError, append([]byte("panic: nil map\n\ncontext: "), body...)
	case UnmappedField:
		body = idKey.ReplaceAll(body, []byte(`"id":"$1","nouveau":{"tuteur":"Camille Martin"}`))
	case WrongTypes:
		body = idKey.ReplaceAll(body, []byte(`"id":$1`))
		body = bytes.Replace(body, []byte(`"nom":"`), []byte(`"nom":{},"nom_":"`), 1)
	}
	w.WriteHeader(status)
	w.Write(body)
}

// idKey finds the ids of an encoded document.
var idKey = regexp.MustCompile(`"id":"([0-9]+)"`)
