package gateway

import (
	"sync"
	"time"
)

// logThrottle keeps a repeated fault from filling the log: it writes one line a second for each key, with the number of
// lines that it left out before.
type logThrottle struct {
	mu   sync.Mutex
	last map[string]*throttledLine
}

type throttledLine struct {
	at     time.Time
	missed int
}

func (q *logThrottle) log(now time.Time, key string, write func(missed int)) {
	q.mu.Lock()
	if q.last == nil {
		q.last = make(map[string]*throttledLine)
	}
	s := q.last[key]
	if s == nil {
		s = &throttledLine{}
		q.last[key] = s
	}
	if now.Sub(s.at).Abs() < time.Second {
		s.missed++
		q.mu.Unlock()
		return
	}
	missed := s.missed
	s.at, s.missed = now, 0
	q.mu.Unlock()
	write(missed)
}
