package provisioning

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"cloison"
	"cloison/access/directory"
)

// Refusal is an error with its answer in a protocol's words.
type Refusal struct {
	Status int
	Kind   string // SCIM: scimType, RFC 7644 table 9
	Detail string // for the administrator of the other system; nothing personal
	Retry  int    // seconds after which a repetition may succeed; 0: not said
}

func (r *Refusal) Error() string { return r.Detail }

var errNoToken = errors.New("the token is missing, unknown or of another protocol")

// Refuse makes a refusal without a time to come back.
func Refuse(status int, kind, detail string) error {
	return &Refusal{Status: status, Kind: kind, Detail: detail}
}

// Unknown refuses a resource that is not there, or that the client may not know of.
func Unknown() error { return cloison.Errorf(cloison.NotFound, "there is no such resource") }

// RefusalOf puts any error into words. Our own faults are for our log, not for the other system.
func RefusalOf(err error) Refusal {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return *r
	case errors.Is(err, errNoToken):
		return Refusal{Status: http.StatusUnauthorized, Detail: errNoToken.Error()}
	case errors.Is(err, directory.AlreadyThere):
		return Refusal{Status: http.StatusConflict, Kind: "uniqueness", Detail: "that person has an account in the structure already"}
	case errors.Is(err, directory.TooMany):
		return Refusal{Status: http.StatusTooManyRequests, Retry: 3600,
			Detail: "the day's proposals of this structure are used up: try tomorrow, or let the security officer propose"}
	}
	if errors.Is(err, directory.LeaversHeld) {
		return Refusal{Status: http.StatusTooManyRequests, Retry: 3600,
			Detail: "more departures in a day than this client may report: the security officer and the director decide on the rest"}
	}
	if gone := (directory.MergedAway{}); errors.As(err, &gone) {
		return Refusal{Status: http.StatusConflict, Detail: gone.Error()}
	}
	k := cloison.KindOf(err)
	said := Refusal{Status: k.HTTPStatus(), Detail: err.Error()}
	switch k {
	case cloison.Invalid:
		said.Kind = "invalidValue"
	case cloison.NotFound:
		said.Detail = Unknown().Error()
	case cloison.Stale:
		said.Detail = "the resource changed meanwhile: read it again"
	case cloison.Unavailable:
		said.Detail, said.Retry = "nothing was stored: try again later", 5
	case cloison.Internal:
		said.Detail = "a fault on this side: its log says more"
	}
	return said
}

// Answer is the refusal with that body, as JSON.
func (r Refusal) Answer(contentType string, body any) Answer {
	b, err := json.Marshal(body)
	if err != nil {
		b = nil // does not happen: a body has strings and numbers alone
	}
	a := Answer{Status: r.Status, Header: http.Header{"Content-Type": {contentType}}, Body: b}
	if r.Retry > 0 {
		a.Header.Set("Retry-After", strconv.Itoa(r.Retry))
	}
	if r.Status == http.StatusUnauthorized {
		a.Header.Set("WWW-Authenticate", `Bearer realm="cloison"`)
	}
	return a
}
