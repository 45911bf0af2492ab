package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

// caseFile is an answer of about 3.5 KB, as a case-file tool gives.
func caseFile(id string) string {
	var notes []string
	for i := range 12 {
		notes = append(notes, fmt.Sprintf(`{"date":"2026-01-%02dT09:30:00Z","texte":"%s"}`, i+1,
			strings.Repeat("Reçu ce jour en entretien, projet de formation à préciser. ", 4)[:210]))
	}
	return `{"id":"` + id + `","nom":"Ménard","prenom":"Éloïse","sexe":"F","naissance":"2004-05-06","nir":"204050000000097",` +
		`"identifiant":"` + id + `","adresse":"12 rue des Écoles, 00000 Exempleville","courriel":"e.menard@exemple.example",` +
		`"telephones":["0100000000","0600000000"],"statut":"inscrite","inscription":"2024-09-01","conseiller":"C. Martin",` +
		`"structure":"Mission Locale d’Exempleville","notes":[` + strings.Join(notes, ",") + `]}`
}

// BenchmarkGateway measures the whole chain beside a bare httputil.ReverseProxy, in interleaved rounds, on the real
// stage and store: each answer is read, masked, and left only when its row is synced. It reports ratios, which are the
// claim, and the figures of this machine, which are not:
//
//	go test ./wall/gateway -run '^$' -bench Gateway -benchtime 1x
func BenchmarkGateway(b *testing.B) {
	const connections, rounds = 32, 5
	doc := caseFile("07")
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(doc)))
		io.WriteString(w, doc)
	}))
	defer upstream.Close()
	w := newWorld(b, http.NotFoundHandler(), func(t *mapping.Tool) { t.Upstream = upstream.URL })
	w.staff(connections)
	bare := httptest.NewServer(bareProxy(b, upstream.URL))
	defer bare.Close()

	for b.Loop() {
		var rate, slow, work, added []float64
		last := map[string]float64{}
		for range rounds {
			x, y := load(b, bare.URL, connections, 5), load(b, w.url, connections, 5)
			rate, work = append(rate, y.rate/x.rate), append(work, y.cpu.Seconds()/x.cpu.Seconds())
			slow = append(slow, y.p50.Seconds()/x.p50.Seconds())
			one, two := load(b, bare.URL, 1, 2), load(b, w.url, 1, 2)
			floor := syncTime(b)
			added = append(added, (two.p50-one.p50).Seconds()/floor.Seconds())
			last["bare-req/s"], last["gateway-req/s"] = x.rate, y.rate
			last["bare-cpu-us"], last["gateway-cpu-us"] = float64(x.cpu.Microseconds()), float64(y.cpu.Microseconds())
			last["bare-1conn-us"], last["gateway-1conn-us"] = float64(one.p50.Microseconds()), float64(two.p50.Microseconds())
			last["sync-us"] = float64(floor.Microseconds())
		}
		for name, ratios := range map[string][]float64{"x-bare-req/s": rate, "x-bare-p50": slow, "x-bare-cpu": work, "syncs-added-1conn": added} {
			b.ReportMetric(median(ratios), name)
		}
		for name, figure := range last {
			b.ReportMetric(figure, name)
		}
		b.Logf("req/s %.2f, cpu %.2f, added syncs %.2f", rate, work, added)
	}
}

// BenchmarkWithoutLedger is the same without a stage: what reading, deciding nothing and rewriting cost.
func BenchmarkWithoutLedger(b *testing.B) {
	doc := caseFile("07")
	tool := says(doc)
	shows := cloison.Identity | cloison.Sex | cloison.Birth | cloison.CustomerID | cloison.Postal | cloison.Email | cloison.Phone |
		cloison.Status | cloison.Notes
	g := httptest.NewServer(scriptedGateway(b, tool, &scripted{decide: permit(policy.PersonDecision{Show: shows, Mask: cloison.NIR})}))
	defer g.Close()
	upstream := httptest.NewServer(tool)
	defer upstream.Close()
	bare := httptest.NewServer(bareProxy(b, upstream.URL))
	defer bare.Close()
	for b.Loop() {
		var rate []float64
		for range 5 {
			x, y := load(b, bare.URL, 32, 3), load(b, g.URL, 32, 3)
			rate = append(rate, y.rate/x.rate)
		}
		b.ReportMetric(median(rate), "x-bare-req/s")
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// bareProxy is httputil.ReverseProxy at its best.
func bareProxy(b *testing.B, to string) http.Handler {
	target, err := url.Parse(to)
	if err != nil {
		b.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:  &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
		BufferPool: &buffers{},
	}
}

type buffers struct{ pool sync.Pool }

func (p *buffers) Get() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}
func (p *buffers) Put(b []byte) { p.pool.Put(&b) }

// staff gives the world agents agent0, agent1…, each with the person 07 in the caseload.
func (w *world) staff(n int) {
	for i := range n {
		agent, _ := w.agent(fmt.Sprint("staff-", i), "07")
		w.callers[fmt.Sprint("agent", i)] = gateway.Caller{Structure: "ML1", Roles: directory.Adviser, Agent: agent}
	}
}

type loaded struct {
	rate float64 // answers a second
	p50  time.Duration
	cpu  time.Duration // of this process for each answer: client, proxy, upstream and store together
}

// processorTime is the processor time of this process; other programs change it less than elapsed time.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// load asks for the file of 07 over that number of kept connections, for some tenths of a second. It checks each
// answer.
func load(b *testing.B, to string, connections, tenths int) loaded {
	u, err := url.Parse(to)
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	var took []time.Duration
	var group sync.WaitGroup
	used, began := processorTime(b), time.Now()
	until := began.Add(time.Duration(tenths) * 100 * time.Millisecond)
	for i := range connections {
		group.Go(func() {
			conn, err := net.Dial("tcp", u.Host)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			br := bufio.NewReader(conn)
			request := fmt.Appendf(nil, "GET /api/dossiers/07 HTTP/1.1\r\nHost: tool\r\nCookie: __Host-cloison=agent%d\r\n\r\n", i)
			var mine []time.Duration
			for start := time.Now(); start.Before(until); start = time.Now() {
				if _, err := conn.Write(request); err != nil {
					b.Error(err)
					return
				}
				resp, err := http.ReadResponse(br, nil)
				if err != nil {
					b.Error(err)
					return
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err != nil || resp.StatusCode != 200 || n < 2000 {
					b.Errorf("%d, %d bytes, %v", resp.StatusCode, n, err)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	group.Wait()
	if len(took) == 0 {
		b.Fatal("no answer")
	}
	slices.Sort(took)
	return loaded{rate: float64(len(took)) / time.Since(began).Seconds(), p50: took[len(took)/2],
		cpu: (processorTime(b) - used) / time.Duration(len(took))}
}

// syncTime is the median time of appending a row of 200 bytes to a file and syncing it.
func syncTime(b *testing.B) time.Duration {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	took := make([]time.Duration, 0, 200)
	for range cap(took) {
		start := time.Now()
		if _, err := f.Write(make([]byte, 200)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2]
}
