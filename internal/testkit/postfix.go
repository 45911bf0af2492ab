package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Postfix is a private Postfix on a loopback port, with a queue and a mailbox of its own, that speaks STARTTLS. It
// takes mail for alice@ml.example and diane@ml.example into a Maildir each, refuses refused@ml.example for good and
// later@ml.example for now, and delivers nowhere else.
type Postfix struct {
	Port int
	TLS  *tls.Config // trusts the server's certificate, for "localhost"
	dir  string
}

// NewPostfix starts one until the test ends. Postfix wants root to start; without it, or without Postfix, the test is
// skipped (scripts/need installs it).
func NewPostfix(t *testing.T) *Postfix {
	t.Helper()
	needs(t, "Postfix")
	postfix, err := exec.LookPath("postfix")
	if err != nil {
		t.Skip("Postfix is not installed: make need")
	}
	owner, err := user.Lookup("postfix")
	if err != nil || os.Getuid() != 0 {
		t.Skip("Postfix starts as root only")
	}
	p := &Postfix{dir: t.TempDir(), Port: freePort(t)}
	if err := os.Chmod(filepath.Dir(p.dir), 0o755); err != nil { // Postfix's own users go through it
		t.Fatal(err)
	}
	for _, d := range []string{"etc", "spool", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(p.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	uid, _ := strconv.Atoi(owner.Uid)
	for _, d := range []string{"data", "mail"} {
		if err := os.Chown(filepath.Join(p.dir, d), uid, -1); err != nil {
			t.Fatal(err)
		}
	}
	p.TLS = SelfSigned(t, filepath.Join(p.dir, "etc", "cert.pem"), filepath.Join(p.dir, "etc", "key.pem"))
	p.write(t, "main.cf", fmt.Sprintf(postfixMain, p.dir, owner.Uid))
	p.write(t, "master.cf", fmt.Sprintf(postfixMaster, p.Port))
	run := func(verb string) error {
		out, err := exec.Command(postfix, "-c", filepath.Join(p.dir, "etc"), verb).CombinedOutput()
		if err != nil {
			return fmt.Errorf("postfix %s: %w: %s", verb, err, out)
		}
		return nil
	}
	if err := run("start"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run("stop"); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, p.Port)
	return p
}

const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = ml.example
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{alice@ml.example=alice/, diane@ml.example=diane/}
virtual_uid_maps = static:%[2]s
virtual_gid_maps = static:%[2]s
virtual_minimum_uid = 1
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = %[1]s/etc/cert.pem
smtpd_tls_key_file = %[1]s/etc/key.pem
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{refused@ml.example = 550 5.1.1 no such user}, {later@ml.example = 450 4.2.1 come back later}}, permit_mynetworks, reject
`

const postfixMaster = `127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

func (p *Postfix) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "etc", name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// SelfSigned writes a certificate for localhost that vouches for itself, with its key, and returns what a client needs
// to believe it.
func SelfSigned(t *testing.T, certFile, keyFile string) *tls.Config {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	must(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	must(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	certificate, err := x509.ParseCertificate(der)
	must(err)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// Mailbox waits until n messages are delivered to local@ml.example, and returns all that are.
func (p *Postfix) Mailbox(t *testing.T, local string, n int) []string {
	t.Helper()
	for deadline := time.Now().Add(Patience); ; {
		names, err := filepath.Glob(filepath.Join(p.dir, "mail", local, "new", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) >= n {
			var list []string
			for _, name := range names {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, string(b))
			}
			return list
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			t.Fatalf("%d of %d messages came for %s: %s", len(names), n, local, strings.TrimSpace(string(log)))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func waitFor(t *testing.T, port int) {
	t.Helper()
	Until(t, fmt.Sprintf("nothing listens on port %d", port), func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}
