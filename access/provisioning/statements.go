package provisioning

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
)

// xAPI 1.0.3, the parts that an activity provider needs to tell that somebody completed a course (section numbers are
// those of its part three, "Data Processing, Validation, and Security", unless another is named). There is no way to
// read statements back: people's learning records stay where they were made.
const (
	versionHeader = "X-Experience-API-Version"
	version       = "1.0.3"

	verbCompleted = "http://adlnet.gov/expapi/verbs/completed"
	verbPassed    = "http://adlnet.gov/expapi/verbs/passed"
	verbVoided    = "http://adlnet.gov/expapi/verbs/voided"

	maxStatements = 100
)

// about answers GET /xapi/about (section 2.8), the one thing that needs no credentials.
func about(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set(versionHeader, version)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.Write([]byte(`{"version":["` + version + `"]}`)) // the client is gone if this fails
}

// statements answers /xapi/statements (section 2.1).
func (in *Intake) statements(r *request) (answer, error) {
	if r.URL.Path != "/xapi/statements" {
		return answer{}, unknown()
	}
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		a := xapiFault(nil, refuse(http.StatusMethodNotAllowed, "", "statements are taken in, not given out: POST or PUT"))
		a.header.Set("Allow", "POST, PUT")
		return a, nil
	}
	if v := r.Header.Get(versionHeader); v != "1.0" && !strings.HasPrefix(v, "1.0.") {
		return answer{}, refuse(http.StatusBadRequest, "", versionHeader+": want 1.0.3") // section 3.3
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return answer{}, refuse(http.StatusUnsupportedMediaType, "", "want application/json: no attachments are taken")
	}
	said, err := r.read()
	if err != nil {
		return answer{}, err
	}
	if err := in.take(r.Context(), r, said); err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusNoContent, header: http.Header{versionHeader: {version}}}
	if r.Method == http.MethodPost {
		var ids []string
		for _, s := range said {
			ids = append(ids, s.id)
		}
		a.status = http.StatusOK
		a.header.Set("Content-Type", "application/json")
		if a.body, err = json.Marshal(ids); err != nil {
			return answer{}, err
		}
	}
	return a, nil
}

// read takes the statements of a request: one, or by POST up to a hundred.
func (r *request) read() ([]statement, error) {
	document, err := parse(r.body)
	if err != nil {
		return nil, err
	}
	list, many := document.([]any)
	switch {
	case !many:
		list = []any{document}
	case r.Method == http.MethodPut:
		return nil, refuse(http.StatusBadRequest, "", "PUT takes one statement")
	case len(list) > maxStatements:
		return nil, refuse(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("at most %d statements at once", maxStatements))
	}
	said, ids := make([]statement, 0, len(list)), map[string]bool{}
	for _, v := range list {
		s, err := readStatement(v)
		if err != nil {
			return nil, err
		}
		if r.Method == http.MethodPut {
			if s.id, err = r.putID(s.id); err != nil {
				return nil, err
			}
		}
		if s.id != "" && ids[s.id] {
			return nil, refuse(http.StatusBadRequest, "", "two statements of one request have the same id")
		}
		if s.id == "" {
			s.id = newUUID()
		}
		ids[s.id] = true
		said = append(said, s)
	}
	return said, nil
}

// putID is the id of a statement that is PUT: it is in the address, and not another one in the statement.
func (r *request) putID(inside string) (string, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(q["statementId"]) != 1 || !uuidLike(q.Get("statementId")) {
		return "", refuse(http.StatusBadRequest, "", "PUT needs statementId in its address, a UUID")
	}
	id := strings.ToLower(q.Get("statementId"))
	if inside != "" && inside != id {
		return "", refuse(http.StatusBadRequest, "", "the statement has another id than its address")
	}
	return id, nil
}

// take does what the statements say, all or nothing. The attestations come first, then the ids are stored: a crash
// between the two leaves attestations that a repetition gives again, without effect.
func (in *Intake) take(ctx context.Context, r *request, said []statement) error {
	effects, digests, err := in.understood(ctx, r, said)
	if err != nil {
		return err
	}
	stored, err := in.store.Statements(ctx, r.client.Name, slices.Collect(maps.Keys(digests)))
	if err != nil {
		return err
	}
	for id, digest := range stored {
		if digests[id] != digest {
			return refuse(http.StatusConflict, "", "another statement with that id was taken already") // section 2.1.1
		}
	}
	for _, e := range effects {
		if _, again := stored[e.id]; again {
			continue
		}
		if _, err := in.directory.Attest(ctx, e.account, e.course, e.at, "lms:"+r.client.Name); err != nil {
			return err
		}
	}
	return in.store.AddStatements(ctx, r.client.Name, in.now(), digests)
}

// effect is what one statement means here.
type effect struct {
	id      string
	account cloison.AccountID
	course  directory.Course
	at      time.Time
}

// understood finds what the statements mean, before anything is done. Those about other verbs, other activities or a
// failed attempt mean nothing here: they are taken and not kept. A completion that cannot be given to anybody refuses
// the request, so that nobody's training gets lost in silence.
func (in *Intake) understood(ctx context.Context, r *request, said []statement) ([]effect, map[string][32]byte, error) {
	var effects []effect
	digests := map[string][32]byte{}
	for _, s := range said {
		course, ours := r.client.Courses[s.object]
		switch {
		case s.verb == verbVoided:
			return nil, nil, refuse(http.StatusForbidden, "", "a completion is not taken back by a statement: ask the security officer")
		case !ours || s.verb != verbCompleted && s.verb != verbPassed || s.failed:
			continue
		case s.at.IsZero():
			return nil, nil, refuse(http.StatusBadRequest, "", "a completion needs its timestamp, with a time zone (RFC 3339)")
		case s.at.After(in.now().Add(skew)):
			return nil, nil, refuse(http.StatusBadRequest, "", "a timestamp is in the future: set the platform's clock")
		}
		account, err := in.actor(ctx, r, s.actor)
		if err != nil {
			return nil, nil, err
		}
		effects = append(effects, effect{s.id, account, course, s.at})
		digests[s.id] = s.digest
	}
	return effects, digests, nil
}

// skew is how far ahead of ours the clock of a platform may be; the directory has the last word.
const skew = time.Minute

// actor finds the account of an actor: by its name at a platform whose subjects are those of an identity provider, or
// by an address that exactly one account in the client's reach has. The address is no identity (directory.Binding);
// here it gives nobody a right but the one that comes of a course.
func (in *Intake) actor(ctx context.Context, r *request, a actor) (cloison.AccountID, error) {
	var found []directory.Account
	switch {
	case a.name != "":
		idp, ok := r.client.Platforms[a.homePage]
		if !ok {
			return 0, nobody()
		}
		one, err := in.directory.AccountOf(ctx, directory.Binding{IdP: idp, Sub: a.name})
		if err != nil && cloison.KindOf(err) != cloison.NotFound {
			return 0, err
		}
		if err == nil {
			found = append(found, one)
		}
	case a.mbox != "":
		var err error
		if found, err = in.store.AccountsByEmail(ctx, a.mbox); err != nil {
			return 0, err
		}
	}
	found = slices.DeleteFunc(found, func(o directory.Account) bool {
		return o.State == directory.Closed || directory.Allow(directory.ToAttest, r.source, o) != nil
	})
	if len(found) != 1 {
		return 0, nobody()
	}
	return found[0].ID, nil
}

func nobody() error {
	return refuse(http.StatusBadRequest, "", "an actor is nobody in this client's reach, or more than one: "+
		"name it by an account whose homePage is known here, or by the one address of its account")
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
	b, err := canonical(kept)
	return sha256.Sum256(b), err
}
