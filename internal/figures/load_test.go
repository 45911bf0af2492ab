package figures

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// loadOptions say what the load asks for, from whom, and as whom. Connection i is agent i modulo the cookies; agent a
// has the persons from a·Caseload, and asks for one after the other, from the From-th.
type loadOptions struct {
	Address     string        `json:"address"`
	Host        string        `json:"host"`
	Cookies     []string      `json:"cookies"`
	Connections int           `json:"connections"`
	Slice       time.Duration `json:"slice"`
	Caseload    int           `json:"caseload"`
	From        int           `json:"from"`
	Masked      bool          `json:"masked"` // every NIR must be masked; else none may be
}

// loaded is what a load measured.
type loaded struct {
	Answers int     `json:"answers"` // every one of them right
	Rate    float64 `json:"rate"`    // answers a second
	P50     float64 `json:"p50"`     // µs
	P99     float64 `json:"p99"`
}

const userAgent = "figures"

// load runs a load in a process of its own.
func load(t *testing.T, o loadOptions) loaded {
	t.Helper()
	var l loaded
	begin(t, "load", o, nil).end(false, &l)
	if l.Answers == 0 {
		t.Fatal("no answer")
	}
	return l
}

func loadRole(options []byte, _ func(any), _ <-chan struct{}) (any, error) {
	var o loadOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var took []time.Duration
	var wrong error
	var group sync.WaitGroup
	began := time.Now()
	for i := range o.Connections {
		group.Go(func() {
			mine, err := o.connection(i, began.Add(o.Slice))
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			if err != nil {
				wrong = err
			}
		})
	}
	group.Wait()
	if wrong != nil {
		return nil, wrong
	}
	elapsed := time.Since(began).Seconds()
	slices.Sort(took)
	n := len(took)
	if n == 0 {
		return loaded{}, nil
	}
	return loaded{n, float64(n) / elapsed, micros(took[n/2]), micros(took[n*99/100])}, nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// connection asks, waits, checks and asks again until it is time. The answer under way is waited for.
func (o *loadOptions) connection(i int, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", o.Address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	agent := i % max(1, len(o.Cookies))
	cookie := ""
	if len(o.Cookies) > 0 {
		cookie = "Cookie: " + o.Cookies[agent] + "\r\n"
	}
	in := bufio.NewReaderSize(conn, 16<<10)
	want, body := newCaseFile(o.Masked), make([]byte, 0, 8<<10)
	var took []time.Duration
	var request []byte
	step := max(1, o.Connections/max(1, len(o.Cookies))) // connections of one agent take turns
	for n := o.From + i/max(1, len(o.Cookies)); ; n += step {
		start := time.Now()
		if !start.Before(until) {
			return took, nil
		}
		person := agent*o.Caseload + n%o.Caseload
		request = fmt.Appendf(request[:0], "GET /api/dossiers/%08d HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n%s\r\n",
			person, o.Host, userAgent, cookie)
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if err := readAnswer(in, &body); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
		if !bytes.Equal(body, want.of(person)) {
			return nil, fmt.Errorf("person %d: the answer is not the file as it should leave: %.300s", person, body)
		}
	}
}

// readAnswer reads one answer, which must be 200 with a length.
func readAnswer(in *bufio.Reader, body *[]byte) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		status := string(line)
		rest := make([]byte, 1000)
		n, _ := in.Read(rest) // for the message
		return fmt.Errorf("answered %q %s", status, rest[:n])
	}
	length := -1
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 || length > 1<<20 {
		return fmt.Errorf("an answer of %d bytes", length)
	}
	*body = slices.Grow((*body)[:0], length)[:length]
	_, err = io.ReadFull(in, *body)
	return err
}
