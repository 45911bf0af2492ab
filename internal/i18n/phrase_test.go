package i18n_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloison/internal/i18n"
)

func TestOwnCatalogue(t *testing.T) {
	c, err := i18n.Load(i18n.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range c.Check() {
		t.Error(wrong)
	}
	if len(c.Keys()) < 30 {
		t.Errorf("only %d phrases", len(c.Keys()))
	}
}

func TestCheckFinds(t *testing.T) {
	for name, pair := range map[string][2]string{
		"not in en.json":           {`{"a":"oui","b":"non"}`, `{"a":"yes"}`},
		"not in fr.json":           {`{}`, `{"a":"yes"}`},
		"parameters":               {`{"a":"{n} oui"}`, `{"a":"{m} yes"}`},
		"plural forms":             {`{"a":{"one":"{n} oui"}}`, `{"a":"{n} yes"}`},
		"typewriter":               {`{"a":"l'outil"}`, `{"a":"tool"}`},
		"no narrow no-break space": {`{"a":"quoi ?"}`, `{"a":"what?"}`},
		"space at '«'":             {`{"a":"« oui\u202f»"}`, `{"a":"yes"}`},
		"plain space in a number":  {`{"a":"1 600"}`, `{"a":"1,600"}`},
		"straight quotes":          {`{"a":"le \"oui\""}`, `{"a":"yes"}`},
		"two spaces":               {`{"a":"oui"}`, `{"a":"yes  sir"}`},
		"a brace that is no param": {`{"a":"{N} oui"}`, `{"a":"yes"}`},
		"nothing":                  {`{"a":""}`, `{"a":"yes"}`},
	} {
		c, err := i18n.Load(fstest.MapFS{"fr.json": {Data: []byte(pair[0])}, "en.json": {Data: []byte(pair[1])}})
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(c.Check(), "\n"); !strings.Contains(found, name) {
			t.Errorf("%s: not found in %q", name, found)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, fsys := range []fstest.MapFS{{}, {"fr.json": {Data: []byte(`{`)}, "en.json": {Data: []byte(`{}`)}},
		{"fr.json": {Data: []byte(`{"a":1}`)}, "en.json": {Data: []byte(`{}`)}},
		{"fr.json": {Data: []byte(`{"a":"oui","b":"non","a":"si"}`)}, "en.json": {Data: []byte(`{}`)}},
		{"fr.json": {Data: []byte(`{"a":{"one":"un","other":"deux","one":"une"}}`)}, "en.json": {Data: []byte(`{}`)}}} {
		if _, err := i18n.Load(fsys); err == nil {
			t.Errorf("%v was loaded", fsys)
		}
	}
}

func TestFor(t *testing.T) {
	for header, want := range map[string]i18n.Lang{
		"":                            i18n.French,
		"fr-FR,fr;q=0.9,en;q=0.8":     i18n.French,
		"en":                          i18n.English,
		"en-GB, fr;q=0.5":             i18n.English,
		"fr;q=0.1, en;q=0.2":          i18n.English,
		"de, en;q=0.7, fr;q=0.3":      i18n.English,
		"de":                          i18n.French,
		"*":                           i18n.French,
		"en;q=0":                      i18n.French,
		"\x00;;;q=":                   i18n.French,
		strings.Repeat("en,", 10_000): i18n.French,
	} {
		if got := i18n.For(header); got != want {
			t.Errorf("For(%.40q) = %v, want %v", header, got, want)
		}
	}
}

func TestSay(t *testing.T) {
	c, err := i18n.Load(fstest.MapFS{
		"fr.json": {Data: []byte(`{"files":{"one":"{n} dossier","other":"{n} dossiers"},"at":"le {t}","day":"le {t:date}","hour":"à {t:time}","who":"{who}, {who}"}`)},
		"en.json": {Data: []byte(`{"files":{"one":"{n} file","other":"{n} files"},"at":"on {t}","day":"on {t:date}","hour":"at {t:time}","who":"{who}, {who}"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, time.December, 3, 14, 5, 0, 0, time.FixedZone("", 3600))
	first := time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		l    i18n.Lang
		key  i18n.Key
		p    i18n.Params
		want string
	}{
		{i18n.French, "files", i18n.Params{"n": 0}, "0 dossier"},
		{i18n.French, "files", i18n.Params{"n": 1}, "1 dossier"},
		{i18n.French, "files", i18n.Params{"n": 2}, "2 dossiers"},
		{i18n.French, "files", i18n.Params{"n": 1_600_000}, "1\u202f600\u202f000 dossiers"},
		{i18n.English, "files", i18n.Params{"n": 0}, "0 files"},
		{i18n.English, "files", i18n.Params{"n": int64(1)}, "1 file"},
		{i18n.English, "files", i18n.Params{"n": 1_600_000}, "1,600,000 files"},
		{i18n.French, "at", i18n.Params{"t": at}, "le 3\u00a0décembre 2025 à 14\u202fh\u202f05"},
		{i18n.English, "at", i18n.Params{"t": at}, "on 3\u00a0December 2025 at 14:05"},
		{i18n.French, "day", i18n.Params{"t": first}, "le 1er\u00a0mai 2026"},
		{i18n.French, "hour", i18n.Params{"t": at}, "à 14\u202fh\u202f05"},
		{i18n.French, "who", i18n.Params{"who": "{who}"}, "{who}, {who}"},
		{i18n.French, "who", nil, "{who}, {who}"},
		{i18n.English, "nothing.like.it", nil, "nothing.like.it"},
	} {
		if got := c.Say(test.l, test.key, test.p); got != test.want {
			t.Errorf("Say(%v, %q, %v) = %q, want %q", test.l, test.key, test.p, got, test.want)
		}
	}
}
