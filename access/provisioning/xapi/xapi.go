package xapi

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// xAPI 1.0.3: the parts that an activity provider needs to report a completed course. Section numbers are those of its
// part three, "Data Processing, Validation, and Security", unless another is named. Statements are not given out:
// agents' learning records stay where they were made.
const (
	versionHeader = "X-Experience-API-Version"
	version       = "1.0.3"

	verbCompleted = "http://adlnet.gov/expapi/verbs/completed"
	verbPassed    = "http://adlnet.gov/expapi/verbs/passed"
	verbVoided    = "http://adlnet.gov/expapi/verbs/voided"

	maxStatements = 100
)

// Receiver takes statements of known clients. It is safe for concurrent use.
type Receiver struct {
	store     Store
	directory *directory.Directory
	now       func() time.Time
}

// New returns a receiver.
func New(store Store, dir *directory.Directory, now func() time.Time) *Receiver {
	return &Receiver{store: store, directory: dir, now: now}
}

// Handler answers /xapi/.
func (rc *Receiver) Handler(clients *provisioning.Clients) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/xapi/", clients.Handler(provisioning.XAPI, rc.statements, refused))
	mux.HandleFunc("GET /xapi/about", about)
	return mux
}

// refused is an error in an xAPI answer, whose form the specification leaves open.
func refused(err error) provisioning.Answer {
	r := provisioning.RefusalOf(err)
	a := r.Answer("application/json", struct {
		Detail string `json:"detail"`
		Status int    `json:"status"`
	}{r.Detail, r.Status})
	a.Header.Set(versionHeader, version)
	return a
}

// about answers GET /xapi/about (section 2.8), the one resource without credentials.
func about(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set(versionHeader, version)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.Write([]byte(`{"version":["` + version + `"]}`)) // the client is gone if this fails
}

// statements answers /xapi/statements (section 2.1).
func (rc *Receiver) statements(r *provisioning.Request) (provisioning.Answer, error) {
	if r.URL.Path != "/xapi/statements" {
		return provisioning.Answer{}, provisioning.Unknown()
	}
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		a := refused(provisioning.Refuse(http.StatusMethodNotAllowed, "", "statements are taken in, not given out: POST or PUT"))
		a.Header.Set("Allow", "POST, PUT")
		return a, nil
	}
	if v := r.Header.Get(versionHeader); v != "1.0" && !strings.HasPrefix(v, "1.0.") {
		return provisioning.Answer{}, provisioning.Refuse(http.StatusBadRequest, "", versionHeader+": want 1.0.3") // section 3.3
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return provisioning.Answer{}, provisioning.Refuse(http.StatusUnsupportedMediaType, "", "want application/json: no attachments are taken")
	}
	said, err := readAll(r)
	if err != nil {
		return provisioning.Answer{}, err
	}
	if err := rc.take(r.Context(), r, said); err != nil {
		return provisioning.Answer{}, err
	}
	a := provisioning.Answer{Status: http.StatusNoContent, Header: http.Header{versionHeader: {version}}}
	if r.Method == http.MethodPost {
		var ids []string
		for _, s := range said {
			ids = append(ids, s.id)
		}
		a.Status = http.StatusOK
		a.Header.Set("Content-Type", "application/json")
		if a.Body, err = json.Marshal(ids); err != nil {
			return provisioning.Answer{}, err
		}
	}
	return a, nil
}

// readAll reads the statements of a request: one, or by POST up to a hundred.
func readAll(r *provisioning.Request) ([]statement, error) {
	document, err := provisioning.ParseJSON(r.Body)
	if err != nil {
		return nil, err
	}
	list, many := document.([]any)
	switch {
	case !many:
		list = []any{document}
	case r.Method == http.MethodPut:
		return nil, provisioning.Refuse(http.StatusBadRequest, "", "PUT takes one statement")
	case len(list) > maxStatements:
		return nil, provisioning.Refuse(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("at most %d statements at once", maxStatements))
	}
	said, ids := make([]statement, 0, len(list)), map[string]bool{}
	for _, v := range list {
		s, err := readStatement(v)
		if err != nil {
			return nil, err
		}
		if r.Method == http.MethodPut {
			if s.id, err = putID(r, s.id); err != nil {
				return nil, err
			}
		}
		if s.id != "" && ids[s.id] {
			return nil, provisioning.Refuse(http.StatusBadRequest, "", "two statements of one request have the same id")
		}
		if s.id == "" {
			s.id = newUUID()
		}
		ids[s.id] = true
		said = append(said, s)
	}
	return said, nil
}

// putID is the id of a statement that is PUT: the one in the address. Another one in the statement is refused.
func putID(r *provisioning.Request, inside string) (string, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(q["statementId"]) != 1 || !uuidLike(q.Get("statementId")) {
		return "", provisioning.Refuse(http.StatusBadRequest, "", "PUT needs statementId in its address, a UUID")
	}
	id := strings.ToLower(q.Get("statementId"))
	if inside != "" && inside != id {
		return "", provisioning.Refuse(http.StatusBadRequest, "", "the statement has another id than its address")
	}
	return id, nil
}

// take does what the statements say, all or nothing. The attestations come first, then the digests: after a crash
// between the two, a repetition attests again, without effect.
func (rc *Receiver) take(ctx context.Context, r *provisioning.Request, said []statement) error {
	effects, digests, err := rc.effectsOf(ctx, r, said)
	if err != nil {
		return err
	}
	stored, err := rc.store.Statements(ctx, r.Client.Name, slices.Collect(maps.Keys(digests)))
	if err != nil {
		return err
	}
	for id, digest := range stored {
		if digests[id] != digest {
			return provisioning.Refuse(http.StatusConflict, "", "another statement with that id was taken already") // section 2.1.1
		}
	}
	for _, e := range effects {
		if _, again := stored[e.id]; again {
			continue
		}
		if _, err := rc.directory.Attest(ctx, e.account, e.course, e.at, "lms:"+r.Client.Name); err != nil {
			return err
		}
	}
	return rc.store.AddStatements(ctx, r.Client.Name, rc.now(), digests)
}

// effect is what one statement means here.
type effect struct {
	id      string
	account cloison.AccountID
	course  directory.Course
	at      time.Time
}

// effectsOf finds what the statements mean, before any takes effect. A statement about another verb, another activity
// or a failed attempt means nothing here: it is accepted and not kept. A completion without an account refuses the
// request, so that no training is lost in silence.
func (rc *Receiver) effectsOf(ctx context.Context, r *provisioning.Request, said []statement) ([]effect, map[string][32]byte, error) {
	var effects []effect
	digests := map[string][32]byte{}
	for _, s := range said {
		course, ours := r.Client.Courses[s.object]
		switch {
		case s.verb == verbVoided:
			return nil, nil, provisioning.Refuse(http.StatusForbidden, "", "a completion is not taken back by a statement: ask the security officer")
		case !ours || s.verb != verbCompleted && s.verb != verbPassed || s.failed:
			continue
		case s.at.IsZero():
			return nil, nil, provisioning.Refuse(http.StatusBadRequest, "", "a completion needs its timestamp, with a time zone (RFC 3339)")
		case s.at.After(rc.now().Add(skew)):
			return nil, nil, provisioning.Refuse(http.StatusBadRequest, "", "a timestamp is in the future: set the platform's clock")
		}
		account, err := rc.accountOf(ctx, r, s.actor)
		if err != nil {
			return nil, nil, err
		}
		effects = append(effects, effect{s.id, account, course, s.at})
		digests[s.id] = s.digest
	}
	return effects, digests, nil
}

// skew is how far ahead of ours the clock of a platform may be; the directory checks the date again.
const skew = time.Minute

// accountOf finds the account of an actor: by its name at a platform whose names are the sub of an identity provider,
// or by an address that exactly one account in the client's scope has. The address is no identity (directory.Binding);
// here it leads to an attestation and to no other right.
func (rc *Receiver) accountOf(ctx context.Context, r *provisioning.Request, a actor) (cloison.AccountID, error) {
	var found []directory.Account
	switch {
	case a.name != "":
		idp, ok := r.Client.Platforms[a.homePage]
		if !ok {
			return 0, nobody()
		}
		one, err := rc.directory.AccountOf(ctx, directory.Binding{IdP: idp, Sub: a.name})
		if err != nil && cloison.KindOf(err) != cloison.NotFound {
			return 0, err
		}
		if err == nil {
			found = append(found, one)
		}
	case a.mbox != "":
		var err error
		if found, err = rc.store.AccountsByEmail(ctx, a.mbox); err != nil {
			return 0, err
		}
	}
	found = slices.DeleteFunc(found, func(o directory.Account) bool {
		return o.State == directory.Closed || directory.Allow(directory.ToAttest, r.Source, o) != nil
	})
	if len(found) != 1 {
		return 0, nobody()
	}
	return found[0].ID, nil
}

func nobody() error {
	return provisioning.Refuse(http.StatusBadRequest, "", "an actor is no account in this client's scope, or more than one: "+
		"name it by an account whose homePage is known here, or by an address of one account")
}

// uuidLike reports whether s has the form of RFC 9562 section 4.
func uuidLike(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}

// newUUID is version 4 of RFC 9562.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// digestOf is the statement in its one form, without what a record store adds (section 2.1.1 and part two, section
// 2.3.1).
func digestOf(members map[string]any) ([32]byte, error) {
	kept := map[string]any{}
	for name, v := range members {
		switch name {
		case "id", "stored", "authority", "version", "attachments":
		default:
			kept[name] = v
		}
	}
	b, err := provisioning.CanonicalJSON(kept)
	return sha256.Sum256(b), err
}
