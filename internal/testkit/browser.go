package testkit

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Chromium is a real browser, the same one for tests that run side by side. Each window that it opens is somebody else's:
// cookies and an authenticator of its own, which verifies its user at once. Without a Chromium on the machine the test fails, unless
// CLOISON_SKIP_BROWSER is set.
func Chromium(t testing.TB) *Browser {
	t.Helper()
	needs(t, "browser")
	if os.Getenv("CLOISON_SKIP_BROWSER") != "" {
		t.Skip("CLOISON_SKIP_BROWSER is set")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium: install it (Debian: apt-get install chromium), or set CLOISON_SKIP_BROWSER=1 to leave this test out")
	}
	return &Browser{t: t, ctx: one.join(t, path)}
}

// one is the Chromium of this test program: tests that run side by side share it, and it ends with the last of them.
var one shared

type shared struct {
	mu    sync.Mutex
	tests int
	ctx   context.Context
	end   func()
}

// join starts the browser unless another test has, and leaves it when the test ends.
func (s *shared) join(t testing.TB, path string) context.Context {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tests == 0 {
		var err error
		if s.ctx, s.end, err = startChromium(path); err != nil {
			t.Fatal(err)
		}
	}
	s.tests++
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tests--; s.tests == 0 {
			s.end()
		}
	})
	return s.ctx
}

func startChromium(path string) (ctx context.Context, end func(), err error) {
	profile, err := os.MkdirTemp("", "chromium-")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "fr"), chromedp.Flag("accept-lang", "fr"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	end = func() { cancel(); stop(); os.RemoveAll(profile) }
	if err := chromedp.Do(ctx); err != nil { // starts it
		end()
		return nil, nil, err
	}
	return ctx, end, nil
}

// Browser is one Chromium.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Window opens somebody's window, at most for half an hour.
func (b *Browser) Window(name string) *Window {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	w := &Window{TB: b.t, name: name}
	if err := chromedp.Listen(ctx, w.hear); err != nil {
		b.t.Fatal(err)
	}
	w.ctx, cancel = context.WithTimeout(ctx, 30*time.Minute)
	b.t.Cleanup(cancel)
	command(w, runtime.Enable, cdp.Empty{})
	command(w, webauthn.Enable, webauthn.EnableParams{})
	command(w, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	w.Resize(1280, 800) // a desk
	return w
}

// Resize makes the window as large as a phone or a desk.
func (w *Window) Resize(width, height int64) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.EmulateViewport(width, height)))
}

// Plug plugs a security key in, beside the authenticator that is built in.
func (w *Window) Plug() {
	w.Helper()
	command(w, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
}

// Window is one person's browser. Its methods fail the test with the page's text when something does not come.
type Window struct {
	testing.TB
	name   string
	ctx    context.Context
	mu     sync.Mutex
	faults []string
}

// hear keeps what the pages' scripts did wrong.
func (w *Window) hear(event any) {
	if e, ok := event.(*runtime.EventExceptionThrown); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.faults = append(w.faults, e.ExceptionDetails.Text)
	}
}

// Faults are the errors of the pages' scripts so far.
func (w *Window) Faults() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults
}

// command sends one command of the browser's protocol.
func command[P, R any](w *Window, c cdp.Command[P, R], params P) {
	w.Helper()
	if _, err := chromedp.Call(w.ctx, c, params); err != nil {
		w.Fatal(err)
	}
}

func ask[T any](w *Window, action chromedp.Action[T]) T {
	w.Helper()
	limited, cancel := context.WithTimeout(w.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(limited, action)
	if err != nil {
		w.lost(err)
	}
	return v
}

// lost fails the test, and says where the window is.
func (w *Window) lost(why any) {
	w.Helper()
	short, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(short, chromedp.Location())
	body, _ := chromedp.Run(short, chromedp.Text(chromedp.CSS("body")))
	w.Fatalf("%s: %v\nat %s: %s", w.name, why, at, body)
}

// Open goes to an address and waits until the page has a title.
func (w *Window) Open(url string) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("h1"))))
}

// At is the address of the page.
func (w *Window) At() string { w.Helper(); return ask(w, chromedp.Location()) }

// Fill types a value into a field, as keys; "\r" sends the form.
func (w *Window) Fill(selector, value string) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), value)))
}

// Choose picks the option with that value.
func (w *Window) Choose(selector, value string) {
	w.Helper()
	w.Visible(selector)
	if got := Eval[string](w, "{ const s = document.querySelector("+quote(selector)+"); s.value = "+quote(value)+"; s.value }"); got != value {
		w.lost(selector + " has no option “" + value + "”")
	}
}

// Keys types where the focus is.
func (w *Window) Keys(keys string) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.KeyEvent(keys)))
}

// Tab goes on by the Tab key until the focus is on something that matches. It fails when the keyboard cannot come
// there, and when the focus cannot be seen on its way: an element that is focused has an outline.
func (w *Window) Tab(selector string) {
	w.Helper()
	for range 300 {
		w.Keys("\t")
		switch Eval[string](w, "{ const e = document.activeElement, s = getComputedStyle(e); e === document.body ? 'body' : "+
			"s.outlineStyle === 'none' || parseFloat(s.outlineWidth) === 0 ? 'unseen ' + e.outerHTML.slice(0, 200) : e.matches("+quote(selector)+") ? 'there' : 'elsewhere' }") {
		case "there":
			return
		case "body", "elsewhere":
		default:
			w.lost("the focus cannot be seen: " + Eval[string](w, "document.activeElement.outerHTML.slice(0, 200)"))
		}
	}
	w.lost("the keyboard does not come to " + selector)
}

// Press clicks something that is there and enabled.
func (w *Window) Press(selector string) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector))))
}

// Visible waits until something is shown.
func (w *Window) Visible(selector string) {
	w.Helper()
	ask(w, chromedp.Steps(chromedp.WaitVisible(chromedp.CSS(selector))))
}

// Text is what the first such element shows, or nothing.
func (w *Window) Text(selector string) string {
	w.Helper()
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string]("(document.querySelector("+quote(selector)+`) || {textContent: ""}).textContent`))
	return text
}

// Until waits until the first such element says this. Pages may come and go meanwhile.
func (w *Window) Until(selector, want string) {
	w.Helper()
	var got string
	for deadline := time.Now().Add(Patience); !strings.Contains(got, want); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.lost("“" + selector + "” says “" + strings.TrimSpace(got) + "”, want “" + want + "”")
		}
		got = w.Text(selector)
	}
}

// Eval runs a script in the page and returns what it makes, or what the promise that it makes comes to.
func Eval[T any](w *Window, script string) T {
	w.Helper()
	return ask(w, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// Picture writes the page as a PNG, as broad as a phone or a desk.
func (w *Window) Picture(file string, width int64, dark bool) {
	w.Helper()
	w.light(map[bool]string{false: "light", true: "dark"}[dark])
	w.Resize(width, 800)
	if err := os.WriteFile(file, ask(w, chromedp.FullScreenshot(100)), 0o644); err != nil {
		w.Fatal(err)
	}
}

func quote(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
}
