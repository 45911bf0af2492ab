package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"cloison"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/mapping"
)

// decideWrite decides on a write before the tool is asked: on the person whom the path names, as for a read of one
// file. What policy permits has its row, without fields, before the tool gets the request.
func (x *exchange) decideWrite() ending {
	if x.route.Operation != policy.Write || !x.route.NamesPerson() {
		return ""
	}
	return x.decideOne(x.person)
}

// decideMissing decides on a read that found nobody as on a read of that person's file, so that it does not tell who
// exists. An account without an explanation gets the bytes and the charge of a stranger's file.
func (x *exchange) decideMissing() ending {
	if x.route.Operation != policy.Read {
		return ""
	}
	if !x.route.NamesPerson() {
		return x.decideOne(x.pseudonym())
	}
	return x.decideOne(x.person)
}

// tellsExistence reports whether an error status of the tool tells whether a file exists.
func tellsExistence(code int) bool {
	return code == http.StatusNotFound || code == http.StatusGone || code == http.StatusForbidden
}

// decideOne decides on one person of whom no field is shown, and records a row without fields or a refusal. When the
// ending is not empty, the agent has its answer.
func (x *exchange) decideOne(person cloison.PersonRef) ending {
	answer, err := x.discloser.Disclose(x.r.Context(), disclose.Request{Agent: x.caller.Agent, Tool: x.tool.Name,
		Operation: x.operation(), ID: x.reference, Persons: []disclose.Person{{Ref: person}}})
	if err != nil {
		return x.refuseUnrecorded(err)
	}
	d := answer.Decision
	if d.Outcome != policy.Permit {
		return x.deny(d)
	}
	if len(d.Persons) != 1 || !d.Persons[0].Shown() || d.Persons[0].Show != 0 {
		return x.refuseFault(mapping.Inexact)
	}
	return ""
}

// pseudonym is the reference of a person who was asked for without a reference and not found. No account has an
// explanation for it, the same question gives the same one, and it does not disclose the question: the key (HMAC, RFC
// 2104) is this gateway's own and never stored. It lives as long as the stage remembers the day's refusals.
func (x *exchange) pseudonym() cloison.PersonRef {
	mac := hmac.New(sha256.New, x.pseudonymKey[:])
	io.WriteString(mac, x.r.URL.Path+"?"+x.r.URL.RawQuery)
	return cloison.PersonRef("unknown:" + hex.EncodeToString(mac.Sum(nil)[:16]))
}

// drain reads the rest of a small body that is not passed, so that the connection to the tool is reused: the time of a
// new one would tell this answer from another.
func drain(body io.Reader) { io.CopyN(io.Discard, body, 16<<10) }
