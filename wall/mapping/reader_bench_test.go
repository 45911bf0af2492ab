package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// caseFile is an answer of about 3.5 KB, as a case-file tool gives.
func caseFile(id int) []byte {
	var notes []string
	for i := range 12 {
		notes = append(notes, fmt.Sprintf(`{"date":"2026-01-%02dT09:30:00Z","texte":"%s"}`, i+1,
			strings.Repeat("Reçu ce jour en entretien, projet de formation à préciser. ", 4)[:210]))
	}
	return fmt.Appendf(nil, `{"id":"%d","nom":"Ménard","prenom":"Éloïse","sexe":"F","naissance":"2004-05-06","nir":"204050000000097",`+
		`"identifiant":"%d","adresse":"12 rue des Écoles, 00000 Exempleville","courriel":"e.menard@exemple.example",`+
		`"telephones":["0100000000","0600000000"],"statut":"inscrite","inscription":"2024-09-01","conseiller":"C. Martin",`+
		`"structure":"Mission Locale d’Exempleville","notes":[%s]}`, id, id, strings.Join(notes, ","))
}

func BenchmarkRead(b *testing.B) {
	doc := caseFile(12345)
	sh := mustEndpoint(b, fileRoute())
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	r := NewReader()
	for b.Loop() {
		if _, f := r.Read(sh, doc); f != nil {
			b.Fatal(f)
		}
	}
}
