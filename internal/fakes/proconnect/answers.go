package proconnect

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// held keeps what the protocol library answers, so that it can be changed before it leaves.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }
func (h *held) WriteHeader(status int)      { h.status = status }

// hold asks the library and returns its answer.
func (p *Provider) hold(r *http.Request) *held {
	h := &held{header: make(http.Header), status: http.StatusOK}
	p.op.ServeHTTP(h, r)
	return h
}

// pass sends the library's answer as it is.
func (h *held) pass(w http.ResponseWriter) {
	for k, v := range h.header {
		w.Header()[k] = v
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(h.status)
	w.Write(h.body.Bytes()) // the client is gone if this fails
}

// discovery is the library's document, with what ProConnect supports and nothing else.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	h := p.hold(r)
	var doc map[string]any
	if err := json.Unmarshal(h.body.Bytes(), &doc); err != nil {
		p.fail(w, r, "discovery document", err)
		return
	}
	for k, v := range map[string]any{
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"userinfo_signing_alg_values_supported": []string{"ES256"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
		"acr_values_supported":                  acrs(),
		"claims_parameter_supported":            true,
		"backchannel_logout_supported":          false,
		"backchannel_logout_session_supported":  false,
		"claims_supported": []string{"sub", "given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles",
			"organization_label", "phone_number", "custom", "acr", "amr", "sid", "auth_time", "iss"},
	} {
		doc[k] = v
	}
	delete(doc, "device_authorization_endpoint")
	delete(doc, "check_session_iframe")
	p.writeJSON(w, r, doc)
}

// token is the library's, by client_secret_post only, with the id token dated by our clock and signed again.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error":"invalid_client","error_description":"client_secret_basic is not supported"}`))
		return
	}
	if err := r.ParseForm(); err != nil { // here, for the library parses a copy of the request
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	h := p.hold(r)
	var doc map[string]any
	if h.status != http.StatusOK || json.Unmarshal(h.body.Bytes(), &doc) != nil {
		h.pass(w)
		return
	}
	raw, _ := doc["id_token"].(string)
	claims, err := claimsOf(raw)
	if err != nil {
		p.fail(w, r, "id token", err)
		return
	}
	now := p.opts.Now()
	claims["iat"], claims["exp"] = now.Unix(), now.Add(idTokenLife).Unix()
	client, _ := p.opts.client(r.PostFormValue("client_id"))
	if doc["id_token"], err = p.forgeIDToken(claims, client.Secret); err != nil {
		p.fail(w, r, "id token", err)
		return
	}
	doc["expires_in"] = int(accessLife.Seconds())
	w.Header().Set("Cache-Control", "no-store")
	p.writeJSON(w, r, doc)
}

// userinfo is the library's, as a signed JWT (OpenID Connect Core 1.0, section 5.3.2).
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	h := p.hold(r)
	var claims map[string]any
	if h.status != http.StatusOK || json.Unmarshal(h.body.Bytes(), &claims) != nil {
		h.pass(w)
		return
	}
	now := p.opts.Now()
	claims["iss"], claims["iat"], claims["exp"] = p.opts.Issuer, now.Unix(), now.Add(userinfoLife).Unix()
	claims["aud"] = claims[audience]
	delete(claims, audience)
	body, contentType, err := p.forgeUserinfo(claims)
	if err != nil {
		p.fail(w, r, "userinfo", err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(body)) // the client is gone if this fails
}

// claimsOf reads the claims of a token that this process has just made.
func claimsOf(token string) (map[string]any, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	return claims, json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims)
}

func (p *Provider) writeJSON(w http.ResponseWriter, r *http.Request, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		p.fail(w, r, "answer", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body) // the client is gone if this fails
}

func (p *Provider) fail(w http.ResponseWriter, r *http.Request, what string, err error) {
	p.opts.Log.ErrorContext(r.Context(), "answer not made", "what", what, "err", err)
	http.Error(w, "server_error", http.StatusInternalServerError)
}
