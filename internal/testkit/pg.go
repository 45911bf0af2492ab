package testkit

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres is a private PostgreSQL server, with fsync on, for one test binary. It listens on a socket in a temporary
// folder, starts when the first test needs it, and dies with the test binary at the latest. The zero value is ready; a
// TestMain calls Stop.
type Postgres struct {
	InMemory bool // keep the files in /dev/shm where there is one: quicker, and no different to a server that is killed

	once   sync.Once
	err    error
	bin    string // folder of the programs
	dir    string // data and socket
	owner  *syscall.Credential
	number atomic.Int64

	mu      sync.Mutex
	process *os.Process
	ended   chan struct{}

	prepared   sync.Once
	prepareErr error
}

// Database returns the address of a fresh database, dropped at the end of the test. It is a copy of one that prepare
// was called for, once. A test that needs PostgreSQL fails where there is none, unless CLOISON_SKIP_POSTGRES is set.
func (p *Postgres) Database(t testing.TB, prepare func(ctx context.Context, url string) error) string {
	t.Helper()
	p.need(t)
	const template = "prepared"
	p.prepared.Do(func() {
		if p.prepareErr = p.administer("CREATE DATABASE " + template); p.prepareErr == nil {
			p.prepareErr = prepare(context.Background(), p.url(template))
		}
	})
	if p.prepareErr != nil {
		t.Fatal(p.prepareErr)
	}
	name := fmt.Sprintf("test%d", p.number.Add(1))
	if err := p.administer("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.administer("DROP DATABASE " + name + " WITH (FORCE)") })
	return p.url(name)
}

// Socket returns the path of the server's socket, for who wants to stand in between.
func (p *Postgres) Socket() string { return filepath.Join(p.dir, ".s.PGSQL.5432") }

func (p *Postgres) url(database string) string {
	return fmt.Sprintf("host=%s port=5432 user=postgres dbname=%s", p.dir, database)
}

// administer runs one statement outside of any test's database.
func (p *Postgres) administer(statement string) error {
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func (p *Postgres) need(t testing.TB) {
	t.Helper()
	needs(t, "PostgreSQL server")
	if os.Getenv("CLOISON_SKIP_POSTGRES") != "" {
		t.Skip("CLOISON_SKIP_POSTGRES is set")
	}
	p.once.Do(func() { p.err = p.create() })
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// create finds the programs, makes a cluster and starts the server.
func (p *Postgres) create() (err error) {
	if p.bin, err = findPostgres(); err != nil {
		return err
	}
	parent := ""
	if _, err := os.Stat("/dev/shm"); err == nil && p.InMemory {
		parent = "/dev/shm"
	}
	if p.dir, err = os.MkdirTemp(parent, "cloison-pg"); err != nil {
		return err
	}
	if os.Getuid() == 0 { // the server refuses to run as root
		if p.owner, err = owner(p.dir); err != nil {
			return err
		}
	}
	initdb := p.command("initdb", "--pgdata", p.data(), "--auth=trust", "--username=postgres", "--encoding=UTF8",
		"--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return p.Start()
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *Postgres) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(p.bin, program), args...)
	c.Dir = p.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Pdeathsig: syscall.SIGQUIT}
	return c
}

// Start starts the server again after Kill, and returns when it accepts connections.
func (p *Postgres) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	server := p.command("postgres", "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=on",
		"-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "logging_collector=off", "-c", "log_min_messages=warning",
		"-c", "autovacuum_naptime=5min")
	stderr, err := server.StderrPipe()
	if err != nil {
		return err
	}
	ready, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the death signal is tied to the thread that starts the process
		defer close(ended)
		if err := server.Start(); err != nil {
			ready <- err
			return
		}
		p.process = server.Process
		var last string
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if last = lines.Text(); strings.Contains(last, "ready to accept connections") {
				select {
				case ready <- nil:
				default:
				}
			}
		}
		err := server.Wait()
		select {
		case ready <- fmt.Errorf("postgres ended: %v: %s", err, last):
		default:
		}
	}()
	p.ended = ended
	return <-ready
}

// Kill ends the server at once, as a crash does: the next start recovers from its log.
func (p *Postgres) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		_ = p.process.Signal(syscall.SIGQUIT)
		<-p.ended
		p.process = nil
	}
}

// Stop ends the server and removes its files.
func (p *Postgres) Stop() {
	p.Kill()
	if p.dir != "" {
		os.RemoveAll(p.dir)
	}
}

// findPostgres returns the folder of the newest server installed.
func findPostgres() (string, error) {
	best, version := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	for _, f := range found {
		if v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(f)))); v > version {
			best, version = filepath.Dir(f), v
		}
	}
	if best != "" {
		return best, nil
	}
	f, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("this test needs a PostgreSQL server: apt-get install postgresql (make test does it), " +
			"or set CLOISON_SKIP_POSTGRES=1 to leave PostgreSQL untested")
	}
	if f, err = filepath.EvalSymlinks(f); err != nil {
		return "", err
	}
	return filepath.Dir(f), nil
}

// owner gives the folder to the system's user for PostgreSQL.
func owner(dir string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}
