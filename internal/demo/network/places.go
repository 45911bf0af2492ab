package network

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

//go:embed data/communes.tsv.gz
var communesFile []byte

// region is a French region with the number of its Missions Locales in 2015 (Sénat, report r16-575, old regions
// merged).
type region struct {
	code, name string
	structures float64
}

func regions() []region {
	return []region{
		{"11", "Île-de-France", 76}, {"84", "Auvergne-Rhône-Alpes", 61}, {"44", "Grand Est", 43},
		{"32", "Hauts-de-France", 43}, {"75", "Nouvelle-Aquitaine", 43}, {"93", "Provence-Alpes-Côte d’Azur", 28},
		{"76", "Occitanie", 27}, {"27", "Bourgogne-Franche-Comté", 26}, {"28", "Normandie", 25},
		{"52", "Pays de la Loire", 21}, {"24", "Centre-Val de Loire", 20}, {"53", "Bretagne", 17}, {"94", "Corse", 4},
		{"04", "La Réunion", 4}, {"02", "Martinique", 3}, {"01", "Guadeloupe", 1}, {"03", "Guyane", 1}, {"06", "Mayotte", 1},
	}
}

// commune is a current French commune of at least 200 inhabitants.
type commune struct {
	region, code, district, postcodes, name string // district: INSEE arrondissement; postcodes: joined by commas
	population                              int
}

// department is the part of the INSEE code that names the department.
func (c commune) department() string {
	if strings.HasPrefix(c.code, "97") {
		return c.code[:3]
	}
	return c.code[:2]
}

func inflate(file []byte) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(z)
	return string(b), err
}

// readCommunes returns the embedded communes, sorted by code.
func readCommunes() ([]commune, error) {
	text, err := inflate(communesFile)
	if err != nil {
		return nil, fmt.Errorf("embedded communes: %w", err)
	}
	communes := make([]commune, 0, 27000)
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 6)
		population, err := strconv.Atoi(f[3])
		if err != nil {
			return nil, fmt.Errorf("embedded communes: %w", err)
		}
		communes = append(communes, commune{region: f[0], code: f[1], district: f[2], population: population,
			postcodes: f[4], name: f[5]})
	}
	return communes, nil
}

// catchment is the communes that one structure serves, seat first, the largest first after it.
type catchment struct {
	region     region
	communes   []commune
	population int
}

func (c *catchment) add(k commune) {
	c.communes = append(c.communes, k)
	c.population += k.population
}

// place puts structures in the regions as the reference counts them, then in each region's districts by population
// (d'Hondt), in their largest communes. A large city is one commune, so it has one structure, as in reality.
func place(communes []commune, structures int) []catchment {
	all := regions()
	weights := make([]float64, len(all))
	for i, r := range all {
		weights[i] = r.structures
	}
	var placed []catchment
	for i, count := range apportion(structures, weights) {
		if count > 0 {
			placed = append(placed, placeRegion(all[i], communes, count)...)
		}
	}
	return placed
}

// placeRegion shares the communes of one region between count structures.
func placeRegion(r region, communes []commune, count int) []catchment {
	var districts [][]commune // in order of their first commune's code
	index := make(map[string]int)
	for _, c := range communes {
		if c.region != r.code {
			continue
		}
		i, ok := index[c.district]
		if !ok {
			i = len(districts)
			index[c.district], districts = i, append(districts, nil)
		}
		districts[i] = append(districts[i], c)
	}
	seats := seatDistricts(districts, count)
	var placed []catchment
	first := make([]int, len(districts)) // of each district's catchments in placed
	for d, communes := range districts {
		first[d] = len(placed)
		slices.SortStableFunc(communes, func(a, b commune) int { return cmp.Compare(b.population, a.population) })
		for _, seat := range communes[:seats[d]] {
			placed = append(placed, catchment{region: r, communes: []commune{seat}, population: seat.population})
		}
	}
	for d, communes := range districts {
		near := nearestSeated(districts, seats, d)
		for _, c := range communes[seats[d]:] {
			group := placed[first[near] : first[near]+seats[near]]
			least := 0
			for i := range group {
				if group[i].population < group[least].population {
					least = i
				}
			}
			group[least].add(c)
		}
	}
	return placed
}

// seatDistricts returns how many structures each district gets: each next one goes where the most inhabitants share
// one, as long as the district has a commune of 2 000 inhabitants left to seat it.
func seatDistricts(districts [][]commune, count int) []int {
	const minSeat = 2000
	population, room := make([]int, len(districts)), make([]int, len(districts))
	for d, communes := range districts {
		for _, c := range communes {
			population[d] += c.population
			if c.population >= minSeat {
				room[d]++
			}
		}
		room[d] = max(room[d], 1)
	}
	seats := make([]int, len(districts))
	for range count {
		best, most := -1, -1
		for d := range districts {
			if quotient := population[d] / (seats[d] + 1); seats[d] < room[d] && quotient > most {
				best, most = d, quotient
			}
		}
		if best < 0 { // no commune of that size is left in the region: take any that is
			for d := range districts {
				if seats[d] < len(districts[d]) && (best < 0 || population[d] > population[best]) {
					best = d
				}
			}
		}
		seats[best]++
	}
	return seats
}

// nearestSeated returns the district itself when it has a structure, else one that has: in its department if any, the
// nearest by code.
func nearestSeated(districts [][]commune, seats []int, d int) int {
	best, bestCost := -1, 0
	for i := range districts {
		if seats[i] == 0 {
			continue
		}
		cost := max(i-d, d-i)
		if districts[i][0].department() != districts[d][0].department() {
			cost += len(districts)
		}
		if best < 0 || cost < bestCost {
			best, bestCost = i, cost
		}
	}
	return best
}
