package figures

import (
	"fmt"
	"strings"
)

const (
	nir    = `"204050000000097"` // department 00: nobody's
	masked = `"••••••••"`
	digits = 8 // of a person's number
)

// caseFile is a file of about 3.5 KB, in the shape that internal/fakes/tool answers, for whichever person.
type caseFile struct {
	text  []byte
	holes []int // where the person's number goes
}

func newCaseFile(withMask bool) *caseFile {
	number := strings.Repeat("0", digits)
	var notes []string
	for i := range 12 {
		notes = append(notes, fmt.Sprintf(`{"date":"2026-01-%02dT09:30:00Z","texte":"%s"}`, i+1,
			strings.Repeat("Reçu ce jour en entretien, projet de formation à préciser. ", 4)[:208]))
	}
	text := `{"id":"` + number + `","nom":"Ménard","prenom":"Éloïse","sexe":"F","naissance":"2004-05-06","nir":` + nir + `,` +
		`"identifiant":"` + number + `","adresse":"12 rue des Écoles, 00000 Exempleville","courriel":"e.menard@exemple.example",` +
		`"telephones":["0100000000","0600000000"],"statut":"inscrite","inscription":"2024-09-01","conseiller":"C. Martin",` +
		`"structure":"Mission Locale d’Exempleville","notes":[` + strings.Join(notes, ",") + `]}`
	if withMask {
		text = strings.Replace(text, nir, masked, 1)
	}
	c := &caseFile{text: []byte(text)}
	for at := 0; ; {
		i := strings.Index(text[at:], `"`+number+`"`)
		if i < 0 {
			return c
		}
		c.holes = append(c.holes, at+i+1)
		at += i + 1 + digits
	}
}

// of is the file of one person; it is good until the next call.
func (c *caseFile) of(person int) []byte {
	number := fmt.Sprintf("%0*d", digits, person)
	for _, at := range c.holes {
		copy(c.text[at:], number)
	}
	return c.text
}
