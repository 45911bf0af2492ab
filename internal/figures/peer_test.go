package figures

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const peerPackage = "github.com/oauth2-proxy/oauth2-proxy/v7"
const peerVersion = "v7.15.4"

// peer is oauth2-proxy in front of the same tool, with a signed-in cookie session.
type peer struct {
	address
	pid int
}

// installPeer builds oauth2-proxy beside the other things that are kept, once.
func (b *bench) installPeer() (string, error) {
	program := filepath.Join(b.cache, "bin", "oauth2-proxy-"+peerVersion)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	b.progress("  installing %s@%s (some minutes, once)", peerPackage, peerVersion)
	c := exec.Command("go", "install", peerPackage+"@"+peerVersion)
	c.Dir = b.cache // outside of our module
	c.Env = append(os.Environ(), "GOBIN="+b.scratch, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("peer not available: go install %s@%s: %v: %s", peerPackage, peerVersion, err,
			lines[len(lines)-1])
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	return program, os.Rename(filepath.Join(b.scratch, "oauth2-proxy"), program)
}

// beginPeer starts it with logging off and signs in by its htpasswd form. It does less than the gateway: it reads no
// answer, decides on nobody and records nothing.
func (b *bench) beginPeer(t *testing.T, upstream string) (*peer, error) {
	program, err := b.installPeer()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	password := sha1.Sum([]byte("figures")) // an htpasswd format; it is looked at once, at sign-in
	users := filepath.Join(b.scratch, "htpasswd")
	if err := os.WriteFile(users, []byte("figures:{SHA}"+base64.StdEncoding.EncodeToString(password[:])+"\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--http-address="+at, "--upstream=http://"+upstream, "--htpasswd-file="+users,
		"--email-domain=*",
		"--provider=github", "--client-id=none", "--client-secret=none",
		"--cookie-secret=0123456789abcdef0123456789abcdef", "--cookie-secure=false",
		"--request-logging=false", "--auth-logging=false", "--standard-logging=false", "--silence-ping-logging",
		"--proxy-websockets=false")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"username": {"figures"}, "password": {"figures"}, "rd": {"/"}}
	var resp *http.Response
	for range 100 { // until it listens
		if resp, err = client.PostForm("http://"+at+"/oauth2/sign_in", form); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("peer not available: it does not listen: %v", err)
	}
	resp.Body.Close()
	var cookies []string
	for _, k := range resp.Cookies() {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	if resp.StatusCode != http.StatusFound || len(cookies) == 0 {
		return nil, fmt.Errorf("peer not available: its sign-in answers %s", resp.Status)
	}
	return &peer{address{at, []string{strings.Join(cookies, "; ")}}, c.Process.Pid}, nil
}
