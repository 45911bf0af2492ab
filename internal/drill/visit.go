package drill

import (
	"context"
	"net/http"
	"net/url"
)

// Visit is an ordinary agent's browser, signed in and with the passkey shown, for load and crash tests.
type Visit struct {
	browser *browser
	tool    string
	who     Actor
}

// SignIn signs in on that origin as an enrolled agent.
func SignIn(ctx context.Context, origin string, who Actor) (*Visit, error) {
	v := &Visit{browser: newBrowser(origin, "Mozilla/5.0 agent"), tool: origin, who: who}
	return v, v.browser.enter(ctx, origin, who)
}

// Open asks the tool for one file and returns what came back, whole, or an error when nothing whole came.
func (v *Visit) Open(ctx context.Context, id string) (status int, body []byte, err error) {
	return v.Get(ctx, "/api/dossiers/"+url.PathEscape(id))
}

// Get asks the origin for any page.
func (v *Visit) Get(ctx context.Context, path string) (status int, body []byte, err error) {
	p, err := v.browser.call(ctx, http.MethodGet, v.tool+path, nil)
	if err != nil {
		return 0, nil, err
	}
	return p.status, p.body, nil
}
