package letters

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"cloison"
)

// SubmissionPort is where a relay takes letters (RFC 6409).
const SubmissionPort = 587

// RelaySettings say how to reach the body's own mail relay. The zero value of a field means the default in its comment.
type RelaySettings struct {
	Host     string
	Port     int    // SubmissionPort
	From     string // the sender's address alone
	Hello    string // our name in HELO; the machine's name
	Plain    bool   // without TLS: for a relay on this machine only. False: STARTTLS, or nothing is sent
	User     cloison.Secret
	Password cloison.Secret // both empty: no authentication
	TLS      *tls.Config    // nil: the system's authorities
	Timeout  time.Duration  // of one delivery: 30 s
	PerDial  int            // letters on one connection: 100
}

// Relay is a connection to the relay, kept between letters. One goroutine uses it.
type Relay struct {
	settings RelaySettings
	domain   string
	client   *mail.Client
	conn     net.Conn
	sent     int
}

// NewRelay checks the settings; it does not dial.
func NewRelay(s RelaySettings) (*Relay, error) {
	orElse(&s.Port, SubmissionPort)
	orElse(&s.Timeout, 30*time.Second)
	orElse(&s.PerDial, 100)
	from, err := netmail.ParseAddress(s.From)
	if err != nil || from.Name != "" || from.Address != s.From {
		return nil, cloison.Errorf(cloison.Invalid, "sender %q: want an address alone, as in cloison@example.org", s.From)
	}
	if s.Host == "" {
		return nil, cloison.Errorf(cloison.Invalid, "relay host: required")
	}
	if (s.User == "") != (s.Password == "") {
		return nil, cloison.Errorf(cloison.Invalid, "relay user and password: want both or none")
	}
	if s.Plain && !loopback(s.Host) {
		return nil, cloison.Errorf(cloison.Invalid, "relay %s: TLS is required, except for a relay on this machine", s.Host)
	}
	return &Relay{settings: s, domain: s.From[strings.LastIndex(s.From, "@")+1:]}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// delivery is the outcome of offering one letter.
type delivery struct {
	state       State // Sent, Failed, Doubtful, or Unsent: try again later
	reply       string
	unreachable bool // no letter of any kind would have gone
}

// deliver offers one letter to the relay. It returns within twice the Timeout.
func (r *Relay) deliver(ctx context.Context, l Letter) delivery {
	message, err := r.message(l)
	if err != nil {
		return delivery{state: Failed, reply: "bad_address"}
	}
	if err := r.dial(ctx); err != nil {
		r.drop()
		return dialFailure(err)
	}
	err = r.client.Send(message)
	r.sent++
	if err == nil || message.IsDelivered() {
		if err != nil || r.sent >= r.settings.PerDial {
			r.drop()
		}
		return delivery{state: Sent, reply: "250"}
	}
	r.drop()
	return deliveryOf(err)
}

// deliveryOf reads a failed delivery. The relay takes a letter at the end of its text: a failure before leaves no
// letter there, and a failure at the end without an answer leaves a doubt.
func deliveryOf(err error) delivery {
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return delivery{state: Doubtful, reply: "unknown"}
	}
	code := replyOf(failed)
	switch {
	case failed.ErrorCode() == 421: // RFC 5321, 3.8: the service closes the channel, whatever the command
		return delivery{state: Unsent, reply: code, unreachable: true}
	case failed.Reason == mail.ErrConnCheck:
		return delivery{state: Unsent, reply: "connection", unreachable: true}
	case failed.ErrorCode() >= 500:
		return delivery{state: Failed, reply: code}
	case failed.ErrorCode() >= 400:
		return delivery{state: Unsent, reply: code}
	case failed.Reason == mail.ErrSMTPDataClose:
		return delivery{state: Doubtful, reply: "no_answer"}
	}
	return delivery{state: Unsent, reply: "connection"}
}

// dialFailure reads a failed connection: greeting, TLS or authentication. No letter was offered.
func dialFailure(err error) delivery {
	reply := "connection"
	var said *textproto.Error
	if errors.As(err, &said) {
		reply = fmt.Sprint(said.Code)
	}
	return delivery{state: Unsent, reply: reply, unreachable: true}
}

// replyOf is the code of a reply; its text would quote the address.
func replyOf(e *mail.SendError) string {
	code := fmt.Sprint(e.ErrorCode())
	if more := e.EnhancedStatusCode(); more != "" {
		code += " " + more
	}
	return code
}

// dial makes sure that there is a connection.
func (r *Relay) dial(ctx context.Context) error {
	if r.client != nil {
		return nil
	}
	s := r.settings
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(s.Timeout), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: s.Timeout}).DialContext(ctx, network, address)
			r.conn = conn
			return conn, err
		})}
	if s.Plain {
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.TLS != nil {
		options = append(options, mail.WithTLSConfig(s.TLS))
	}
	if s.Hello != "" {
		options = append(options, mail.WithHELO(s.Hello))
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User.Reveal()),
			mail.WithPassword(s.Password.Reveal()))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	r.client, r.sent = client, 0
	return nil
}

// hangUp ends an idle connection: relays drop idle ones, and their goodbye would look like a refusal.
func (r *Relay) hangUp() {
	if r.client != nil {
		r.client.Close() // says goodbye; the answer does not matter
	}
	r.drop()
}

// drop closes the connection without QUIT: after a broken text, any command would count as its end.
func (r *Relay) drop() {
	if r.conn != nil {
		r.conn.Close()
	}
	r.client, r.conn = nil, nil
}

// Close ends the connection.
func (r *Relay) Close() { r.hangUp() }

// message makes the mail of a letter. Its Message-ID is the same at each try, so that a second copy is recognised.
func (r *Relay) message(l Letter) (*mail.Msg, error) {
	to, err := netmail.ParseAddress(l.Address.Reveal())
	if err != nil || to.Address != l.Address.Reveal() || strings.ContainsAny(to.Address, "\r\n\t ") {
		return nil, cloison.Errorf(cloison.Invalid, "recipient address: not usable")
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP))
	if err := m.FromFormat("Cloison", r.settings.From); err != nil {
		return nil, err
	}
	if err := m.To(to.Address); err != nil {
		return nil, err
	}
	m.Subject(oneLine(l.Subject))
	m.SetDateWithValue(l.Made)
	sum := sha256.Sum256([]byte("cloison letter\n" + l.Key))
	m.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + r.domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, 5
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same, for Exchange
	m.SetBodyString(mail.TypeTextPlain, l.Body.Reveal())
	return m, nil
}

// oneLine is text without line ends, which would begin another header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
