package provisioning

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"cloison"
	"cloison/access/directory"
)

// refusal is an answer that says no in a protocol's own words.
type refusal struct {
	status int
	kind   string // SCIM: scimType, RFC 7644 table 9
	detail string // for the administrator of the other system; nothing personal
	retry  int    // seconds after which it may go
}

func (r *refusal) Error() string { return r.detail }

var errNoToken = errors.New("the token is missing, unknown or another kind's")

func refuse(status int, kind, detail string) error {
	return &refusal{status: status, kind: kind, detail: detail}
}

func asError[T error](err error, to *T) bool { return errors.As(err, to) }

// refusalOf puts any error into words. What went wrong inside is for our log, not for the other system.
func refusalOf(err error) refusal {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return *r
	case errors.Is(err, errNoToken):
		return refusal{status: http.StatusUnauthorized, detail: errNoToken.Error()}
	case errors.Is(err, directory.AlreadyThere):
		return refusal{status: http.StatusConflict, kind: "uniqueness", detail: "that person has an account in the structure already"}
	case errors.Is(err, directory.TooMany):
		return refusal{status: http.StatusTooManyRequests, retry: 3600,
			detail: "the day's proposals of this structure are used up: try tomorrow, or let the security officer propose"}
	}
	if errors.Is(err, directory.LeaversHeld) {
		return refusal{status: http.StatusTooManyRequests, retry: 3600,
			detail: "more people have left in a day than this client may say: the security officer and the director are told, and decide"}
	}
	if gone := (directory.MergedAway{}); errors.As(err, &gone) {
		return refusal{status: http.StatusConflict, detail: gone.Error()} // it speaks for one of the two
	}
	k := cloison.KindOf(err)
	said := refusal{status: k.HTTPStatus(), detail: err.Error()}
	switch k {
	case cloison.Invalid:
		said.kind = "invalidValue"
	case cloison.NotFound:
		said.detail = "there is no such resource"
	case cloison.Stale:
		said.detail = "it changed meanwhile: read it again"
	case cloison.Unavailable:
		said.detail, said.retry = "nothing was stored: try again later", 5
	case cloison.Internal:
		said.detail = "a fault on this side: its log says more"
	}
	return said
}

// logged is what of an error the log may have: refusals are short and ours, other errors hold no personal data by the
// rules of the house.
func logged(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (r refusal) answer(contentType string, body any) answer {
	b, err := json.Marshal(body)
	if err != nil {
		b = nil // strings and numbers: it does not happen
	}
	a := answer{status: r.status, header: http.Header{"Content-Type": {contentType}}, body: b}
	if r.retry > 0 {
		a.header.Set("Retry-After", strconv.Itoa(r.retry))
	}
	if r.status == http.StatusUnauthorized {
		a.header.Set("WWW-Authenticate", `Bearer realm="cloison"`)
	}
	return a
}

// scimFault is an error as RFC 7644 section 3.12 has it.
func scimFault(_ *http.Request, err error) answer {
	r := refusalOf(err)
	return r.answer("application/scim+json", struct {
		Schemas []string `json:"schemas"`
		Kind    string   `json:"scimType,omitempty"`
		Detail  string   `json:"detail"`
		Status  string   `json:"status"`
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, r.kind, r.detail, strconv.Itoa(r.status)})
}

// xapiFault is an error in an xAPI answer, whose form the specification leaves open.
func xapiFault(_ *http.Request, err error) answer {
	r := refusalOf(err)
	a := r.answer("application/json", struct {
		Detail string `json:"detail"`
		Status int    `json:"status"`
	}{r.detail, r.status})
	a.header.Set(versionHeader, version)
	return a
}
