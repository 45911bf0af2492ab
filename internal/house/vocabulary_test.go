package house_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cloison"
)

func TestIDsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := cloison.AccountID(rapid.Int64Range(1, 1<<60-1).Draw(t, "id"))
		got, err := cloison.ParseAccountID(id.String())
		if err != nil || got != id {
			t.Fatalf("%v read back as %v, %v", id, got, err)
		}
	})
	for range 100 {
		if id := cloison.NewSessionID(); id <= 0 || len(id.String()) != 13 {
			t.Fatalf("session id %d is %q", int64(id), id)
		}
	}
}

func TestIDsRefuse(t *testing.T) {
	for _, s := range []string{"a", "a0", "b0123456789ab", "a0123456789ai", "a000000000000", "a0123456789abc", " a0123456789ab", "a-"} {
		if id, err := cloison.ParseAccountID(s); err == nil {
			t.Errorf("%q read as %v", s, id)
		} else if cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%q: kind %v", s, cloison.KindOf(err))
		}
	}
}

func FuzzParseAccountID(f *testing.F) {
	f.Add("a0123456789ab")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := cloison.ParseAccountID(s); err == nil && s != "" && !strings.EqualFold(id.String(), s) {
			t.Fatalf("%q read as %v", s, id)
		}
	})
}

// TestNothingPersonalIsPrinted tries every common way by which a value ends in a log.
func TestNothingPersonalIsPrinted(t *testing.T) {
	const name = "Abdonie Exemple"
	values := []any{cloison.Personal(name), cloison.PersonRef(name), cloison.Secret(name), struct{ P cloison.Personal }{name}, []cloison.PersonRef{name}}
	for _, v := range values {
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		out := log.String() + fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v) + fmt.Sprint(v) + fmt.Errorf("%v", v).Error()
		if strings.Contains(out, "Abdonie") || strings.Contains(out, fmt.Sprintf("%x", name)) {
			t.Errorf("%T is printed: %s", v, out)
		}
	}
	if b, err := json.Marshal(cloison.Personal(name)); err != nil || strings.Contains(string(b), "Abdonie") {
		t.Errorf("JSON %s, %v", b, err)
	}
}

func TestFieldsByName(t *testing.T) {
	var all cloison.Fields
	for _, n := range cloison.FieldNames() {
		f, err := cloison.ParseField(n)
		if err != nil || f.String() != n || all&f != 0 {
			t.Fatalf("%s: %v %v", n, f, err)
		}
		all |= f
	}
	if all.Count() != len(cloison.FieldNames()) || !all.Has(cloison.NIR|cloison.Identity) {
		t.Fatal(all)
	}
	if _, err := cloison.ParseField("nirr"); cloison.KindOf(err) != cloison.Invalid {
		t.Fatal(err)
	}
}

func TestErrorsKeepKindAndCause(t *testing.T) {
	err := fmt.Errorf("outer: %w", cloison.Errorf(cloison.Unavailable, "store: %w", fs.ErrNotExist))
	if cloison.KindOf(err) != cloison.Unavailable || !errors.Is(err, fs.ErrNotExist) || err.Error() != "outer: store: file does not exist" {
		t.Fatal(err)
	}
	if cloison.KindOf(errors.New("x")) != cloison.Internal {
		t.Fatal("an unknown error is internal")
	}
}

func TestAnErrorNamesItsField(t *testing.T) {
	err := fmt.Errorf("propose: %w", cloison.InvalidField("email", "no %s stands in it", "@"))
	var field cloison.BadField
	if !errors.As(err, &field) || field != "email" || cloison.KindOf(err) != cloison.Invalid || err.Error() != "propose: email: no @ stands in it" {
		t.Errorf("%v is about %q", err, field)
	}
}
