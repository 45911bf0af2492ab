package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
)

// PageLength is how many lines a page of a list has.
const PageLength = 50

// CoursesPath is where courses are followed: a refusal for a course leads there.
const CoursesPath = "/formation"

// Query reads what an address narrows its page to. The first value that cannot be read is Err.
type Query struct {
	url.Values
	Err  error
	zone *time.Location
}

// Query is that of a request.
func (s *Site) Query(r *http.Request) *Query { return &Query{Values: r.URL.Query(), zone: s.Zone} }

func (q *Query) fail(err error) {
	if q.Err == nil {
		q.Err = err
	}
}

// Time is a moment; zero when there is none.
func (q *Query) Time(name string) (t time.Time) {
	if q.Get(name) == "" {
		return t
	}
	t, err := ParseMoment(q.Get(name), q.zone)
	if err != nil {
		q.fail(err)
	}
	return t
}

// Account is the identifier of one; 0 when there is none. What is no identifier is not found.
func (q *Query) Account(name string) cloison.AccountID {
	id, err := cloison.ParseAccountID(q.Get(name))
	if err != nil {
		q.fail(NotFound())
	}
	return id
}

// From is the line of a list that the page begins with.
func (q *Query) From(name string) int {
	n, err := strconv.Atoi(cmp.Or(q.Get(name), "0"))
	if err != nil || n < 0 {
		q.fail(NotFound())
		return 0
	}
	return n
}

// Colleagues lists the accounts of the viewer's structure, by id.
func (s *Site) Colleagues(ctx context.Context, v Viewer) (all []directory.Account, err error) {
	const batch = 1000
	for after := cloison.AccountID(0); ; after = all[len(all)-1].ID {
		more, err := s.Accounts.Accounts(ctx, v.Account.Structure, after, batch)
		all = append(all, more...)
		if err != nil || len(more) < batch {
			return all, err
		}
	}
}
