package signin_test

import (
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"cloison"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
)

// TestOnlyListedModels: with a list, a passkey is made in a listed model that its maker vouches for, and in nothing
// that says so itself.
func TestOnlyListedModels(t *testing.T) {
	t.Parallel()
	model, other := [16]byte{0xcb, 0x69, 1}, [16]byte{0xcb, 0x69, 2}
	maker := func(m []byte) *softkey.Maker {
		made, err := softkey.NewMaker("Clés Exemple", m)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	good, stranger, silent, sibling := maker(model[:]), maker(model[:]), maker(nil), maker(other[:])
	roots := []*x509.Certificate{good.Root, silent.Root, sibling.Root}
	w := newWorld(t, func(s *signin.Settings) {
		s.AAGUIDs, s.AttestationRoots = []string{"cb690100-0000-0000-0000-000000000000"}, roots
	})
	b := w.browser().in("mail")
	code, err := w.Approvals.IssueCode(w.Ctx, w.Who["mail"].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	if p := b.send(http.MethodPost, "/cloison/passkey/options", struct{}{}); !strings.Contains(p.body, `"attestation":"direct"`) {
		t.Errorf("the browser is asked for no attestation: %s", p.body)
	}
	for name, change := range map[string]func(*softkey.Key){
		"nobody vouches":               func(k *softkey.Key) { k.Model, k.Maker = model, nil },
		"it vouches for itself":        func(k *softkey.Key) { k.Model, k.Maker, k.Alone = model, nil, true },
		"a maker whom nobody knows":    func(k *softkey.Key) { k.Model, k.Maker = model, stranger },
		"another model":                func(k *softkey.Key) { k.Model, k.Maker = other, sibling },
		"another model's certificate":  func(k *softkey.Key) { k.Model, k.Maker = model, sibling },
		"a certificate without model":  func(k *softkey.Key) { k.Model, k.Maker = model, silent },
		"a model that says nothing":    func(k *softkey.Key) { k.Model, k.Maker = [16]byte{}, good },
		"nothing at all, as if synced": func(k *softkey.Key) { k.Model, k.Maker = [16]byte{}, nil },
	} {
		b.key = softkey.New()
		change(b.key)
		if p := b.register(name); p.status != http.StatusForbidden || p.reason() != refusal.PasskeyModel {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
	b.key = softkey.New()
	b.key.Model, b.key.Maker = model, good
	w.want(b.register("Clé de la maison"), http.StatusOK, "")
	w.want(b.act(signin.Presence), http.StatusOK, "")
	w.start(func(s *signin.Settings) {
		s.AAGUIDs, s.AttestationRoots = []string{"cb690200-0000-0000-0000-000000000000"}, roots
	})
	w.want(b.act(signin.Presence), http.StatusOK, "") // made before the list changed
}

func TestAListOfModelsIsWhole(t *testing.T) {
	t.Parallel()
	maker, err := softkey.NewMaker("Clés Exemple", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	roots := []*x509.Certificate{maker.Root}
	const aaguid = "cb69481e-8ff7-4039-93ec-0a2729a154a8"
	for name, s := range map[string]signin.Settings{
		"no roots":    {AAGUIDs: []string{aaguid}},
		"no models":   {AttestationRoots: roots},
		"no AAGUID":   {AAGUIDs: []string{"YubiKey 5"}, AttestationRoots: roots},
		"zero":        {AAGUIDs: []string{"00000000-0000-0000-0000-000000000000"}, AttestationRoots: roots},
		"other forms": {AAGUIDs: []string{"{" + aaguid + "}"}, AttestationRoots: roots},
	} {
		own := w.settings
		own.AAGUIDs, own.AttestationRoots = s.AAGUIDs, s.AttestationRoots
		if _, err := signin.New(w.DB, w.DB, own, testkit.Quiet(), w.ours); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
