package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// Actor is a person who can sign in, with what they know, read and have.
type Actor struct {
	Email    string                                           // at the identity provider
	Password cloison.Secret                                   //
	Mailbox  func(ctx context.Context) (code string, e error) // reads the code sent by e-mail; nil: no access to the mailbox
	Key      *softkey.Key                                     // the passkey; nil: none
}

// browser is one person's browser: a cookie jar that follows redirects and fills in forms.
type browser struct {
	http  *http.Client
	home  string // the console's URL
	agent string
}

func newBrowser(home, agent string) *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 32
	return &browser{http: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: transport}, home: home, agent: agent}
}

// steal copies the victim's cookies for the console and the tool: a live session in another browser.
func (b *browser) steal(victim *browser, urls ...string) error {
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil {
			return err
		}
		b.http.Jar.SetCookies(u, victim.http.Jar.Cookies(u))
	}
	return nil
}

// signIn goes through the federation's pages as a person would: address, password, code by e-mail when asked.
func (b *browser) signIn(ctx context.Context, at string, who Actor) error {
	page, err := b.get(ctx, at+"/cloison/signin?return=%2Fcloison%2Fsession")
	if err != nil {
		return err
	}
	for range 6 {
		form := page.form()
		if form == nil {
			break
		}
		switch {
		case form.has("code"):
			if who.Mailbox == nil {
				return errors.New("signing in: the provider wants a code sent by e-mail, and this actor has no access to the mailbox")
			}
			code, err := who.Mailbox(ctx)
			if err != nil {
				return err
			}
			form.values.Set("code", code)
		case form.has("password"):
			form.values.Set("password", who.Password.Reveal())
		}
		if form.has("email") {
			form.values.Set("email", who.Email)
		}
		if page, err = b.post(ctx, form); err != nil {
			return err
		}
	}
	if form := page.form(); form != nil && form.has("password") {
		return fmt.Errorf("signing in at %s: the provider does not take the password", at)
	}
	if page.status != http.StatusOK {
		return fmt.Errorf("signing in at %s: ended with %d at %s", at, page.status, page.url.Path)
	}
	return nil
}

// enter signs in and shows the passkey.
func (b *browser) enter(ctx context.Context, at string, who Actor) error {
	if err := b.signIn(ctx, at, who); err != nil {
		return err
	}
	return b.presence(ctx, at, who.Key)
}

// signUp makes an account at the provider with a mailbox and nothing else. It is no error when there is one already.
func (b *browser) signUp(ctx context.Context, at string, who Actor) error {
	page, err := b.get(ctx, at)
	if err != nil {
		return err
	}
	for range 3 {
		form := page.form()
		if form == nil {
			return nil
		}
		form.values.Set("email", who.Email)
		if form.has("code") {
			code, err := who.Mailbox(ctx)
			if err != nil {
				return err
			}
			form.values.Set("code", code)
			form.values.Set("given_name", "Camille")
			form.values.Set("usual_name", "Exemple")
			form.values.Set("password", who.Password.Reveal())
		}
		if page, err = b.post(ctx, form); err != nil {
			return err
		}
	}
	return nil
}

// page is an answer and where it came from.
type page struct {
	status int
	header http.Header
	body   []byte
	url    *url.URL
}

func (b *browser) get(ctx context.Context, u string) (*page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	return b.do(request)
}

func (b *browser) post(ctx context.Context, f *form) (*page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.action, strings.NewReader(f.values.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(request)
}

func (b *browser) do(request *http.Request) (*page, error) {
	request.Header.Set("User-Agent", b.agent)
	answer, err := b.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return nil, err
	}
	return &page{status: answer.StatusCode, header: answer.Header, body: body, url: answer.Request.URL}, nil
}

// call sends JSON as a script of the page's own origin would.
func (b *browser) call(ctx context.Context, method, u string, in any) (*page, error) {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return b.do(request)
}

// form is the first form of a page.
type form struct {
	action string
	values url.Values
	inputs map[string]bool
}

func (f *form) has(name string) bool { return f.inputs[name] }

// form reads the page's first POST form; nil when the page is no HTML or has none.
func (p *page) form() *form {
	if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
		return nil
	}
	var f *form
	for z := html.NewTokenizer(bytes.NewReader(p.body)); z.Next() != html.ErrorToken; {
		t := z.Token()
		if t.Type == html.EndTagToken && t.Data == "form" && f != nil {
			return f
		}
		if t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken {
			continue
		}
		attribute := map[string]string{}
		for _, a := range t.Attr {
			attribute[a.Key] = a.Val
		}
		switch {
		case t.Data == "form" && strings.EqualFold(attribute["method"], "post"):
			action, err := p.url.Parse(attribute["action"])
			if err != nil {
				return nil
			}
			f = &form{action: action.String(), values: url.Values{}, inputs: map[string]bool{}}
		case f != nil && (t.Data == "input" || t.Data == "button") && attribute["name"] != "":
			f.inputs[attribute["name"]] = true
			f.values.Set(attribute["name"], attribute["value"])
		}
	}
	return f
}
