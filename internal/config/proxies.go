package config

import (
	"net/http"
	"net/netip"
	"strings"

	"cloison"
)

// proxies reads trusted_proxies: addresses or networks.
func (c *Config) proxies() ([]netip.Prefix, error) {
	var trusted []netip.Prefix
	for _, text := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			var address netip.Addr
			if address, err = netip.ParseAddr(text); err == nil {
				prefix, err = address.Prefix(address.BitLen())
			}
		}
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "%q is neither an address nor a network such as 10.0.0.0/8", text)
		}
		trusted = append(trusted, prefix)
	}
	return trusted, nil
}

// ClientAddr tells a request's address. Each proxy appends the peer it saw, so that only the entries written by
// trusted ones are believed: from the right, the first address that is not theirs. Nil without trusted proxies: the TCP
// peer.
func (c *Config) ClientAddr() (func(*http.Request) netip.Addr, error) {
	trusted, err := c.proxies()
	if err != nil || len(trusted) == 0 {
		return nil, err
	}
	ours := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) netip.Addr {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return netip.Addr{}
		}
		at := peer.Addr()
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && ours(at); i-- {
			next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			at = next
		}
		return at
	}, nil
}
