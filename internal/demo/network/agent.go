package network

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Role is what an agent does, in the words of the import files.
type Role string

const (
	Adviser   Role = "adviser"
	Manager   Role = "manager"
	Approver  Role = "approver"
	Officer   Role = "officer"
	DPO       Role = "dpo"
	Auditor   Role = "auditor"
	Director  Role = "director"
	Reception Role = "reception"
)

// Identity providers of the network, as ProConnect names them in idp_id.
const (
	IdentiteProvider = "3b9d6c1e-0f3a-4d52-9c55-0a1de7000001" // ProConnect Identité: a password, then a code by e-mail
	StrongProvider   = "3b9d6c1e-0f3a-4d52-9c55-0a1de7000002" // a body's own: a password and a key
)

// Agent is somebody who works in a structure and may sign in.
type Agent struct {
	Number    int
	Structure int // index; Structures() for the network's own body
	Given     string
	Surname   string
	Email     string
	IdP       string // idp_id
	Sub       string // what ProConnect says of this account at this provider
	Roles     []Role
	Created   time.Time
	Awareness time.Time // last awareness training; one in fifty is older than six months
	Course    time.Time // managers' course; zero for those who do not manage
	Password  string    // at the identity provider
	Key       string    // what the provider's second factor answers; empty where there is none but the e-mail code
}

// Has reports whether the agent has the role.
func (a Agent) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// Subject returns the sub of an account at an identity provider: ProConnect gives one sub per provider and account, so
// that changing the provider changes the sub.
func Subject(idp, email string) string {
	h := sha256.Sum256([]byte("standin sub\x00" + idp + "\x00" + strings.ToLower(email)))
	return hex.EncodeToString(h[:])
}

const (
	minTeam    = 4 // a director who manages accounts too, a receptionist and two advisers
	minCentral = 5 // two approvers, an officer, a DPO and an auditor
	advisers   = 0.70
)

// agentSeed is what is kept of an agent: the rest is derived.
type agentSeed struct {
	structure      int32
	place          int32 // in the structure
	given, surname string
	email          string
}

// team is the agents of one structure: first the direction, then the reception, then the advisers.
type team struct {
	first, managers, reception, advisers int      // the first agent's number, and counts
	followed                             int      // persons of the structure who have an adviser
	cuts                                 []uint32 // first followed rank of each adviser, and the end
}

func (t team) firstAdviser() int { return t.first + 1 + t.managers + t.reception }

// staff shares the agents between the structures by their persons, then the caseloads between the advisers.
func (n *Network) staff() {
	central := max(minCentral, min(20, n.opts.Agents/900))
	weights := make([]float64, n.opts.Structures)
	for i := range weights {
		lo, hi := n.Members(i)
		weights[i] = float64(hi - lo)
	}
	extra := apportion(n.opts.Agents-central-minTeam*n.opts.Structures, weights)
	first := 0
	for i, more := range extra {
		n.teams = append(n.teams, n.newTeam(i, first, minTeam+more))
		first += minTeam + more
	}
	n.byMail = make(map[string]int32, n.opts.Agents)
	n.agents = make([]agentSeed, 0, n.opts.Agents)
	for i := range n.teams {
		t := &n.teams[i]
		for place := range t.advisers + t.reception + t.managers + 1 {
			n.hire(i, place)
		}
	}
	for place := range central {
		n.hire(n.opts.Structures, place)
	}
}

// newTeam splits the agents of a structure by role: 70 % advisers, one to three managers, one director (who is the
// manager of a team under eight), the others at the reception and the duty desk.
func (n *Network) newTeam(i, first, size int) team {
	t := team{first: first, managers: 1 + size/30}
	t.managers = min(t.managers, 3)
	if size < 8 {
		t.managers = 0
	}
	t.advisers = max(2, int(math.Round(advisers*float64(size))))
	t.reception = size - 1 - t.managers - t.advisers
	lo, hi := n.Members(i)
	t.followed = min(t.advisers*meanPrincipal, (hi-lo)*9/10)
	spread, weights := n.key.stream("caseload"), make([]float64, t.advisers)
	for k := range weights {
		weights[k] = math.Exp(0.4 * spread.normal(t.firstAdviser()+k))
	}
	t.cuts = cumulate(apportion(t.followed, weights))
	return t
}

// hire names an agent and gives an address that nobody else has.
func (n *Network) hire(structure, place int) {
	number, names := len(n.agents), n.key.stream("agents")
	pool := n.pools.female
	if names.below(4*number, 10) >= 7 {
		pool = n.pools.male
	}
	s := n.pools.surnames
	a := agentSeed{structure: int32(structure), place: int32(place), given: pool.pick(names.unit(4*number + 1)),
		surname: s.names[interval(s.starts, names.below(4*number+2, n.opts.Persons))]}
	local := slug(a.given) + "." + slug(a.surname)
	for k := 1; ; k++ {
		a.email = local + "@" + n.structures[structure].Domain
		if _, taken := n.byMail[a.email]; !taken {
			break
		}
		local = slug(a.given) + "." + slug(a.surname) + strconv.Itoa(k+1)
	}
	n.byMail[a.email] = int32(number)
	n.agents = append(n.agents, a)
}

// Agent returns agent number i, for 0 ≤ i < Agents().
func (n *Network) Agent(i int) Agent {
	seed, draws := n.agents[i], n.key.stream("agent")
	a := Agent{Number: i, Structure: int(seed.structure), Given: seed.given, Surname: seed.surname, Email: seed.email,
		IdP: IdentiteProvider, Roles: n.roles(int(seed.structure), int(seed.place))}
	if a.Structure == n.opts.Structures || n.key.stream("provider").below(a.Structure, 100) < 15 {
		a.IdP, a.Key = StrongProvider, n.secret("key", i)
	}
	a.Sub = Subject(a.IdP, a.Email)
	a.Password = n.secret("password", i)
	a.Created = n.asOf.AddDate(0, 0, -30-draws.below(4*i, 1500))
	a.Awareness = n.asOf.AddDate(0, 0, -1-draws.below(4*i+1, 150))
	if draws.below(4*i+2, 50) == 0 {
		a.Awareness = a.Awareness.AddDate(0, 0, -200)
	}
	if a.Has(Manager) || a.Has(Approver) {
		a.Course = n.asOf.AddDate(0, 0, -1-draws.below(4*i+3, 300))
	}
	return a
}

func (n *Network) secret(kind string, i int) string {
	d := n.key.stream("secret " + kind).draw(i)
	b := []byte{byte(d), byte(d >> 8), byte(d >> 16), byte(d >> 24), byte(d >> 32), byte(d >> 40), byte(d >> 48)}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

func (n *Network) roles(structure, place int) []Role {
	if structure == n.opts.Structures {
		switch place {
		case 0:
			return []Role{Officer}
		case 1:
			return []Role{DPO}
		case 2:
			return []Role{Auditor}
		}
		if place > minCentral && place%4 == 0 {
			return []Role{Officer}
		}
		return []Role{Approver}
	}
	t := n.teams[structure]
	switch {
	case place == 0 && t.managers == 0:
		return []Role{Director, Manager}
	case place == 0:
		return []Role{Director}
	case place <= t.managers:
		return []Role{Manager}
	case place <= t.managers+t.reception:
		return []Role{Reception}
	}
	return []Role{Adviser}
}

// AgentByEmail returns the number of the agent of that address, whatever its case.
func (n *Network) AgentByEmail(email string) (int, bool) {
	i, ok := n.byMail[strings.ToLower(email)]
	return int(i), ok
}

// Team returns the numbers of a structure's agents: lo ≤ i < hi.
func (n *Network) Team(structure int) (lo, hi int) {
	if structure == n.opts.Structures {
		last := n.teams[structure-1]
		return last.firstAdviser() + last.advisers, n.opts.Agents
	}
	t := n.teams[structure]
	return t.first, t.firstAdviser() + t.advisers
}

// AgentWith returns the first agent of the structure who has the role and whose awareness training is not older than
// five months, for tests and demonstrations that need one.
func (n *Network) AgentWith(structure int, r Role) (Agent, bool) {
	lo, hi := n.Team(structure)
	for i := lo; i < hi; i++ {
		if a := n.Agent(i); a.Has(r) && n.asOf.Sub(a.Awareness).Hours() < 150*24+48 {
			return a, true
		}
	}
	return Agent{}, false
}
