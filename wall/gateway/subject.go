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

// acting has a write decided before the tool is asked: on the person whom the path names, as a read of one file is.
// What policy permits is in the register, a row without fields, before the tool hears of it.
func (x *exchange) decideWrite() ending {
	if x.route.Operation != policy.Write || !x.route.NamesPerson() {
		return ""
	}
	return x.decideOne(x.person)
}

// missing keeps a read that brought nobody from saying who exists. Whoever may not meet the person is told what is said
// of a stranger's file, to the byte, and the attempt is charged as for a stranger; whoever may, goes on.
func (x *exchange) decideMissing() ending {
	if x.route.Operation != policy.Read {
		return ""
	}
	if !x.route.NamesPerson() {
		return x.decideOne(x.pseudonym())
	}
	return x.decideOne(x.person)
}

// hides reports whether an error status of the tool tells whether a file exists.
func tellsExistence(code int) bool {
	return code == http.StatusNotFound || code == http.StatusGone || code == http.StatusForbidden
}

// meet has it decided whether the account may meet one person of whom nothing is to be shown, and recorded: a row
// without fields, or a refusal. When the verdict is not empty the agent has been answered.
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

// pseudonym stands for a person who was asked for otherwise than by reference and is nowhere. It is explained to
// nobody, the same for the same question, and says nothing of it: the key (HMAC, RFC 2104) is this gateway's own, is
// stored nowhere and lives as long as the stage's memory of whom it refused today.
func (x *exchange) pseudonym() cloison.PersonRef {
	mac := hmac.New(sha256.New, x.pseudonymKey[:])
	io.WriteString(mac, x.r.URL.Path+"?"+x.r.URL.RawQuery)
	return cloison.PersonRef("unknown:" + hex.EncodeToString(mac.Sum(nil)[:16]))
}

// drain reads what is left of a small body that is not passed, so that the connection to the tool is kept: a new one
// would take the next answer longer, which tells.
func drain(body io.Reader) { io.CopyN(io.Discard, body, 16<<10) }
