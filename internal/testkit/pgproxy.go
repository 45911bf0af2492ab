package testkit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// Proxy stands between a client and the server: each of the client's messages to the server is one step of the fault. A
// fault before a step cuts both connections before the server has seen the message; a fault after it, once the server
// has done it and has answered, but before the client hears it.
func (p *Postgres) Proxy(t testing.TB, fault *Fault) (host string) {
	t.Helper()
	p.need(t)
	dir, err := os.MkdirTemp("", "cloison-proxy") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); os.RemoveAll(dir) })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", p.Socket())
			if err != nil {
				client.Close()
				continue
			}
			go relay(client, server, fault)
		}
	}()
	return dir
}

// relay passes bytes until one side ends or the fault strikes.
func relay(client, server net.Conn, fault *Fault) {
	defer client.Close()
	defer server.Close()
	answers := make(chan bool, 1) // true: the server's next answer is the last, and not to be heard
	go func() {
		defer client.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			select {
			case <-answers:
				drainAnswer(io.MultiReader(bytes.NewReader(buf[:n]), server))
				server.Close()
				return
			default:
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<20)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		before, after := fault.step()
		if before {
			return
		}
		if after {
			answers <- true
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// drainAnswer reads messages until ReadyForQuery (PostgreSQL documentation, 55.7).
func drainAnswer(r io.Reader) {
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		size := binary.BigEndian.Uint32(head[1:])
		if _, err := io.CopyN(io.Discard, r, int64(size)-4); err != nil && !errors.Is(err, io.EOF) {
			return
		}
		if head[0] == 'Z' {
			return
		}
	}
}
