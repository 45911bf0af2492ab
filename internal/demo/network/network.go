package network

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cloison"
)

// Options say which network. The zero value is the French network of the reference, of 1 December 2025.
type Options struct {
	Seed       uint64
	Persons    int       // 0: 1 600 000
	Structures int       // 0: 440
	Agents     int       // 0: 13 000; at least four a structure and five for the network's own body
	AsOf       time.Time // the day on which the network is looked at, truncated to the day in UTC; zero: 1 December 2025
}

// Structure is one partner body. Index 0 ≤ i < Structures() are Missions Locales; the last one is the network's own
// body, whose agents approve, secure and audit and which serves nobody.
type Structure struct {
	Index   int
	Code    string // as ML-075-1, or UNML
	SIRET   string // right by its key, and of a SIREN that is not attributed (it starts with 000)
	Label   string
	Network string
	Area    string // the region's name
	Commune string // INSEE code of the seat
	City    string // its name
	Domain  string // of its agents' e-mail addresses
}

// NetworkCode is the code of the network's own body, and the network's name.
const NetworkCode = "UNML"

const (
	maxPersons    = 50_000_000 // France Travail's own count is 43 million
	meanPrincipal = 66         // persons that an adviser is the first adviser of; the links of others make it about 100
	sizeSpread    = 0.65       // of the log-normal sizes: smallest 0.2 and largest 8 times the mean, as in 2015
)

// Network answers for the whole synthetic world. See the package comment.
type Network struct {
	opts Options
	key  stream
	asOf time.Time

	structures []Structure
	communes   []commune // those served, in the order of persons' numbers
	starts     []uint32  // first person of each commune, and the end
	served     []uint32  // first commune of each structure, and the end
	places     []placeName

	pools    pools
	bySur    permutation // person's number → rank in the order of surnames
	byBirth  permutation // person's number → rank in the order of birth months and sexes
	byID     permutation // person's number → identifier
	births   []uint32    // first rank of each cell of birth month and sex, and the end
	teams    []team
	agents   []agentSeed
	byMail   map[string]int32
	identity stream
}

// New builds a network. Its cost does not depend on the number of persons. Errors are Invalid: the options contradict
// each other.
func New(opts Options) (*Network, error) {
	opts.Persons = cmp.Or(opts.Persons, 1_600_000)
	opts.Structures = cmp.Or(opts.Structures, 440)
	opts.Agents = cmp.Or(opts.Agents, 13_000)
	if opts.AsOf.IsZero() {
		opts.AsOf = time.Date(2025, time.December, 1, 0, 0, 0, 0, time.UTC)
	}
	if opts.Structures < 1 || opts.Structures > 2000 {
		return nil, cloison.Errorf(cloison.Invalid, "%d structures: want 1 to 2 000", opts.Structures)
	}
	if opts.Persons < 50*opts.Structures || opts.Persons > maxPersons {
		return nil, cloison.Errorf(cloison.Invalid, "%d persons: want at least 50 a structure and at most %d",
			opts.Persons, maxPersons)
	}
	if staff := minTeam*opts.Structures + minCentral; opts.Agents < staff || opts.Agents > opts.Persons {
		return nil, cloison.Errorf(cloison.Invalid, "%d agents: want at least %d for %d structures, and no more than persons",
			opts.Agents, staff, opts.Structures)
	}
	communes, err := readCommunes()
	if err != nil {
		return nil, err
	}
	n := &Network{opts: opts, key: stream(mix(opts.Seed + 1)), asOf: opts.AsOf.UTC().Truncate(24 * time.Hour)}
	if n.pools, err = readNames(n.key.stream("names"), communes, opts.Persons); err != nil {
		return nil, err
	}
	n.identity = n.key.stream("identity")
	n.bySur = newPermutation(n.key.stream("surname"), opts.Persons)
	n.byBirth = newPermutation(n.key.stream("birth"), opts.Persons)
	n.byID = newPermutation(n.key.stream("id"), idSpace)
	n.births = cumulate(apportion(opts.Persons, birthWeights()))
	n.settle(place(communes, opts.Structures))
	n.staff()
	return n, nil
}

// settle gives each structure its persons and each commune its share of them.
func (n *Network) settle(catchments []catchment) {
	n.served = append(n.served, 0)
	sizes := apportion(n.opts.Persons, structureWeights(catchments))
	var parts []int
	perDepartment := make(map[string]int)
	for i, c := range catchments {
		weights := make([]float64, len(c.communes))
		for k, commune := range c.communes {
			weights[k] = float64(commune.population)
		}
		parts = append(parts, apportion(sizes[i], weights)...)
		n.communes = append(n.communes, c.communes...)
		n.served = append(n.served, uint32(len(n.communes)))
		seat := c.communes[0]
		perDepartment[seat.department()]++
		n.structures = append(n.structures, newStructure(i, c.region, seat, perDepartment[seat.department()]))
	}
	n.structures = append(n.structures, Structure{Index: len(catchments), Code: NetworkCode, SIRET: siret(len(catchments)),
		Label: "Union nationale des Missions Locales", Network: NetworkCode, Area: "France", Commune: "75056", City: "Paris",
		Domain: "unml.example"})
	n.starts = cumulate(parts)
	n.places = placeNames(n.communes)
}

// structureWeights draws the sizes by the quantiles of a log-normal law and gives the largest to the most populated
// catchment, so that sizes follow both the reference's spread and the map.
func structureWeights(catchments []catchment) []float64 {
	order := make([]int, len(catchments))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(catchments[a].population, catchments[b].population)
	})
	weights := make([]float64, len(catchments))
	for rank, i := range order {
		q := quantile((float64(rank) + 0.5) / float64(len(order)))
		weights[i] = max(0.25, math.Exp(sizeSpread*q))
	}
	return weights
}

// Persons, Structures and Agents are the sizes; Structures counts the Missions Locales, not the network's own body.
func (n *Network) Persons() int    { return n.opts.Persons }
func (n *Network) Structures() int { return n.opts.Structures }
func (n *Network) Agents() int     { return n.opts.Agents }

// AsOf is the day that ages, statuses and caseloads are of.
func (n *Network) AsOf() time.Time { return n.asOf }

// Structure returns structure i, for 0 ≤ i ≤ Structures(); the last one is the network's own body.
func (n *Network) Structure(i int) Structure { return n.structures[i] }

// Members returns the numbers of the persons whose commune the structure serves: lo ≤ n < hi.
func (n *Network) Members(structure int) (lo, hi int) {
	if structure >= n.opts.Structures {
		return n.opts.Persons, n.opts.Persons
	}
	return int(n.starts[n.served[structure]]), int(n.starts[n.served[structure+1]])
}
