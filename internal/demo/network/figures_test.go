package network_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"cloison/internal/demo/network"
)

// figure fails when a measure leaves the interval that the reference gives.
func figure(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	t.Logf("%s: %.3g", what, got)
	if got < low || got > high {
		t.Errorf("%s is %.3g: the reference says %.3g to %.3g", what, got, low, high)
	}
}

func TestStructuresAreWhereAndAsLargeAsTheyAre(t *testing.T) {
	n := large(t)
	areas, sizes := make(map[string]int), []float64{}
	codes, sirets := make(map[string]bool), make(map[string]bool)
	total := 0
	for i := range n.Structures() {
		s := n.Structure(i)
		lo, hi := n.Members(i)
		areas[s.Area]++
		codes[s.Code], sirets[s.SIRET] = true, true
		sizes = append(sizes, float64(hi-lo))
		total += hi - lo
		if !luhnValid(s.SIRET) || !luhnValid(s.SIRET[:9]) || !strings.HasPrefix(s.SIRET, "000") {
			t.Errorf("SIRET %s of %s", s.SIRET, s.Label)
		}
		if s.City == "Paris" && hi-lo < 15_000 {
			t.Errorf("Paris has %d persons", hi-lo)
		}
	}
	if total != n.Persons() || len(codes) != n.Structures() || len(sirets) != n.Structures() {
		t.Errorf("%d persons, %d codes, %d SIRETs", total, len(codes), len(sirets))
	}
	for area, want := range map[string]int{"Île-de-France": 76, "Auvergne-Rhône-Alpes": 61, "Bretagne": 17, "Mayotte": 1} {
		figure(t, area, float64(areas[area]), float64(want-1), float64(want))
	}
	slices.Sort(sizes)
	figure(t, "smallest structure", sizes[0], 500, 1000)
	figure(t, "largest structure", sizes[len(sizes)-1], 15_000, 32_000)
	figure(t, "mean structure", float64(total)/float64(n.Structures()), 3000, 4000)
}

func luhnValid(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func TestPersonsAreAsOldAndAsManyAsTheyAre(t *testing.T) {
	n := large(t)
	const step = 37 // a sample of 43 000
	var under18, to21, to25, over, women, count float64
	names := make(map[string]int)
	for i := 0; i < n.Persons(); i += step {
		p := n.Person(i)
		count++
		age := n.AsOf().Year() - p.Birth.Year()
		if n.AsOf().YearDay() < p.Birth.YearDay() {
			age--
		}
		switch {
		case age < 18:
			under18++
		case age < 22:
			to21++
		case age < 26:
			to25++
		default:
			over++
		}
		if p.Sex == "F" {
			women++
		}
		names[p.Surname]++
		if p.Registered.After(n.AsOf()) || p.Registered.Before(p.Birth.AddDate(16, 0, 0)) {
			t.Fatalf("person %d registered on %v, born on %v", i, p.Registered, p.Birth)
		}
	}
	figure(t, "under 18", under18/count, 0.05, 0.07)
	figure(t, "18 to 21", to21/count, 0.46, 0.50)
	figure(t, "22 to 25", to25/count, 0.38, 0.42)
	figure(t, "26 and over", over/count, 0.05, 0.07)
	figure(t, "women", women/count, 0.47, 0.49)
	most := 0
	for _, k := range names {
		most = max(most, k)
	}
	figure(t, "share of the first surname", float64(most)/count, 0.003, 0.01)
	_, homonyms := n.Find("Martin Léa", "", 0, 1)
	figure(t, "persons called Léa Martin", float64(homonyms), 10, 1000)
}

func TestCaseloadsAreAsTheyAre(t *testing.T) {
	n := large(t)
	var followed, present, elsewhere, moved float64
	const step = 41
	for i := 0; i < n.Persons(); i += step {
		links := n.Links(i)
		if len(links) == 0 {
			continue
		}
		followed++
		structure := n.Person(i).Structure
		for _, l := range links {
			if l.Since.After(n.AsOf()) || !l.Until.IsZero() && l.Until.Before(l.Since) {
				t.Fatalf("link %+v", l)
			}
			switch {
			case !l.Until.IsZero():
				moved++
			case n.Agent(l.Agent).Structure != structure:
				elsewhere++
				present++
			default:
				present++
			}
		}
	}
	figure(t, "agents a person", present/followed, 1.3, 2)
	figure(t, "followed in a second structure", elsewhere/followed, 0.03, 0.08)
	figure(t, "transferred a month", moved/followed/3, 0.05, 0.10)
	var loads []float64
	for a := 0; a < n.Agents(); a += 53 {
		if k := len(n.Caseload(a)); k > 0 {
			loads = append(loads, float64(k))
		}
	}
	slices.Sort(loads)
	var sum, logs, squares float64
	for _, l := range loads {
		sum += l
		logs += math.Log(l)
		squares += math.Log(l) * math.Log(l)
	}
	count := float64(len(loads))
	figure(t, "mean caseload", sum/count, 85, 130)
	figure(t, "spread of the logarithm of caseloads", math.Sqrt(squares/count-logs*logs/count/count), 0.2, 0.6)
}

func TestAgentsHaveTheirRoles(t *testing.T) {
	n := large(t)
	roles, emails := make(map[network.Role]float64), make(map[string]bool)
	managers := make(map[int]int)
	for i := range n.Agents() {
		a := n.Agent(i)
		emails[a.Email] = true
		for _, r := range a.Roles {
			roles[r]++
			central := r == network.Approver || r == network.Officer || r == network.DPO || r == network.Auditor
			if central != (a.Structure == n.Structures()) {
				t.Errorf("agent %d is %s in structure %d", i, r, a.Structure)
			}
			if r == network.Manager {
				managers[a.Structure]++
			}
		}
		if got, ok := n.AgentByEmail(strings.ToUpper(a.Email)); !ok || got != i || a.Sub != network.Subject(a.IdP, a.Email) {
			t.Errorf("agent %d is not found by e-mail or has another sub", i)
		}
		if !strings.HasSuffix(a.Email, ".example") {
			t.Errorf("agent %d could be reached at %s", i, a.Email)
		}
		if lo, hi := n.Team(a.Structure); i < lo || i >= hi {
			t.Errorf("agent %d is not in the team of structure %d: %d to %d", i, a.Structure, lo, hi)
		}
	}
	if len(emails) != n.Agents() {
		t.Errorf("%d e-mails for %d agents", len(emails), n.Agents())
	}
	for i := range n.Structures() {
		if managers[i] < 1 || managers[i] > 3 {
			t.Errorf("structure %d has %d managers", i, managers[i])
		}
	}
	all := float64(n.Agents())
	figure(t, "advisers", roles[network.Adviser]/all, 0.65, 0.75)
	figure(t, "directors", roles[network.Director], float64(n.Structures()), float64(n.Structures()))
	figure(t, "approvers", roles[network.Approver], 2, 20)
	for _, r := range []network.Role{network.Officer, network.DPO, network.Auditor} {
		figure(t, string(r), roles[r], 1, 5)
	}
}

func TestFeedsAgree(t *testing.T) {
	n := small(t, 13)
	for name, write := range map[string]func(network.Feed, io.Writer) error{
		"structures": network.Feed.WriteStructures, "accounts": network.Feed.WriteAccounts, "caseload": network.Feed.WriteCaseload,
	} {
		var asJSON, asCSV bytes.Buffer
		for format, out := range map[network.Format]*bytes.Buffer{network.JSONLines: &asJSON, network.CSV: &asCSV} {
			f, err := n.Feed(format)
			if err != nil {
				t.Fatal(err)
			}
			if err := write(f, out); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := csv.NewReader(&asCSV).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(&asJSON)
		for i := 1; lines.Scan(); i++ {
			var line map[string]string
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatalf("%s: %v in %s", name, err, lines.Text())
			}
			for k, column := range rows[0] {
				if line[column] != rows[i][k] {
					t.Fatalf("%s line %d: %s is %q in JSON, %q in CSV", name, i, column, line[column], rows[i][k])
				}
			}
			if i == len(rows)-1 && lines.Scan() {
				t.Fatalf("%s: JSON has more lines", name)
			}
		}
	}
	if _, err := n.Feed("xml"); err == nil {
		t.Error("a feed of an unknown format")
	}
}

// The whole country twice over, and the least that stands, are networks too.
func TestSizes(t *testing.T) {
	for _, o := range []network.Options{
		{Persons: 43_000_000, Structures: 900, Agents: 70_000}, {Persons: 50, Structures: 1, Agents: 9},
		{Persons: 5000, Structures: 60, Agents: 245}, {Persons: 100_000, Structures: 2000, Agents: 8005},
	} {
		n, err := network.New(o)
		if err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		p := n.Person(n.Persons() - 1)
		if i, ok := n.ByNIR(p.NIR); !ok || i != p.Number {
			t.Errorf("%+v: the last person is not found by NIR", o)
		}
	}
	for _, o := range []network.Options{{Persons: 10}, {Structures: -1}, {Agents: 100}, {Persons: 60_000_000}, {Structures: 5000}} {
		if _, err := network.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func FuzzLookups(f *testing.F) {
	n, err := network.New(network.Options{Persons: 4000, Structures: 4, Agents: 60})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", n.ID(0), n.Person(1).NIR, "99999999999", "-1000000000", "000000000000000", "Martin", "Le ",
		"É\xff", "75", "299010000100100"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if i, ok := n.ByID(s); ok && n.ID(i) != s {
			t.Errorf("ByID(%q) is person %d, whose id is another", s, i)
		}
		if i, ok := n.ByNIR(s); ok && n.Person(i).NIR != s {
			t.Errorf("ByNIR(%q) is person %d, whose NIR is another", s, i)
		}
		page, total := n.Find(s, s, 0, 5)
		if len(page) > total || total > n.Persons() {
			t.Errorf("Find(%q): %d of %d", s, len(page), total)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := network.New(network.Options{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPerson(b *testing.B) {
	n := large(b)
	for i := 0; b.Loop(); i++ {
		n.Person(i * 7919 % n.Persons())
	}
}

func BenchmarkIdentity(b *testing.B) {
	n := large(b)
	for i := 0; b.Loop(); i++ {
		n.Identity(i * 7919 % n.Persons())
	}
}

func BenchmarkFind(b *testing.B) {
	n := large(b)
	for _, q := range [][2]string{{"Martin", ""}, {"Martin", "Lille"}, {"", "Paris"}, {"Ma", "75"}, {"Martin Léa", ""}} {
		b.Run(strings.Join(q[:], "@"), func(b *testing.B) {
			for b.Loop() {
				n.Find(q[0], q[1], 0, 20)
			}
		})
	}
}

func BenchmarkCaseloadFeed(b *testing.B) {
	n := large(b)
	f, err := n.Feed(network.JSONLines)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := f.WriteCaseload(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
