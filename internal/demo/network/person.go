package network

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Person is somebody whom a structure serves, derived from a number.
type Person struct {
	Number     int
	ID         string // 11 digits, as France Travail's since 2025; says nothing of the number
	Sex        string // F or M
	Surname    string
	Given      string
	Birth      time.Time
	NIR        string // 15 digits, right key, department 00
	Street     string
	Postcode   string
	City       string
	Commune    string // INSEE code
	Email      string
	Phones     []string
	Status     string
	Registered time.Time
	Structure  int // index of the structure that serves the commune
}

// Address returns the postal address on one line.
func (p Person) Address() string { return p.Street + ", " + p.Postcode + " " + p.City }

const (
	firstID   = 10_000_000_000 // no leading zero, which spreadsheets drop
	idSpace   = 90_000_000_000 // 1.6 M persons: a walk over numbers meets one in 56 000
	nirTails  = 990 * 999      // communes 001-990 and orders 001-999
	minAge    = 16
	ageMonths = 168 // 16 to 29 years
)

// birthWeights spreads persons over cells of sex and age in months: under 18, 6 %; 18 to 21, 48 %; 22 to 25, 40 %;
// over, 6 %; women 48 % (Hauts-de-France 2019, AREFIE).
func birthWeights() []float64 {
	weights := make([]float64, 2*ageMonths)
	for m := range ageMonths {
		var w float64
		switch age := minAge + m/12; {
		case age < 18:
			w = 0.06 / 24
		case age < 22:
			w = 0.48 / 48
		case age < 26:
			w = 0.40 / 48
		default:
			w = 0.06 / 48
		}
		weights[2*m], weights[2*m+1] = 0.48*w, 0.52*w
	}
	return weights
}

// Identity returns what a list shows of person number i, for 0 ≤ i < Persons(): id, names, sex, birth, commune. The
// other fields are empty; it costs a third of Person.
func (n *Network) Identity(i int) Person {
	place := interval(n.starts, i)
	c, s := n.communes[place], n.pools.surnames
	cell, _ := n.cell(i)
	return Person{Number: i, ID: n.ID(i), Sex: [...]string{"F", "M"}[cell%2], Surname: s.names[interval(s.starts, n.bySur.at(i))],
		Given: n.given(i, cell), Birth: n.born(i, cell), Commune: c.code, City: c.name, Structure: interval(n.served, place)}
}

// Person returns person number i, for 0 ≤ i < Persons().
func (n *Network) Person(i int) Person {
	p := n.Identity(i)
	p.NIR = n.nir(n.cell(i))
	homes, phones := n.identity.stream("address"), n.identity.stream("phone")
	codes := strings.Split(n.communes[interval(n.starts, i)].postcodes, ",")
	p.Postcode = codes[homes.below(4*i, len(codes))]
	p.Street = strconv.Itoa(1+homes.below(4*i+1, 120)) + " " + pick(homes, 4*i+2, streetKinds()) + " " +
		pick(homes, 4*i+3, streetNames())
	p.Email = slug(p.Given) + "." + slug(p.Surname) + p.ID[7:] + "@courriel.example"
	// The blocks that the numbering plan keeps for works of fiction (ARCEP, decision 2018-0881).
	p.Phones = []string{fmt.Sprintf("06 39 98 %02d %02d", phones.below(4*i, 100), phones.below(4*i+1, 100))}
	if land := phones.below(4*i+2, 12); land < 5 {
		block, rest := [...]string{"01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49"}[land], phones.below(4*i+3, 10_000)
		p.Phones = append(p.Phones, fmt.Sprintf("%s %02d %02d", block, rest/100, rest%100))
	}
	p.Registered = n.registered(i, p.Birth)
	p.Status = n.status(i, p.Structure)
	return p
}

// cell returns the cell of sex and birth month of a person, and the person's place in it.
func (n *Network) cell(i int) (cell, k int) {
	rank := n.byBirth.at(i)
	cell = interval(n.births, rank)
	return cell, rank - int(n.births[cell])
}

func (n *Network) born(i, cell int) time.Time {
	month := n.birthMonth(cell)
	return month.AddDate(0, 0, n.identity.below(i, month.AddDate(0, 1, -1).Day()))
}

func (n *Network) given(i, cell int) string {
	pool := n.pools.female
	if cell%2 == 1 {
		pool = n.pools.male
	}
	return pool.pick(n.identity.stream("given").unit(i))
}

// birthMonth returns the first day of the month of the cell: a person is at least as old as the cell says at AsOf.
func (n *Network) birthMonth(cell int) time.Time {
	return time.Date(n.asOf.Year()-minAge, n.asOf.Month()-1-time.Month(cell/2), 1, 0, 0, 0, 0, time.UTC)
}

// nir builds the number of the k-th person of a cell: sex, year, month, department 00, commune, order, key. The key is
// 97 − (the first 13 digits mod 97).
func (n *Network) nir(cell, k int) string {
	tail, month := newPermutation(n.identity.stream("nir")+stream(cell), nirTails).at(k), n.birthMonth(cell)
	sex := 2 - cell%2
	number := ((sex*100+month.Year()%100)*100+int(month.Month()))*100_000_000 + (1+tail/999)*1000 + 1 + tail%999
	return strconv.Itoa(number*100 + 97 - number%97)
}

// ByNIR returns the number of the person of that NIR (15 digits, no spaces).
func (n *Network) ByNIR(nir string) (int, bool) {
	if len(nir) != 15 || strings.Trim(nir, "0123456789") != "" || nir[5:7] != "00" {
		return 0, false
	}
	at := func(from, to int) int { v, _ := strconv.Atoi(nir[from:to]); return v }
	sex, year, month, place, order := at(0, 1), at(1, 3), at(3, 5), at(7, 10), at(10, 13)
	if sex < 1 || sex > 2 || month < 1 || month > 12 || place < 1 || place > 990 || order < 1 || order > 999 {
		return 0, false
	}
	youngest := n.birthMonth(0)
	years := (youngest.Year() - year) % 100 // the two digits say the century: ages span fourteen years
	m := 12*years + int(youngest.Month()) - month
	if m < 0 || m >= ageMonths {
		return 0, false
	}
	cell := 2*m + 2 - sex
	k := newPermutation(n.identity.stream("nir")+stream(cell), nirTails).inverse((place-1)*999 + order - 1)
	rank := int(n.births[cell]) + k
	if rank >= int(n.births[cell+1]) || n.nir(cell, k) != nir {
		return 0, false
	}
	return n.byBirth.inverse(rank), true
}

// ID returns the identifier of person number i.
func (n *Network) ID(i int) string { return strconv.Itoa(firstID + n.byID.at(i)) }

// ByID returns the number of the person of that identifier.
func (n *Network) ByID(id string) (int, bool) {
	v, err := strconv.Atoi(id)
	if err != nil || len(id) != 11 || v < firstID || v >= firstID+idSpace || strconv.Itoa(v) != id {
		return 0, false
	}
	i := n.byID.inverse(v - firstID)
	return i, i < n.opts.Persons
}

func (n *Network) registered(i int, birth time.Time) time.Time {
	sixteen := birth.AddDate(minAge, 0, 0)
	days := min(int(n.asOf.Sub(sixteen).Hours()/24), 1100)
	return n.asOf.AddDate(0, 0, -n.identity.stream("registered").below(i, max(days, 1)))
}

func (n *Network) status(i, structure int) string {
	draw := n.identity.stream("status").below(i, 100)
	if !n.followed(i, structure) {
		if draw < 70 {
			return "Sorti du dispositif"
		}
		return "Inscrit, sans conseiller"
	}
	switch {
	case draw < 35:
		return "Contrat d’engagement jeune"
	case draw < 75:
		return "Pacea"
	}
	return "Accompagnement simple"
}

func pick(s stream, i int, list []string) string { return list[s.below(i, len(list))] }

func streetKinds() []string {
	return []string{"rue", "rue", "rue", "rue", "avenue", "boulevard", "allée", "impasse", "place", "chemin"}
}

func streetNames() []string {
	return []string{"de la République", "des Lilas", "Victor-Hugo", "du Moulin", "de l’Église", "Jean-Jaurès", "des Écoles",
		"de la Gare", "Pasteur", "du Stade", "des Acacias", "Louise-Michel", "de Verdun", "de la Mairie", "du Château",
		"des Tilleuls", "Marie-Curie", "de la Fontaine", "des Jardins", "Gambetta", "du 8-Mai-1945", "Émile-Zola",
		"des Prés", "de la Forêt", "du Lavoir", "Simone-Veil", "des Cerisiers", "de l’Industrie", "du Canal", "Rosa-Parks"}
}

// slug makes a name fit for an e-mail address.
func slug(name string) string { return strings.ReplaceAll(fold(name), " ", "-") }
