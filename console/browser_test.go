package console_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"cloison"
	"cloison/directory"
	"cloison/internal/standin/network"
)

// chrome is somebody's real browser, with an authenticator that verifies its user at once.
type chrome struct {
	w      *world
	ctx    context.Context
	shots  string // where pictures go; empty: nowhere
	mu     sync.Mutex
	faults []string // of the pages' script
}

// chromium finds Debian's or anybody's Chromium, and fails the test when there is none.
func chromium(t *testing.T) string {
	t.Helper()
	if os.Getenv("CLOISON_SKIP_BROWSER") != "" {
		t.Skip("CLOISON_SKIP_BROWSER is set")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium: install it (Debian: apt-get install chromium), or set CLOISON_SKIP_BROWSER=1 to leave this test out")
	return ""
}

func (w *world) chrome(t *testing.T) *chrome {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "fr"), chromedp.Flag("accept-lang", "fr"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	c := &chrome{w: w, shots: os.Getenv("CLOISON_SCREENSHOTS")}
	w.must(chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.faults = append(c.faults, e.ExceptionDetails.Text)
		}
	}))
	c.ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	call(c, runtime.Enable, cdp.Empty{})
	call(c, webauthn.Enable, webauthn.EnableParams{})
	call(c, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	return c
}

// call sends one command of the protocol.
func call[P, R any](c *chrome, command cdp.Command[P, R], params P) {
	c.w.Helper()
	if _, err := chromedp.Call(c.ctx, command, params); err != nil {
		c.w.Fatal(err)
	}
}

// get runs one action and returns its value.
func get[T any](c *chrome, action chromedp.Action[T]) T {
	c.w.Helper()
	limited, cancel := context.WithTimeout(c.ctx, 20*time.Second)
	defer cancel()
	v, err := chromedp.Run(limited, action)
	if err != nil {
		short, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 5*time.Second)
		defer cancel()
		at, _ := chromedp.Run(short, chromedp.Location())
		body, _ := chromedp.Run(short, chromedp.Text(chromedp.CSS("body")))
		c.w.Fatalf("%v\nat %s: %s", err, at, body)
	}
	return v
}

func (c *chrome) do(steps ...chromedp.Action[chromedp.Void]) {
	c.w.Helper()
	get(c, chromedp.Steps(steps...))
}

const heading = chromedp.CSS("main h1")

// open goes to a page of the console and waits until it is whole.
func (c *chrome) open(path string) {
	c.w.Helper()
	c.do(chromedp.Navigate(c.w.url+path), chromedp.WaitReady(heading))
}

// press clicks what leads to another page, and waits for its title.
func (c *chrome) press(selector, title string) {
	c.w.Helper()
	c.do(chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
	c.titled(title)
}

// titled waits until the page's title holds this.
func (c *chrome) titled(want string) {
	c.w.Helper()
	var got, status string
	for deadline := time.Now().Add(15 * time.Second); !strings.Contains(got, want); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.w.Fatalf("the page is %q (%s), want %q", got, status, want)
		}
		// Between two pages there is none.
		got, _ = chromedp.Run(c.ctx, chromedp.Evaluate[string](`(document.querySelector("main h1") || {textContent: ""}).textContent`))
		status, _ = chromedp.Run(c.ctx, chromedp.Evaluate[string](`(document.querySelector("[role=status]") || {textContent: ""}).textContent`))
	}
}

func (c *chrome) fill(selector, value string) {
	c.w.Helper()
	c.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), value))
}

// picture takes the page as it is on a phone and on a desk, in both languages when it has an address; and in the dark once.
func (c *chrome) picture(name string, languages bool) {
	c.w.Helper()
	if c.shots == "" {
		return
	}
	here := get(c, chromedp.Location())
	for _, lang := range []string{"fr", "en"} {
		if languages {
			to := strings.Split(here, "?")[0] + "?lang=" + lang
			if _, query, ok := strings.Cut(here, "?"); ok {
				to += "&" + query
			}
			c.do(chromedp.Navigate(to), chromedp.WaitReady(heading))
		} else if lang == "en" {
			break
		}
		for width, kind := range map[int64]string{390: "phone", 1280: "desk"} {
			c.snap(name+"-"+lang+"-"+kind, width, "light")
		}
		if lang == "fr" {
			c.snap(name+"-dark", 1280, "dark")
		}
	}
	if languages {
		c.do(chromedp.Navigate(here+map[bool]string{true: "&", false: "?"}[strings.Contains(here, "?")]+"lang=fr"), chromedp.WaitReady(heading))
	}
}

func (c *chrome) snap(name string, width int64, scheme string) {
	c.w.Helper()
	call(c, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	c.do(chromedp.EmulateViewport(width, 800))
	c.w.must(os.WriteFile(filepath.Join(c.shots, name+".png"), get(c, chromedp.FullScreenshot(100)), 0o644))
}

// fits says which page is broader than a phone.
func (c *chrome) fits(name string) {
	c.w.Helper()
	c.do(chromedp.EmulateViewport(390, 800))
	over := get(c, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	c.do(chromedp.EmulateViewport(1280, 800))
	if over > 0 {
		c.w.Errorf("%s is %d pixels broader than a phone", name, over)
	}
}

// signIn goes through the provider's pages.
func (c *chrome) signIn(a network.Agent) {
	c.w.Helper()
	c.open("/cloison/")
	c.picture("porte-1-connexion", true)
	c.do(chromedp.Click(chromedp.CSS(`a[href^="/cloison/signin"]`)))
	c.fill(`input[name=email]`, a.Email+"\r")
	c.fill(`input[name=password]`, a.Password+"\r")
	c.do(chromedp.WaitVisible(chromedp.CSS(`input[name=code]`)))
	answer := a.Key
	if answer == "" {
		answer, _ = c.w.provider.CodeFor(a.Email)
	}
	c.fill(`input[name=code]`, answer+"\r")
}

// TestInARealBrowser signs in by the stand-in, enrols with a code, makes a passkey, shows it, opens every page, and approves, contains and exports
// by gestures.
func TestInARealBrowser(t *testing.T) {
	w := newWorld(t)
	c := w.chrome(t)
	w.run()
	officer := w.agent(-1, network.Officer, 0)
	w.promote(officer, directory.Officer|directory.Approver)
	code, err := w.dir.IssueCode(w.ctx, w.accountOf(officer).ID, false)
	w.must(err)
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	manager := w.enter(w.agent(0, network.Manager, 0))
	for _, name := range []string{"Camille Exemple", "Dominique d’Exemple-Longnom de la Rochefoucauld"} {
		manager.act("propose", map[string]any{"kind": "new_account", "name": name, "email": "camille@exemple.example", "roles": "adviser"}, nil)
	}

	c.signIn(officer)
	c.titled("clé d’accès")
	c.picture("porte-2-cle", true)
	c.open("/cloison/enrolement")
	c.picture("enrolement-1-code", true)
	c.fill(`input[name=code]`, "0000-0000-0000-0000")
	c.press(`main button`, "Code inconnu")
	c.picture("refus", false)
	c.open("/cloison/enrolement")
	c.fill(`input[name=code]`, strings.ToLower(code.Reveal()))
	c.do(chromedp.Click(chromedp.CSS(`main button`)), chromedp.WaitEnabled(chromedp.CSS(`form[data-passkey=create] button`)))
	c.picture("enrolement-2-cle", true)
	c.fill(`input[name=name]`, "ordinateur du bureau")
	c.press(`form[data-passkey=create] button`, "Confirmez que c’est bien vous")
	c.picture("presence", true)
	c.press(`form[data-passkey=presence] button`, "Tout est prêt")
	c.picture("porte-3-pret", true)

	own := w.caseload(adviser.account.ID, 8)
	w.read(adviser, own...)
	c.open("/propositions")
	c.picture("propositions", true)
	c.press(`form:has(input[value=approve]) button`, "Confirmez par votre clé d’accès")
	c.picture("geste", false)
	c.press(`form[data-passkey=act] button`, "est accordée")
	c.picture("fait-code", false)
	if shown := get(c, chromedp.Text(chromedp.CSS("output"))); len(shown) != 19 {
		t.Errorf("the code is shown as %q", shown)
	}

	for i := 0; i < 60; i++ {
		w.read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	w.sealed(int64(len(own)))
	cuts := w.cuts()
	c.open("/habilitations")
	c.picture("habilitations", true)
	pages := map[string]string{"accueil": "/", "habilitation": "/habilitations/" + manager.account.ID.String(), "suspendue": "/habilitations/" + adviser.account.ID.String(),
		"exposition": "/exposition?structure=" + string(adviser.account.Structure), "alarmes": "/alarmes", "confinements": "/confinements",
		"apercu": "/confinements/apercu?account=" + manager.account.ID.String(), "registre": "/registre", "verification": "/registre/verification",
		"releve": "/releve?cut=" + cuts[0].ID.String(), "releve-vide": "/releve", "journal": "/journal", "formation": "/cloison/training",
		"introuvable": "/rien", "raison": "/cloison/refusals/other_subject"}
	for name, path := range pages {
		c.open(path)
		c.fits(name)
		c.picture(name, true)
	}
	c.open("/confinements/apercu?account=" + manager.account.ID.String())
	c.press(`button.danger`, "Confirmez par votre clé d’accès")
	c.press(`form[data-passkey=act] button`, "coupées")
	c.picture("fait-confinement", false)
	c.open("/cloison/")
	c.press(`form[action="/cloison/sortie"] button`, "déconnecté")
	c.picture("sortie", false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) > 0 {
		t.Errorf("the pages' script failed: %v", c.faults)
	}
}
