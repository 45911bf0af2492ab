package scim

import (
	"net/http"
	"strings"

	protocol "github.com/elimity-com/scim"
	"github.com/scim2/filter-parser/v2"
)

// Get answers GET /Users/{id}.
func (p *people) Get(r *http.Request, id string) (protocol.Resource, error) {
	one, err := p.find(r.Context(), id)
	if err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	return one.resource(), nil
}

// GetAll answers GET /Users, with any filter of RFC 7644 section 3.4.2.2 over what a resource shows.
func (p *people) GetAll(r *http.Request, params protocol.ListRequestParams) (protocol.Page, error) {
	all, err := p.all(r.Context())
	if err != nil {
		return protocol.Page{}, p.failed(err)
	}
	page := protocol.Page{Resources: []protocol.Resource{}}
	from, to := params.StartIndex-1, params.StartIndex-1+params.Count
	for _, one := range all {
		if params.FilterValidator != nil {
			if excludes(params.FilterValidator.GetFilter(), one) {
				continue
			}
			if params.FilterValidator.PassesFilter(one.resource().Attributes) != nil {
				continue
			}
		}
		if page.TotalResults >= from && page.TotalResults < to {
			page.Resources = append(page.Resources, one.resource())
		}
		page.TotalResults++
	}
	return page, nil
}

// excludes reports whether the filter that every client sends, an exact user name, excludes the person, without making
// the resource.
func excludes(e filter.Expression, one person) bool {
	exact, ok := e.(*filter.AttributeExpression)
	if !ok || exact.Operator != filter.EQ || !strings.EqualFold(exact.AttributePath.AttributeName, "userName") {
		return false
	}
	wanted, ok := exact.CompareValue.(string)
	return ok && !strings.EqualFold(wanted, one.userName().Reveal())
}
