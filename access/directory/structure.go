package directory

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cloison"
)

// Structure is a partner body.
type Structure struct {
	ID      cloison.StructureID
	SIRET   string
	Label   string
	Network string // for example UNML
	Area    string // region or department
	Commune string // INSEE code
	// MedianDay is the median number of persons that the structure's accounts are shown on a working day; its cap is
	// a multiple of it. Zero: not known yet, the floor applies.
	MedianDay int
	// Into is the structure that this one was merged into, which was not merged away itself; "" while this one was
	// not.
	Into cloison.StructureID
}

// MergedAway says that a structure has become part of another one: ask for that one. A Conflict holds it.
type MergedAway struct {
	From, Into cloison.StructureID
}

func (m MergedAway) Error() string {
	return fmt.Sprintf("the structure %q is part of %q now: name %q", m.From, m.Into, m.Into)
}

// Stands returns nil while the structure has not been merged away, else a Conflict with a [MergedAway].
func (s Structure) Stands() error {
	if s.Into == "" {
		return nil
	}
	return &cloison.Error{Kind: cloison.Conflict, Err: MergedAway{s.ID, s.Into}}
}

// CheckStructure returns what is wrong with a structure's code, number and names, or "".
func CheckStructure(s Structure) string {
	switch {
	case !ValidStructureCode(string(s.ID)):
		return "code: want 1 to 32 letters, digits, or . _ - /"
	case !validSIRET(s.SIRET):
		return "siret: want 14 digits whose check digit is right"
	case utf8.RuneCountInString(s.Label) > maxName || len(s.Network) > 64 || len(s.Area) > 64:
		return "label, network or area is too long"
	case s.Commune != "" && !validCommune(s.Commune):
		return "commune: want the INSEE code, as 75056 or 2A004"
	}
	return ""
}

// ValidStructureCode reports whether s can be the code of a structure.
func ValidStructureCode(s string) bool {
	return len(s) > 0 && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("._-/", r))
	})
}

// validCommune checks the form of an INSEE commune code.
func validCommune(s string) bool {
	if len(s) != 5 {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && !(i == 1 && s[0] == '2' && (s[i] == 'A' || s[i] == 'B')) {
			return false
		}
	}
	return true
}

// laPoste is the SIREN whose establishments may follow another rule: the sum of the digits is a multiple of five
// (INSEE, Sirene documentation).
const laPoste = "356000000"

// validSIRET checks the 14 digits by Luhn's rule (ISO/IEC 7812-1, annex B).
func validSIRET(s string) bool {
	if len(s) != 14 {
		return false
	}
	luhn, sum := 0, 0
	for i := range len(s) {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		sum += d
		if i%2 == 0 { // from the right, every second digit; 14 is even
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		luhn += d
	}
	return luhn%10 == 0 || strings.HasPrefix(s, laPoste) && sum%5 == 0
}
