package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cloison/access/signin/refusal"
)

// forger is a provider that asks nobody anything and signs whatever a test wants, with a key that it publishes: what
// must be refused for what it says, not for who says it.
type forger struct {
	w      *world
	issuer string
	key    *ecdsa.PrivateKey
	flow   url.Values // of the last request
	proof  string     // code_verifier of the last exchange

	discovery, id, info func(map[string]any)
	token, userinfo     http.HandlerFunc // instead of its own
	alg                 jose.SignatureAlgorithm
	plain               string // content type of userinfo
}

func newForger(w *world) *forger {
	none := func(map[string]any) {}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.Must(err)
	f := &forger{w: w, key: key, discovery: none, id: none, info: none, alg: jose.ES256, plain: "application/jwt; charset=utf-8"}
	server, issuer := serve(w.TB)
	f.issuer = issuer
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(rw http.ResponseWriter, r *http.Request) {
		doc := map[string]any{"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
			"userinfo_endpoint": issuer + "/userinfo", "jwks_uri": issuer + "/jwks"}
		f.discovery(doc)
		json.NewEncoder(rw).Encode(doc)
	})
	mux.HandleFunc("/jwks", func(rw http.ResponseWriter, r *http.Request) {
		json.NewEncoder(rw).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: "1", Use: "sig"}}})
	})
	mux.HandleFunc("/authorize", func(rw http.ResponseWriter, r *http.Request) {
		f.flow = r.URL.Query()
		http.Redirect(rw, r, f.flow.Get("redirect_uri")+"?code=c&state="+f.flow.Get("state"), http.StatusFound)
	})
	mux.HandleFunc("/token", func(rw http.ResponseWriter, r *http.Request) {
		if f.token != nil {
			f.token(rw, r)
			return
		}
		f.proof = r.PostFormValue("code_verifier")
		now := w.Now()
		half := sha256.Sum256([]byte("acces"))
		c := map[string]any{"iss": issuer, "aud": clientID, "sub": w.Who["strong"].Binding.Sub, "nonce": f.flow.Get("nonce"), "iat": now.Unix(),
			"exp": now.Add(time.Minute).Unix(), "acr": "eidas2", "amr": []string{"pwd", "pop"},
			"at_hash": base64.RawURLEncoding.EncodeToString(half[:16])}
		f.id(c)
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(rw, `{"access_token":"acces","token_type":"Bearer","expires_in":60,"id_token":%q}`, f.sign(c))
	})
	mux.HandleFunc("/userinfo", func(rw http.ResponseWriter, r *http.Request) {
		if f.userinfo != nil {
			f.userinfo(rw, r)
			return
		}
		c := map[string]any{"iss": issuer, "aud": []string{clientID}, "sub": w.Who["strong"].Binding.Sub, "iat": w.Now().Unix(),
			"exp": w.Now().Add(time.Minute).Unix(), "idp_id": strongIdP, "email": email("strong")}
		f.info(c)
		rw.Header().Set("Content-Type", f.plain)
		fmt.Fprint(rw, f.sign(c))
	})
	server.handler = mux
	return f
}

func (f *forger) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	f.w.Must(err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: f.alg, Key: jose.JSONWebKey{Key: f.key, KeyID: "1"}}, nil)
	f.w.Must(err)
	jws, err := signer.Sign(payload)
	f.w.Must(err)
	token, err := jws.CompactSerialize()
	f.w.Must(err)
	return token
}

// TestWhatTokensMustSay: each change of one thing is refused, although the provider signed it; none is not.
func TestWhatTokensMustSay(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(*forger) {
		return func(f *forger) { f.id = func(c map[string]any) { c[name] = value } }
	}
	info := func(name string, value any) func(*forger) {
		return func(f *forger) { f.info = func(c map[string]any) { c[name] = value } }
	}
	status := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	w := newWorld(t)
	now := w.Now().Unix()
	for name, test := range map[string]struct {
		lie    func(*forger)
		reason refusal.Reason // empty: let in
	}{
		"nothing wrong":        {func(*forger) {}, ""},
		"no at_hash":           {func(f *forger) { f.id = func(c map[string]any) { delete(c, "at_hash") } }, ""},
		"another access token": {set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), refusal.TokenRefused},
		"no nonce":             {set("nonce", ""), refusal.TokenRefused},
		"two audiences":        {set("aud", []string{clientID, "autre"}), refusal.TokenRefused},
		"two audiences, to us": {func(f *forger) {
			f.id = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "x"}, clientID }
		}, ""},
		"to another party":          {set("azp", "autre"), refusal.TokenRefused},
		"from the future":           {set("iat", now+120), refusal.TokenRefused},
		"almost from the future":    {set("iat", now+30), ""},
		"not before":                {set("nbf", now+120), refusal.TokenRefused},
		"older than the request":    {set("iat", now-120), refusal.TokenRefused},
		"no expiry":                 {func(f *forger) { f.id = func(c map[string]any) { delete(c, "exp") } }, refusal.TokenRefused},
		"expired within the leeway": {set("exp", now-30), ""},
		"expired":                   {set("exp", now-90), refusal.TokenRefused},
		"no subject":                {set("sub", ""), refusal.TokenRefused},
		"an endless subject":        {set("sub", strings.Repeat("x", 256)), refusal.TokenRefused},
		"amr is a text":             {set("amr", "pop"), refusal.TokenRefused},
		"no amr":                    {set("amr", nil), refusal.FactorUntold},
		"no acr":                    {set("acr", nil), refusal.LevelRefused},
		"a level of legacy":         {set("acr", "eidas1"), refusal.LevelRefused},
		"another algorithm": {func(f *forger) {
			f.alg = jose.ES384
			f.key, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
			f.id = func(c map[string]any) { delete(c, "at_hash") }
		}, refusal.TokenRefused},
		"it promised to say iss": {func(f *forger) {
			f.discovery = func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }
		}, refusal.MixedUp},
		"another issuer's document":   {func(f *forger) { f.discovery = func(d map[string]any) { d["issuer"] = "https://pirate.example" } }, refusal.ProviderDown},
		"a document without keys":     {func(f *forger) { f.discovery = func(d map[string]any) { delete(d, "jwks_uri") } }, refusal.ProviderDown},
		"userinfo expired":            {info("exp", now-90), refusal.TokenRefused},
		"userinfo without expiry":     {info("exp", nil), refusal.TokenRefused},
		"userinfo of another":         {info("sub", "autre"), refusal.TokenRefused},
		"userinfo for another":        {info("aud", "autre"), refusal.TokenRefused},
		"userinfo of another issuer":  {info("iss", "https://pirate.example"), refusal.TokenRefused},
		"userinfo names no provider":  {info("idp_id", ""), refusal.ProviderUntold},
		"userinfo of an unknown sort": {func(f *forger) { f.plain = "text/plain" }, refusal.TokenRefused},
		"userinfo refuses":            {func(f *forger) { f.userinfo = status(401) }, refusal.TokenRefused},
		"userinfo is down":            {func(f *forger) { f.userinfo = status(502) }, refusal.ProviderDown},
		"userinfo is endless": {func(f *forger) {
			f.userinfo = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwt")
				for range 64 {
					w.Write(make([]byte, 64<<10))
				}
			}
		}, refusal.TokenRefused},
		"the exchange is down":    {func(f *forger) { f.token = status(503) }, refusal.ProviderDown},
		"the exchange refuses":    {func(f *forger) { f.token = status(400) }, refusal.TokenRefused},
		"the exchange is nothing": {func(f *forger) { f.token = status(200) }, refusal.ProviderDown},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForger(w)
			test.lie(f)
			w.issuer = f.issuer
			w.start()
			b := w.browser()
			p := b.get("/cloison/signin?return=/x")
			in := b.shown() != nil
			if p.reason() != test.reason || in != (test.reason == "") {
				t.Errorf("%d %s, a session %v, want %q", p.status, p.body, in, test.reason)
			}
			challenge := sha256.Sum256([]byte(f.proof))
			if in && (len(f.proof) < 43 || f.flow.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:])) {
				t.Errorf("PKCE: verifier %q, challenge %q", f.proof, f.flow.Get("code_challenge"))
			}
		})
	}
}

// TestTheSecretGoesNowhereElse: a provider that sends us on gets neither the code nor the secret carried there.
func TestTheSecretGoesNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := newForger(w)
	other, address := serve(t)
	reached := make(chan string, 8)
	other.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.PostFormValue("client_secret") })
	f.token = func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, address, http.StatusTemporaryRedirect)
	}
	w.issuer = f.issuer
	w.start()
	w.want(w.browser().get("/cloison/signin"), http.StatusForbidden, refusal.TokenRefused)
	select {
	case secret := <-reached:
		t.Errorf("it was carried on, with the secret %v", secret == clientKey)
	default:
	}
}
