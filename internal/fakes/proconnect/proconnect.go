package proconnect

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"cloison"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client is a service that relies on ProConnect.
type Client struct {
	ID, Secret     string
	RedirectURIs   []string // exact
	PostLogoutURIs []string // exact
}

// Options are what a Provider is made of. Issuer and Clients are needed; the others have defaults.
type Options struct {
	Issuer        string // as http://127.0.0.1:9100/api/v2; the path must be /api/v2
	Clients       []Client
	Accounts      func(email string) (Account, bool)       // accounts that exist without being stored; nil: none
	Organizations func(domain string) (Organization, bool) // approved e-mail domains, for sign-up; nil: none
	Mailbox       bool                                     // show the e-mailed codes at /boite?email=, for people who try the demo
	Log           *slog.Logger                             // nil: slog.Default
	Now           func() time.Time                         // nil: time.Now
}

const (
	basePath        = "/api/v2"
	codeLife        = time.Minute
	accessLife      = time.Hour
	idTokenLife     = time.Hour
	userinfoLife    = time.Minute
	ssoLife         = 12 * time.Hour
	interactionLife = time.Hour
)

// Provider is the stand-in. It is an http.Handler for the whole host, safe for concurrent use.
type Provider struct {
	opts    Options
	op      http.Handler
	storage *storage
	keys    *keys
	handler http.Handler
	attack  atomic.Int64
}

// New returns a Provider. Errors are Invalid: the options are wrong.
func New(opts Options) (*Provider, error) {
	u, err := url.Parse(opts.Issuer)
	if err != nil || u.Host == "" || u.Path != basePath {
		return nil, cloison.Errorf(cloison.Invalid, "issuer %q: want http(s)://host%s", opts.Issuer, basePath)
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	p := &Provider{opts: opts, keys: keys, storage: newStorage(opts, keys)}
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, SupportedScopes: scopes(),
		DefaultLogoutRedirectURI: opts.Issuer + "/deconnecte"}
	rand.Read(config.CryptoKey[:])
	options := []op.Option{
		op.WithCustomEndpoints(op.NewEndpoint("authorize"), op.NewEndpoint("token"), op.NewEndpoint("userinfo"),
			op.NewEndpoint("token/revocation"), op.NewEndpoint("session/end"), op.NewEndpoint("jwks")),
		op.WithCustomIntrospectionEndpoint(op.NewEndpoint("token/introspection")),
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms("ES256")),
	}
	if u.Scheme == "http" {
		options = append(options, op.WithAllowInsecure())
	}
	provider, err := op.NewProvider(config, p.storage, op.StaticIssuer(opts.Issuer), options...)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "OpenID provider: %w", err)
	}
	p.op = provider
	if p.handler, err = p.routes(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// routes puts ProConnect's quirks in front of the protocol.
func (p *Provider) routes() (http.Handler, error) {
	pages, err := newPages(p.opts.Log)
	if err != nil {
		return nil, err
	}
	login := &login{provider: p, pages: pages}
	api := http.NewServeMux()
	api.HandleFunc("/.well-known/openid-configuration", p.discovery)
	api.HandleFunc("/authorize", login.authorize)
	api.Handle("/authorize/callback", p.op)
	api.HandleFunc("POST /token", p.token)
	api.HandleFunc("/userinfo", p.userinfo)
	api.Handle("/jwks", p.op)
	api.Handle("/token/introspection", p.op)
	api.Handle("/token/revocation", p.op)
	api.HandleFunc("/session/end", login.end)
	api.HandleFunc("GET /deconnecte", login.ended)
	api.HandleFunc("GET /interaction/{id}", login.show)
	api.HandleFunc("POST /interaction/{id}", login.answer)
	api.HandleFunc("GET /inscription", login.showSignUp)
	api.HandleFunc("POST /inscription", login.signUp)
	if p.opts.Mailbox {
		api.HandleFunc("GET /boite", login.mailbox)
	}
	mux := http.NewServeMux()
	mux.Handle(basePath+"/", http.StripPrefix(basePath, api))
	return mux, nil
}

// scopes are those of the default set of a service, with what each gives in userinfo.
func scopes() []string {
	return []string{"openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles", "organization_label",
		"phone", "custom"}
}

func acrs() []string {
	return []string{"eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"}
}

// client returns a registered client.
func (o Options) client(id string) (Client, bool) {
	for _, c := range o.Clients {
		if c.ID == id {
			return c, true
		}
	}
	return Client{}, false
}

// domain returns what follows the @ of an address, in lower case.
func domain(email string) string {
	_, d, _ := strings.Cut(email, "@")
	return strings.ToLower(d)
}
