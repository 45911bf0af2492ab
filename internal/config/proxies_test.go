package config

import (
	"net/http/httptest"
	"testing"
)

func TestClientBehindProxies(t *testing.T) {
	c := &Config{TrustedProxies: []string{"10.0.0.0/8", "192.0.2.7"}}
	addr, err := c.ClientAddr()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		peer  string
		hops  []string
		want  string
		about string
	}{
		{"203.0.113.5:1", nil, "203.0.113.5", "no proxy"},
		{"203.0.113.5:1", []string{"198.51.100.1"}, "203.0.113.5", "whoever is not a proxy may say what it wants"},
		{"10.1.2.3:1", []string{"203.0.113.5"}, "203.0.113.5", "one proxy"},
		{"10.1.2.3:1", []string{"198.51.100.1, 203.0.113.5"}, "203.0.113.5", "the client's own claim is not believed"},
		{"10.1.2.3:1", []string{"198.51.100.1", "203.0.113.5, 192.0.2.7"}, "203.0.113.5", "two proxies, two headers"},
		{"10.1.2.3:1", []string{"nonsense"}, "10.1.2.3", "a hop that is none"},
		{"10.1.2.3:1", nil, "10.1.2.3", "a proxy that says nothing"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = x.peer
		r.Header["X-Forwarded-For"] = x.hops
		if got := addr(r).String(); got != x.want {
			t.Errorf("%s: %s, want %s", x.about, got, x.want)
		}
	}
	if _, err := Parse([]byte("trusted_proxies: [proxy.example]")); err == nil {
		t.Error("a name is no address")
	}
	if none, err := (&Config{}).ClientAddr(); none != nil || err != nil {
		t.Error("without proxies the peer is the client")
	}
}
