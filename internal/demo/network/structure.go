package network

import (
	"fmt"
	"slices"
	"strings"
)

func newStructure(i int, r region, seat commune, rank int) Structure {
	code := fmt.Sprintf("ML-%s-%d", seat.department(), rank)
	return Structure{Index: i, Code: code, SIRET: siret(i), Label: "Mission Locale " + of(seat.name), Network: NetworkCode,
		Area: r.name, Commune: seat.code, City: seat.name, Domain: strings.ToLower(code) + ".example"}
}

// of prefixes a commune's name as French does: de Lille, d’Angers, du Mans, des Mureaux.
func of(name string) string {
	switch {
	case strings.HasPrefix(name, "Le "):
		return "du " + name[3:]
	case strings.HasPrefix(name, "Les "):
		return "des " + name[4:]
	case strings.ContainsRune("aeiouyh", rune(fold(name)[0])):
		return "d’" + name
	}
	return "de " + name
}

// siret returns a SIRET (14 digits, Luhn key) whose SIREN starts with 000, which INSEE attributes to nobody.
func siret(i int) string {
	body := fmt.Sprintf("000%05d", i+1)
	siren := body + luhn(body)
	office := siren + "0001"
	return office + luhn(office)
}

// luhn returns the key digit that makes the sum of ISO/IEC 7812-1 annex B a multiple of ten.
func luhn(digits string) string {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return string(rune('0' + (10-sum%10)%10))
}

// placeName finds the served communes by what a person types.
type placeName struct {
	folded  string
	commune int32
}

func placeNames(communes []commune) []placeName {
	names := make([]placeName, 0, 2*len(communes))
	for i, c := range communes {
		names = append(names, placeName{fold(c.name), int32(i)}, placeName{strings.ToLower(c.code), int32(i)})
		for code := range strings.SplitSeq(c.postcodes, ",") {
			if code != c.code {
				names = append(names, placeName{code, int32(i)})
			}
		}
	}
	slices.SortFunc(names, func(a, b placeName) int { return strings.Compare(a.folded, b.folded) })
	return names
}

// communesNamed returns the served communes whose name, INSEE code or postcode is exactly what was typed; when there is
// none, those that start so.
func (n *Network) communesNamed(typed string) []int {
	typed = fold(typed)
	i, _ := slices.BinarySearchFunc(n.places, typed, func(p placeName, s string) int { return strings.Compare(p.folded, s) })
	collect := func(same func(string) bool) []int {
		var found []int
		for k := i; k < len(n.places) && same(n.places[k].folded); k++ {
			found = append(found, int(n.places[k].commune))
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	if exact := collect(func(s string) bool { return s == typed }); len(exact) > 0 {
		return exact
	}
	return collect(func(s string) bool { return strings.HasPrefix(s, typed) })
}
