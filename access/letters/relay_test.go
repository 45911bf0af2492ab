package letters_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/journal"
	"cloison/store/sqlite"
	"cloison/store/storetest"
)

func (w *world) relay(s letters.RelaySettings) *letters.Relay {
	w.Helper()
	if s.From == "" {
		s.From = "cloison@reseau.example"
	}
	r, err := letters.NewRelay(s)
	w.Must(err)
	w.Cleanup(r.Close)
	return r
}

// post puts letters into the outbox.
func (w *world) post(list ...letters.Letter) {
	w.Helper()
	at, err := w.DB.Cursor(w.Context(), "test")
	if err == nil {
		err = w.DB.Post(w.Context(), letters.Batch{Reader: "test", From: at, To: at + 1, Letters: list})
	}
	w.Must(err)
}

func (w *world) letter(key string, to cloison.Personal) letters.Letter {
	return letters.Letter{Key: key, Kind: letters.OwnFactor, To: 7, As: letters.ToHolder, Address: to, Subject: "Un moyen de connexion a changé",
		Body: "Bonjour,\n\nÇa va ?\n.\nFin.\n", State: letters.Unsent, Made: w.Clock.Now(), Due: w.Clock.Now()}
}

// read reads a message as any mail program would.
func read(t *testing.T, raw string) (mail.Header, string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") ||
		m.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		t.Fatalf("the content is %v", m.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, strings.ReplaceAll(string(body), "\r\n", "\n")
}

func decoded(t *testing.T, h mail.Header, name string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPostfixDeliversWhatWasWritten goes all the way: an event, the letters, STARTTLS, a relay that we did not write.
func TestPostfixDeliversWhatWasWritten(t *testing.T) {
	p := testkit.NewPostfix(t)
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	w.add("ML1", "Diane Évêque", directory.Director)
	w.add("ML1", "Refused", directory.Director)
	w.add("ML1", "Later", directory.Director)
	w.event(journal.Event{Code: "passkey.cloned", Account: alice})
	c := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: p.Port, TLS: p.TLS, Timeout: 20 * time.Second}),
		letters.Settings{Console: "console.example", Help: "Officier de sécurité : 01 00 00 00 00."})
	w.write(c)
	if err := c.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	states := map[string]letters.Letter{}
	for _, l := range w.outbox() {
		states[l.Address.Reveal()] = l
	}
	if l := states["refused@ml.example"]; l.State != letters.Failed || l.Reply != "550 5.1.1" {
		t.Errorf("refused: %+v", l)
	}
	if l := states["later@ml.example"]; l.State != letters.Unsent || l.Reply != "450 4.2.1" || !l.Due.Equal(w.Clock.Now().Add(time.Minute)) {
		t.Errorf("put off: %+v", l)
	}
	header, body := read(t, p.Mailbox(t, "alice", 1)[0])
	if got := decoded(t, header, "Subject"); got != "Un moyen de connexion de votre habilitation a changé" {
		t.Errorf("subject %q", got)
	}
	for name, want := range map[string]string{"To": "<alice@ml.example>", "From": `"Cloison" <cloison@reseau.example>`,
		"Auto-Submitted": "auto-generated"} {
		if header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, header.Get(name), want)
		}
	}
	for _, want := range []string{"semble avoir été copiée", "suspendez tout de suite votre habilitation", "Officier de sécurité : 01", "console.example",
		"2\u00a0mars 2026 à 13\u202fh\u202f00 (CET)"} {
		if !strings.Contains(body, want) {
			t.Errorf("the text does not say %q: %s", want, body)
		}
	}
	_, body = read(t, p.Mailbox(t, "diane", 1)[0])
	if !strings.Contains(body, "Alice Martin (conseiller)") || !strings.Contains(body, "Mission locale de l’Exemple") {
		t.Errorf("the director reads %s", body)
	}
	var failed int
	events, err := w.DB.Events(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Code == "letter.failed" {
			failed++
			if s := fmt.Sprint(e.Detail); strings.Contains(s, "@") {
				t.Errorf("the journal holds an address: %s", s)
			}
		}
	}
	if failed != 1 || states["alice@ml.example"].Body != "" {
		t.Errorf("%d failures in the journal; what is sent keeps its text: %t", failed, states["alice@ml.example"].Body != "")
	}
}

// TestTwoSendersSendEachLetterOnce lets two replicas send at once through Postfix.
func TestTwoSendersSendEachLetterOnce(t *testing.T) {
	p := testkit.NewPostfix(t)
	w := open(t)
	const n = 30
	for i := range n {
		w.post(w.letter(fmt.Sprint(i), "alice@ml.example"))
	}
	var wg sync.WaitGroup
	for range 2 {
		c := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: p.Port, TLS: p.TLS, Timeout: 20 * time.Second}),
			letters.Settings{Pace: time.Microsecond})
		wg.Go(func() {
			if err := c.Send(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, raw := range p.Mailbox(t, "alice", n) {
		h, body := read(t, raw)
		ids[h.Get("Message-Id")] = true
		if body != "Bonjour,\n\nÇa va ?\n.\nFin.\n" {
			t.Errorf("the text came as %q", body)
		}
	}
	if got := len(p.Mailbox(t, "alice", n)); got != n || len(ids) != n {
		t.Errorf("%d messages with %d ids for %d letters", got, len(ids), n)
	}
}

// TestWithoutTLSNothingLeaves: a relay that offers no STARTTLS, or whose certificate nobody vouches for, gets no
// letter.
func TestWithoutTLSNothingLeaves(t *testing.T) {
	w := open(t)
	w.post(w.letter("a", "alice@ml.example"))
	s := serve(t, nil)
	if err := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: s.port}), letters.Settings{}).Send(t.Context()); err == nil {
		t.Error("a relay without STARTTLS was spoken to")
	}
	for _, line := range s.said() {
		if strings.HasPrefix(line, "MAIL") {
			t.Errorf("it heard %q", line)
		}
	}
	p := testkit.NewPostfix(t)
	w.Clock.Add(2 * time.Minute)
	err := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: p.Port}), letters.Settings{}).Send(t.Context())
	if err == nil {
		t.Error("an unknown certificate was believed")
	}
	if l := w.outbox()[0]; l.State != letters.Unsent || l.Tries != 0 || l.Reply != "connection" {
		t.Errorf("the letter: %+v", l)
	}
}

func TestWhatARelayMayBe(t *testing.T) {
	for _, s := range []letters.RelaySettings{
		{Host: "", From: "a@b.example"},
		{Host: "relay.example", From: "Cloison <a@b.example>"},
		{Host: "relay.example", From: "a@b.example\r\nBcc: thief@evil.example"},
		{Host: "relay.example", From: "a@b.example", Plain: true},
		{Host: "relay.example", From: "a@b.example", User: "u"},
	} {
		if _, err := letters.NewRelay(s); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// server speaks as much SMTP as a test needs, and answers what the test wants to each line: "" is the usual answer,
// "hang" none at all, "close" ends the connection.
type server struct {
	port  int
	mu    sync.Mutex
	lines []string
}

// serve starts one until the test ends.
func serve(t *testing.T, answer func(line string) string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{port: l.Addr().(*net.TCPAddr).Port}
	var wg sync.WaitGroup
	over := make(chan struct{})
	t.Cleanup(func() { close(over); l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				stop := context.AfterFunc(t.Context(), func() { c.Close() })
				defer stop()
				s.talk(c, answer, over)
			})
		}
	})
	return s
}

func (s *server) talk(c net.Conn, answer func(string) string, over chan struct{}) {
	in := bufio.NewReader(c)
	if !s.say(c, "220 localhost", "greeting", answer, over) {
		return
	}
	text := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if text && line != "." {
			if answer != nil && answer("text") == "close" {
				return
			}
			continue
		}
		usual := "250 ok"
		switch {
		case line == "DATA":
			usual, text = "354 go on", true
		case line == ".":
			text = false
		case strings.HasPrefix(line, "QUIT"):
			return
		}
		s.mu.Lock()
		s.lines = append(s.lines, line)
		s.mu.Unlock()
		if !s.say(c, usual, line, answer, over) {
			return
		}
	}
}

func (s *server) say(c net.Conn, usual, line string, answer func(string) string, over chan struct{}) bool {
	said := ""
	if answer != nil {
		said = answer(line)
	}
	switch said {
	case "":
		said = usual
	case "close":
		return false
	case "hang":
		<-over
		return false
	}
	_, err := io.WriteString(c, said+"\r\n")
	return err == nil
}

func (s *server) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// texts is how many texts the server has heard to their end.
func (s *server) texts() (n int) {
	for _, line := range s.said() {
		if line == "." {
			n++
		}
	}
	return n
}

// TestEveryAnswerHasItsVerdict: what a relay may do at each moment, and what becomes of the letter.
func TestEveryAnswerHasItsVerdict(t *testing.T) {
	for _, c := range []struct {
		name, at, answer string
		state            letters.State
		reply            string
		tries            int
	}{
		{"all is well", "never", "", letters.Sent, "250", 1},
		{"refused at the greeting", "greeting", "554 go away", letters.Unsent, "554", 0},
		{"busy at the greeting", "greeting", "421 4.3.2 busy", letters.Unsent, "421", 0},
		{"closed at the greeting", "greeting", "close", letters.Unsent, "connection", 0},
		{"silent at the greeting", "greeting", "hang", letters.Unsent, "connection", 0},
		{"sender put off", "MAIL", "451 4.7.1 greylisted", letters.Unsent, "451", 1},
		{"sender refused", "MAIL", "550 5.7.1 no", letters.Failed, "550", 1},
		{"closing", "MAIL", "421 4.3.2 shutting down", letters.Unsent, "421", 0},
		{"recipient put off", "RCPT", "450 4.2.1 later", letters.Unsent, "450", 1},
		{"mailbox full", "RCPT", "452 4.2.2 full", letters.Unsent, "452", 1},
		{"recipient refused", "RCPT", "550 5.1.1 nobody", letters.Failed, "550", 1},
		{"closed at the recipient", "RCPT", "close", letters.Unsent, "connection", 1},
		{"silent at the recipient", "RCPT", "hang", letters.Unsent, "connection", 1},
		{"data refused", "DATA", "554 5.5.1 no valid recipients", letters.Failed, "554", 1},
		{"closed in the text, which we had said to its end", "text", "close", letters.Doubtful, "no_answer", 1},
		{"text put off", ".", "451 4.3.0 queue", letters.Unsent, "451", 1},
		{"text refused", ".", "552 5.3.4 too big", letters.Failed, "552", 1},
		{"closing after the text", ".", "421 4.3.2 shutting down", letters.Unsent, "421", 0},
		{"closed after the text", ".", "close", letters.Doubtful, "no_answer", 1},
		{"silent after the text", ".", "hang", letters.Doubtful, "no_answer", 1},
		{"an answer that is none", ".", "well, perhaps", letters.Doubtful, "no_answer", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			l := w.letter("a", "alice@ml.example")
			w.post(l)
			s := serve(t, func(line string) string {
				if line == c.at || strings.HasPrefix(line, c.at+" ") {
					return c.answer
				}
				return ""
			})
			timeout := time.Minute
			if c.answer == "hang" {
				timeout = 2 * time.Second
			}
			co := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: s.port, Plain: true, Timeout: timeout}), letters.Settings{})
			_ = co.Send(t.Context())
			got := w.outbox()[0]
			if got.State != c.state || !strings.HasPrefix(got.Reply, c.reply) || got.Tries != c.tries {
				t.Errorf("the letter is %s after %d tries, reply %q; want %s, %d, %q", got.State, got.Tries, got.Reply, c.state, c.tries, c.reply)
			}
			before := s.texts()
			_ = co.Send(t.Context()) // at once again: nothing is due
			if s.texts() != before {
				t.Error("it was offered again at once")
			}
		})
	}
}

// TestTriesEnd: what is put off goes again, later and later, and fails in the end.
func TestTriesEnd(t *testing.T) {
	w := open(t)
	w.post(w.letter("a", "alice@ml.example"))
	s := serve(t, func(line string) string {
		if line == "." {
			return "451 4.3.0 queue"
		}
		return ""
	})
	co := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: s.port, Plain: true}), letters.Settings{})
	var waits []time.Duration
	for range 20 {
		if err := co.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := w.outbox()[0]
		if l.State == letters.Failed {
			break
		}
		waits = append(waits, l.Due.Sub(w.Clock.Now()))
		w.Clock.Set(l.Due)
	}
	if l := w.outbox()[0]; l.State != letters.Failed || l.Tries != 8 || s.texts() != 8 || l.Body == "" {
		t.Errorf("after %v: %+v", waits, l)
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] < waits[i-1] {
			t.Errorf("it waits %v", waits)
		}
	}
}

// child is the sender that TestKilledBetweenTheRelayAndTheMark kills; it runs in a process of its own.
func TestMain(m *testing.M) {
	if path := os.Getenv("COURIER_CHILD"); path != "" {
		child(path, os.Getenv("COURIER_PORT"))
		return
	}
	os.Exit(m.Run())
}

func child(path, port string) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	now := testkit.NewClock(noon())
	dir := directory.New(db, directory.Settings{}, testkit.Quiet(), now.Now)
	w := &world{World: &testworld.World{TB: new(testing.T), DB: db, Clock: now, Approvals: approval.New(db, dir, approval.Settings{}, now.Now)}}
	var n int
	fmt.Sscan(port, &n)
	r, err := letters.NewRelay(letters.RelaySettings{Host: "localhost", Port: n, Plain: true, From: "cloison@reseau.example"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(w.newStage(r, letters.Settings{}).Send(ctx))
}

// TestKilledBetweenTheRelayAndTheMark kills the sender with SIGKILL when the relay has the whole text and has not
// answered, or has answered just now: one text was heard, the letter is doubtful, and it goes again only by an
// officer's word, under the same Message-ID.
func TestKilledBetweenTheRelayAndTheMark(t *testing.T) {
	w := open(t)
	officer := w.add("NET", "Omar Officier", directory.Officer)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	l := w.letter("a", "alice@ml.example")
	l.To = alice
	w.post(l)
	heard := make(chan struct{})
	var once sync.Once
	s := serve(t, func(line string) string {
		if line == "." {
			hang := ""
			once.Do(func() { close(heard); hang = "hang" })
			return hang
		}
		return ""
	})
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sender := exec.Command(exe)
	sender.Env = append(os.Environ(), "COURIER_CHILD="+w.path, fmt.Sprintf("COURIER_PORT=%d", s.port))
	var out bytes.Buffer
	sender.Stdout, sender.Stderr = &out, &out
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(testkit.Patience):
		t.Fatalf("the sender sent nothing: %s", out.String())
	}
	if err := sender.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sender.Wait() // killed

	c := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: s.port, Plain: true}), letters.Settings{})
	send := func() letters.Letter {
		t.Helper()
		if err := c.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.outbox()[0]
	}
	if l := send(); l.State != letters.Sending || s.texts() != 1 {
		t.Fatalf("before its lease ends: %+v", l)
	}
	w.Clock.Add(6 * time.Minute)
	if l := send(); l.State != letters.Doubtful || l.Reply != "crash" || s.texts() != 1 {
		t.Fatalf("after its lease: %+v", l)
	}
	w.Clock.Add(time.Hour)
	if l := send(); l.State != letters.Doubtful || s.texts() != 1 {
		t.Fatalf("an hour later: %+v", l)
	}
	if got := w.outbox(); len(got) != 1 {
		t.Fatalf("%d letters", len(got))
	}
	if err := c.Resend(t.Context(), cloison.Caller{Account: alice}, l.ID+1); cloison.KindOf(err) != cloison.Denied || err == nil {
		t.Errorf("an adviser resends: %v", err)
	}
	if err := c.Resend(t.Context(), cloison.Caller{Account: officer}, w.outbox()[0].ID); err != nil {
		t.Fatal(err)
	}
	if l := send(); l.State != letters.Sent || s.texts() != 2 {
		t.Errorf("after the officer's word: %+v", l)
	}
}

// deaf is a store that does not hear what became of letters, for a while.
type deaf struct {
	storetest.All
	left int
}

func (d *deaf) Settle(ctx context.Context, l letters.Letter) error {
	if d.left--; d.left >= 0 {
		return cloison.Errorf(cloison.Unavailable, "the database did not answer")
	}
	return d.All.Settle(ctx, l)
}

// TestAStoreThatIsAwayLeavesNoDoubt: the sender remembers what the relay said, even past its lease.
func TestAStoreThatIsAwayLeavesNoDoubt(t *testing.T) {
	w := open(t)
	w.post(w.letter("a", "alice@ml.example"))
	s := serve(t, nil)
	c, err := letters.New(&deaf{w.DB, 2}, w.DB, w.Approvals, w.relay(letters.RelaySettings{Host: "localhost", Port: s.port, Plain: true}),
		letters.Settings{}, testkit.Paris(w), "here", testkit.Quiet(), w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []letters.State{letters.Sending, letters.Sending, letters.Sent, letters.Sent} {
		err := c.Send(t.Context())
		if l := w.outbox()[0]; l.State != want || (err == nil) != (want == letters.Sent) || s.texts() != 1 {
			t.Errorf("%s after %d texts, %v; want %s", l.State, s.texts(), err, want)
		}
		w.Clock.Add(10 * time.Minute)
	}
}

// TestStoppingLeavesNoDoubt ends the stage while the relay has a text in hand: it waits for the answer.
func TestStoppingLeavesNoDoubt(t *testing.T) {
	w := open(t)
	w.post(w.letter("a", "alice@ml.example"), w.letter("b", "alice@ml.example"))
	heard, answer := make(chan struct{}, 2), make(chan struct{})
	s := serve(t, func(line string) string {
		if line == "." {
			heard <- struct{}{}
			<-answer
		}
		return ""
	})
	c := w.newStage(w.relay(letters.RelaySettings{Host: "localhost", Port: s.port, Plain: true}), letters.Settings{Poll: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	<-heard
	stop()
	close(answer)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if l := w.outbox(); l[0].State != letters.Sent || l[1].State != letters.Unsent || s.texts() != 1 {
		t.Errorf("it left %s and %s, and the relay heard %d", l[0].State, l[1].State, s.texts())
	}
}

// TestNoTextMakesAHeader composes whatever partners may have typed and reads it with Go's own parser: the same headers,
// the same text.
func TestNoTextMakesAHeader(t *testing.T) {
	w := open(t)
	r := w.relay(letters.RelaySettings{Host: "localhost", Plain: true})
	rapid.Check(t, func(t *rapid.T) {
		l := w.letter(rapid.String().Draw(t, "key"), "alice@ml.example")
		l.Subject = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a\r\nBcc: thief@evil.example", "a\n\nb", "=?utf-8?q?=0D=0ABcc:x?=",
			strings.Repeat("é", 200)})).Draw(t, "subject")
		l.Body = cloison.Personal(rapid.StringMatching("[a-zé.\n =]{0,200}").Draw(t, "body"))
		raw, err := r.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for name := range m.Header {
			switch name {
			case "Date", "Mime-Version", "Message-Id", "Subject", "From", "To", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type",
				"Content-Transfer-Encoding":
				if len(m.Header[name]) != 1 {
					t.Fatalf("%s came %d times", name, len(m.Header[name]))
				}
			default:
				t.Fatalf("a header %s was made", name)
			}
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(l.Body.Reveal(), "\n") {
			t.Fatalf("the text %q came as %q, %v", l.Body.Reveal(), got, err)
		}
	})
}

func TestAddressesThatAreNone(t *testing.T) {
	w := open(t)
	r := w.relay(letters.RelaySettings{Host: "localhost", Plain: true})
	for _, address := range []cloison.Personal{"", "alice", "alice@ml.example\r\nBcc: thief@evil.example", "Alice <alice@ml.example>",
		"alice@ml.example, thief@evil.example", "alice@ml.example>\r\nRCPT TO:<thief@evil.example", `"a b"@ml.example`} {
		if _, err := r.Compose(w.letter("a", address)); err == nil {
			t.Errorf("%q is an address", address.Reveal())
		}
	}
}
