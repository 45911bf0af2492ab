package network

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/names.tsv.gz
var namesFile []byte

// Names are skewed so that homonyms are as common as they are in France: 150 surnames hold 12 % of the persons, the
// first of them half a percent; the others are the long tail, here given names (10 %) and names of places (78 %), which
// is where many French surnames come from.
const (
	commonShare = 0.12
	givenShare  = 0.10
	placeShare  = 0.78
	rareGiven   = 0.12 // share of the given names that are not among the usual ones
)

// surnames is a partition of [0, persons) into one interval a surname, in the alphabetical order of the folded names,
// so that a prefix is one interval too.
type surnames struct {
	names  []string
	folded []string
	starts []uint32
}

// given is a weighted list of given names of one sex.
type given struct {
	names  []string
	cumul  []float64
	folded map[string]bool
}

func usualGiven(sex byte) []string {
	if sex == 'F' {
		return strings.Fields(`Emma Léa Manon Chloé Camille Inès Sarah Jade Louise Lucie Marie Mathilde Clara Julie Pauline
			Laura Océane Anaïs Lisa Zoé Juliette Alice Eva Charlotte Lola Romane Justine Marine Élise Mélissa Yasmine Lina
			Assia Fatoumata Aminata Imane Nour Amina Sirine Kenza Mariam Aïcha Coralie Noémie Salomé Élodie Aurélie Maëva
			Audrey Elsa Célia Margaux Capucine Tiphaine Solène Maëlys Mélanie Aya Khadija Chaïma Sofia Rania`)
	}
	return strings.Fields(`Lucas Enzo Théo Hugo Thomas Nathan Léo Maxime Alexandre Antoine Clément Louis Quentin Arthur Jules
		Paul Raphaël Valentin Adrien Nicolas Romain Alexis Baptiste Julien Mathis Victor Simon Benjamin Mohamed Yanis Dylan
		Kévin Rayan Mehdi Ibrahim Moussa Amine Bilal Ilyes Adam Nassim Sofiane Karim Ismaël Florian Guillaume Pierre Gabriel
		Evan Bastien Axel Rémi Corentin Tristan Dorian Loïc Samuel Damien Killian Malo Mamadou Abdoulaye Yassine`)
}

type pools struct {
	surnames      surnames
	female, male  given
	commonSurname []string
}

// readNames builds the pools for that many persons.
func readNames(key stream, communes []commune, persons int) (pools, error) {
	text, err := inflate(namesFile)
	if err != nil {
		return pools{}, fmt.Errorf("embedded names: %w", err)
	}
	lists := make(map[string][]string)
	for line := range strings.Lines(text) {
		kind, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		lists[kind] = append(lists[kind], name)
	}
	p := pools{female: newGiven(usualGiven('F'), lists["f"]), male: newGiven(usualGiven('M'), lists["m"])}
	for _, s := range lists["s"] {
		p.commonSurname = append(p.commonSurname, titled(s))
	}
	p.surnames = newSurnames(key, p.commonSurname, lists["m"], communes, persons)
	return p, nil
}

func newGiven(usual, rare []string) given {
	g := given{folded: make(map[string]bool)}
	var total float64
	add := func(name string, weight float64) {
		if f := fold(name); !g.folded[f] {
			g.folded[f] = true
			total += weight
			g.names, g.cumul = append(g.names, name), append(g.cumul, total)
		}
	}
	for i, n := range usual {
		add(n, 1/float64(i+8)) // the first is about five times the fiftieth, as in the yearly lists
	}
	each := total * rareGiven / (1 - rareGiven) / float64(len(rare))
	for _, n := range rare {
		add(n, each)
	}
	return g
}

func (g given) pick(unit float64) string {
	i, _ := slices.BinarySearch(g.cumul, unit*g.cumul[len(g.cumul)-1])
	return g.names[min(i, len(g.names)-1)]
}

func newSurnames(key stream, common, givenNames []string, communes []commune, persons int) surnames {
	weights := make(map[string]float64)
	share := func(names []string, share float64, weight func(i int) float64) {
		var sum float64
		for i := range names {
			sum += weight(i)
		}
		for i, n := range names {
			weights[n] += share * weight(i) / sum
		}
	}
	shuffled := newPermutation(key.stream("surname rank"), len(common))
	share(common, commonShare, func(i int) float64 { return zipf(shuffled.at(i) + 1) })
	share(givenNames, givenShare, func(i int) float64 { return zipf(key.below(i, len(givenNames)) + 1) })
	var places []string
	for _, c := range communes {
		if plainWord(c.name) {
			places = append(places, c.name)
		}
	}
	places = slices.Compact(slices.Sorted(slices.Values(places)))
	share(places, placeShare, func(i int) float64 { return zipf(key.below(i+1<<20, len(places)) + 10) })

	type entry struct{ folded, name string }
	entries := make([]entry, 0, len(weights))
	for n := range weights {
		entries = append(entries, entry{fold(n), n})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.folded, b.folded), strings.Compare(a.name, b.name))
	})
	ordered := make([]float64, len(entries))
	for i, e := range entries {
		ordered[i] = weights[e.name]
	}
	var s surnames
	var parts []int
	for i, n := range apportion(persons, ordered) {
		if n > 0 {
			s.names, s.folded, parts = append(s.names, entries[i].name), append(s.folded, entries[i].folded), append(parts, n)
		}
	}
	s.starts = cumulate(parts)
	return s
}

// prefix returns the interval of the persons, in surname order, whose folded surname starts so.
func (s surnames) prefix(folded string) (lo, hi int) {
	i, _ := slices.BinarySearch(s.folded, folded)
	j := i
	for j < len(s.folded) && strings.HasPrefix(s.folded[j], folded) {
		j++
	}
	return int(s.starts[i]), int(s.starts[j])
}

// plainWord reports whether a commune's name could be a surname: one word of four to eleven letters.
func plainWord(name string) bool {
	n := 0
	for _, r := range name {
		if !unicode.IsLetter(r) {
			return false
		}
		n++
	}
	return n >= 4 && n <= 11
}

// titled gives each word of a surname its capital: the source has "Da silva".
func titled(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

// fold makes names comparable: lower case, no accents, single spaces between words.
func fold(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	space := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'œ' || r == 'Œ':
			b.WriteString("oe")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// zipf is the weight of the name of that rank: frequencies of surnames fall as about the square root of the rank.
func zipf(rank int) float64 { return 1 / math.Sqrt(float64(rank)) }
