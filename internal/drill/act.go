package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"

	"cloison/internal/fakes/softkey"
)

// problem is a refusal (RFC 9457), as far as an attacker reads it.
type problem struct {
	Type   string `json:"type"` // a URI that ends in the reason
	Status int    `json:"status"`
	Title  string `json:"title"`
	Reason string `json:"-"`
}

func (p *problem) Error() string {
	return fmt.Sprintf("refused with %d: %s (%s)", p.Status, p.Reason, p.Title)
}

// refusal reads an answer as a refusal; nil when it is none.
func (p *page) refusal() *problem {
	if p.status < 400 && p.status != http.StatusSeeOther {
		return nil
	}
	r := &problem{}
	if json.Unmarshal(p.body, r) != nil || r.Type == "" {
		r.Type = fmt.Sprintf("http_%d", p.status)
	}
	r.Status, r.Reason = p.status, path.Base(r.Type)
	return r
}

// ask sends JSON and reads JSON; a refusal comes back as *problem.
func (b *browser) ask(ctx context.Context, method, u string, in, out any) error {
	p, err := b.call(ctx, method, u, in)
	if err != nil {
		return err
	}
	if r := p.refusal(); r != nil {
		return r
	}
	if out == nil || len(p.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(p.body, out); err != nil {
		return fmt.Errorf("%s %s: reading the JSON: %w", method, p.url.Path, err)
	}
	return nil
}

// errNoKey ends an act that needs a passkey which the actor does not have.
var errNoKey = errors.New("the act needs a passkey, and this actor has none")

// challenge is what a passkey answers to approve one act.
type challenge struct {
	Act     string          `json:"act"`
	Options json.RawMessage `json:"options"`
}

// act does what a passkey must approve: it asks for the challenge of this very act, lets the key answer it, and reads
// the result.
func (b *browser) act(ctx context.Context, key *softkey.Key, verb string, subject, result any) error {
	var begun challenge
	if err := b.ask(ctx, http.MethodPost, b.home+"/actes", map[string]any{"verb": verb, "subject": subject}, &begun); err != nil {
		return err
	}
	if key == nil {
		return errNoKey
	}
	assertion, err := key.Assert(b.home, begun.Options)
	if err != nil {
		return err
	}
	return b.ask(ctx, http.MethodPost, b.home+"/actes/"+begun.Act, json.RawMessage(assertion), result)
}

// presence shows the passkey: it opens a session's lease, or renews it.
func (b *browser) presence(ctx context.Context, at string, key *softkey.Key) error {
	var begun challenge
	if err := b.ask(ctx, http.MethodPost, at+"/cloison/act/presence/options", struct{}{}, &begun); err != nil {
		return err
	}
	if key == nil {
		return errNoKey
	}
	assertion, err := key.Assert(at, begun.Options)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoKey, err)
	}
	return b.ask(ctx, http.MethodPost, at+"/cloison/act/presence", map[string]any{"act": begun.Act, "assertion": json.RawMessage(assertion)}, nil)
}

// enrol uses an enrolment code and makes a passkey.
func (b *browser) enrol(ctx context.Context, at, code string, key *softkey.Key) error {
	if err := b.ask(ctx, http.MethodPost, at+"/cloison/enrol", map[string]string{"code": code}, nil); err != nil {
		return err
	}
	return b.register(ctx, at, key)
}

func (b *browser) register(ctx context.Context, at string, key *softkey.Key) error {
	var options json.RawMessage
	if err := b.ask(ctx, http.MethodPost, at+"/cloison/passkey/options", struct{}{}, &options); err != nil {
		return err
	}
	made, err := key.Register(at, options)
	if err != nil {
		return err
	}
	return b.ask(ctx, http.MethodPost, at+"/cloison/passkey", json.RawMessage(made), nil)
}
