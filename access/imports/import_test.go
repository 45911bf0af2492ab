package imports_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

const (
	structuresCSV = "code,siret,label,network,area,commune\n" +
		"ML3,35600000000048,Mission locale « du Port »,UNML,Bretagne,29019\n" +
		"ML4,356 000 000 00048,\"Mission locale, \"\"nord\"\"\",UNML,Corse,2a004\n"
	accountsCSV = "structure;name;email;idp;sub;roles;awareness_at;managers_course_at;created_at\r\n" +
		"ML3;Zoé Exemple;Zoe@ml3.example;idp;zoe;adviser,manager;2025-08-31;31/08/2025;2020-01-02T10:00:00Z\r\n" +
		"ML3;Noël Exemple;noel@ml3.example;;;reception;;;\r\n"
	caseloadJSONL = `{"idp":"idp","sub":"zoe","person":"1234567A","since":"2025-01-01","until":"2025-12-31"}` + "\n\n" +
		`{"idp":"idp","sub":"zoe","person":"1234567B","since":"2025-01-01","means":"appointment","until":null}`
)

func TestImport(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	for range 2 { // the second time changes nothing
		for _, f := range []struct {
			kind imports.Kind
			file string
		}{{imports.StructuresFile, "\ufeff" + structuresCSV}, {imports.AccountsFile, accountsCSV},
			{imports.CaseloadFile, caseloadJSONL}} {
			var read int64
			sum, refused, err := w.Load(f.kind, f.file, imports.Options{Progress: func(n int64) { read = n }})
			if err != nil || sum != (imports.Summary{Lines: 2, Stored: 2}) || read != int64(len(f.file)) {
				t.Errorf("%s: %+v, %v, %v, %d bytes of %d", f.kind, sum, refused, err, read, len(f.file))
			}
		}
	}
	if s, err := w.Directory.Structure(w.Ctx, "ML4"); err != nil || s.Label != `Mission locale, "nord"` ||
		s.Commune != "2A004" || s.SIRET != "35600000000048" {
		t.Errorf("got %+v, %v", s, err)
	}
	zoe, err := w.Directory.AccountOf(w.Ctx, directory.Binding{IdP: "idp", Sub: "zoe"})
	if err != nil {
		t.Fatal(err)
	}
	paris := testkit.Paris(t)
	if zoe.State != directory.Active || zoe.Lineage != zoe.ID || zoe.Roles != directory.Adviser|directory.Manager ||
		zoe.Name.Reveal() != "Zoé Exemple" || zoe.Email.Reveal() != "zoe@ml3.example" || zoe.CreatedBy != 0 ||
		!zoe.AwarenessUntil.Equal(time.Date(2026, 2, 28, 0, 0, 0, 0, paris)) ||
		!zoe.ManagersUntil.Equal(time.Date(2026, 8, 31, 0, 0, 0, 0, paris)) {
		t.Errorf("got %+v", zoe)
	}
	m, err := w.Explanations.Explanations(w.Ctx, zoe.ID, time.Date(2025, 12, 31, 23, 59, 0, 0, paris))
	if err != nil || len(m) != 2 || m["1234567B"].Means != explanation.Appointment {
		t.Errorf("on the last evening: %d persons, %v", len(m), err)
	}
	if m, _ := w.Explanations.Explanations(w.Ctx, zoe.ID, time.Date(2026, 1, 1, 0, 0, 0, 0, paris)); len(m) != 1 {
		t.Errorf("a day later: %d persons", len(m))
	}

	// Who was imported without a subject waits for a code of the operator, and later imports find it by its address.
	page, err := w.DB.Accounts(w.Ctx, "ML3", 0, 10)
	if err != nil || len(page) != 2 {
		t.Fatalf("%d accounts, %v", len(page), err)
	}
	noel := page[0]
	if noel.ID == zoe.ID {
		noel = page[1]
	}
	if noel.State != directory.Pending {
		t.Errorf("got %+v", noel)
	}
	code, err := w.Approvals.IssueCode(w.Ctx, noel.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	w.Enrol(code, "noel")
	if sum, refused, err := w.Load(imports.AccountsFile, strings.Replace(accountsCSV, "Noël Exemple", "Noël Modèle",
		1), imports.Options{}); err != nil || sum.Refused != 0 {
		t.Fatal(refused, err)
	}
	if a := w.Account(noel.ID); a.Name.Reveal() != "Noël Modèle" || a.Binding.Sub != "noel" ||
		a.State != directory.Active {
		t.Errorf("got %+v, named %s", a, a.Name.Reveal())
	}
}

// TestBrokenLines: one line in ten is broken, each in another way. The others are stored, and no reason repeats its
// line.
func TestBrokenLines(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	breakage := []func(string) string{
		func(s string) string { return strings.Replace(s, ",", ",\"", 1) },
		func(s string) string { return s + ",more" },
		func(s string) string { return strings.Replace(s, ",", "", 1) },
		func(s string) string { return strings.Replace(s, "idp", "", 1) },
		func(s string) string { return strings.Replace(s, "2025-", "2025-13-", 1) },
		func(s string) string { return strings.Replace(s, "adviser", "\xff\xfeviser", 1) },
		func(s string) string { return strings.Replace(s, "adviser", "nobody", 1) },
		func(s string) string { return strings.Replace(s, "SECRET", "SEC\x00RET", 1) },
		func(s string) string { return strings.Replace(s, "SECRET", strings.Repeat("SECRET", 11000), 1) },
		func(s string) string { return strings.Replace(s, "SECRET", strings.Repeat("SECRET", 20), 1) },
		func(s string) string { return s + ",NOMEANS" },
	}
	const n = 5500
	for _, format := range []imports.Format{imports.CSV, imports.JSONL} {
		var file bytes.Buffer
		want := map[int]bool{}
		line := 0
		if format == imports.CSV {
			line++
			fmt.Fprintln(&file, "idp,sub,person,since,means")
		}
		for i := range n {
			line++
			s := fmt.Sprintf("idp,adviser,SECRET%06d,2025-01-01,caseload", i)
			if format == imports.JSONL {
				s = fmt.Sprintf(`{"idp":"idp","sub":"adviser","person":"SECRET%06d","since":"2025-01-01","means":"caseload"}`, i)
			}
			if i%10 == 3 {
				was := s
				if s = breakage[i/10%len(breakage)](s); s == was {
					t.Fatalf("breakage %d breaks nothing", i/10%len(breakage))
				}
				want[line] = true
			}
			fmt.Fprintln(&file, s)
		}
		got := testworld.Refusals{}
		sum, err := w.Imports.Import(w.Ctx, imports.CaseloadFile, &file, format,
			imports.Options{Refused: func(l int, why string) { got[l] = why }})
		if err != nil || sum.Lines != n || sum.Refused != n/10 {
			t.Errorf("%s: %+v, %v", format, sum, err)
		}
		for l, why := range got {
			if !want[l] {
				t.Errorf("%s line %d is refused: %s", format, l, why)
			}
			if strings.Contains(why, "SECRET") || strings.Contains(why, "NOMEANS") || strings.Contains(why, "nobody") {
				t.Errorf("%s line %d: the reason repeats the line: %s", format, l, why)
			}
		}
	}
	if m := w.Explained("adviser"); len(m) != n*9/10 {
		t.Errorf("%d persons are explained", len(m))
	}
}

func TestWrongFiles(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	latin, err := charmap.Windows1252.NewEncoder().String(accountsCSV)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(accountsCSV)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kind   imports.Kind
		file   string
		format imports.Format
		opts   imports.Options
		says   string
	}{
		"no such kind":       {"acounts", accountsCSV, imports.Auto, imports.Options{}, `did you mean "accounts"?`},
		"empty":              {imports.AccountsFile, "", imports.Auto, imports.Options{}, "empty"},
		"blank":              {imports.AccountsFile, "\n\n", imports.Auto, imports.Options{}, "no header"},
		"UTF-16":             {imports.AccountsFile, utf16, imports.Auto, imports.Options{}, "UTF-16"},
		"UTF-16 without BOM": {imports.AccountsFile, utf16[2:], imports.Auto, imports.Options{}, "UTF-16"},
		"Latin-1":            {imports.AccountsFile, latin, imports.Auto, imports.Options{}, "Windows-1252"},
		"UTF-8 as Latin-1": {imports.AccountsFile, accountsCSV, imports.Auto,
			imports.Options{Windows1252: true}, "UTF-8 already"},
		"Latin-1 JSON": {imports.CaseloadFile, caseloadJSONL, imports.Auto,
			imports.Options{Windows1252: true}, "JSON is UTF-8"},
		"workbook": {imports.AccountsFile, "PK\x03\x04rest", imports.Auto, imports.Options{},
			"workbook"},
		"gzip": {imports.AccountsFile, "\x1f\x8b\x08rest", imports.Auto, imports.Options{},
			"compressed"},
		"unknown column": {imports.CaseloadFile, "idp,sub,persons,since\n", imports.Auto, imports.Options{},
			`column 3 is unknown: did you mean "person"?`},
		"no header": {imports.CaseloadFile, "idp,zoe,Jean Exemple,2025-01-01\n", imports.Auto,
			imports.Options{}, "column 2 is unknown"},
		"missing column": {imports.CaseloadFile, "idp,sub,since\n", imports.Auto, imports.Options{},
			`"person" is missing`},
		"column twice": {imports.CaseloadFile, "idp,sub,person,sub,since\n", imports.Auto,
			imports.Options{}, `"sub" comes twice`},
		"no such format": {imports.CaseloadFile, caseloadJSONL, "json", imports.Options{},
			`did you mean "jsonl"?`},
	} {
		t.Run(name, func(t *testing.T) {
			sum, err := w.Imports.Import(w.Ctx, c.kind, strings.NewReader(c.file), c.format, c.opts)
			if err == nil || cloison.KindOf(err) != cloison.Invalid || !strings.Contains(err.Error(), c.says) ||
				sum.Lines != 0 {
				t.Errorf("got %+v, %v; want it to say %q", sum, err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "Exemple") {
				t.Errorf("the message repeats the file: %v", err)
			}
		})
	}
	if _, refused, err := w.Load(imports.StructuresFile, structuresCSV, imports.Options{}); err != nil ||
		len(refused) > 0 {
		t.Fatal(refused, err)
	}
	if sum, refused, err := w.Load(imports.AccountsFile, latin, imports.Options{Windows1252: true}); err != nil ||
		sum.Stored != 2 {
		t.Errorf("converted: %+v, %v, %v", sum, refused, err)
	}
	if a, err := w.Directory.AccountOf(w.Ctx, directory.Binding{IdP: "idp", Sub: "zoe"}); err != nil ||
		a.Name.Reveal() != "Zoé Exemple" {
		t.Errorf("converted to %q, %v", a.Name.Reveal(), err)
	}
}

func TestRefusedLines(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	for line, says := range map[string]string{
		"ML1,A Exemple,a@ml.example,idp,a,advisor,,,":            `did you mean "adviser"?`,
		"ML1,A Exemple,a@ml.example,idp,,adviser,,,":             "idp and sub go together",
		"ML1,A Exemple,a@ml@example,idp,a,adviser,,,":            "email",
		"ML1,,a@ml.example,idp,a,adviser,,,":                     "name is empty",
		"ML1,A Exemple,a@ml.example,idp,a,adviser,31-12-2025,,":  "awareness_at: want a date",
		"ML1,A Exemple,a@ml.example,idp,a,adviser,,,0001-01-01":  "created_at: want a date",
		"ML9,A Exemple,a@ml.example,idp,a,adviser,,,":            "structure",
		"ML1,A Exemple,adviser@ml.example,idp,other,adviser,,,":  "e-mail",
		"ML 1,A Exemple,a@ml.example,idp,a,adviser,,,":           "structure: want its code",
		"ML1,A Exemple,a@ml.example,idp,a b,adviser,,,":          "visible ASCII",
		"ML1,A Exemple,a@ml.example,idp,a,\"adviser,,,":          "quote",
		"ML1,A Exemple,a@ml.example,idp,a,adviser,2025-02-30,,,": "number of fields",
	} {
		header := "structure,name,email,idp,sub,roles,awareness_at,managers_course_at,created_at\n"
		_, refused, err := w.Load(imports.AccountsFile, header+line+"\n", imports.Options{})
		if err != nil || !strings.Contains(refused[2], says) {
			t.Errorf("%s: got %v, %v; want %q", line, refused, err, says)
		}
	}
	for line, says := range map[string]string{
		`{"idp":"idp","sub":"adviser","person":"p","since":"2025-01-01","idp":"x"}`: "twice",
		`{"idp":"idp","sub":"adviser","persn":"p","since":"2025-01-01"}`:            `did you mean "person"?`,
		`{"idp":"idp","sub":"adviser","person":7,"since":"2025-01-01"}`:             "person must be a string",
		`{"idp":"idp","sub":"adviser","person":{"a":1},"since":"2025-01-01"}`:       "person must be a string",
		`{"idp":"idp","sub":"adviser","person":["p",1],"since":"2025-01-01"}`:       "person must hold strings",
		`{"idp":"idp","sub":"adviser","person":"p\u0000","since":"2025-01-01"}`:     "control character",
		`{"idp":"idp","sub":"adviser","person":"p","since":"2025-01-01"} {}`:        "not one JSON object",
		`{"idp":"idp","sub":"adviser","person":"p","since":"2025-01-01"`:            "not one JSON object",
		`["idp"]`: "not one JSON object",
		`{"idp":"idp","sub":"adviser","person":"p","since":"2026-01-01","until":"2025-01-01"}`:   "until is not after since",
		`{"idp":"idp","sub":"adviser","person":"p","since":"2025-01-01","means":"appointement"}`: `did you mean "appointment"?`,
		`{"idp":"idp","sub":"nobody","person":"p","since":"2025-01-01"}`:                         "account",
		`{"sub":"adviser","person":"p","since":"2025-01-01"}`:                                    "idp is empty",
	} {
		sum, err := w.Imports.Import(w.Ctx, imports.CaseloadFile, strings.NewReader(line+"\n"), imports.JSONL,
			imports.Options{
				Refused: func(_ int, why string) {
					if !strings.Contains(why, says) {
						t.Errorf("%s: got %q, want %q", line, why, says)
					}
				}})
		if err != nil || sum.Refused != 1 {
			t.Errorf("%s: %+v, %v", line, sum, err)
		}
	}
	_, refused, err := w.Load(imports.StructuresFile,
		"code,siret,label\nML5,35600000000049,x\nML6,35600000000001,La Poste\nML7,1,x\n", imports.Options{})
	if err != nil || len(refused) != 2 || refused[3] != "" {
		t.Errorf("got %v, %v", refused, err)
	}
}

// TestAnImportThatBreaksOff: an import that fails half-way keeps what it stored, says how much it was, and can be run
// again.
func TestAnImportThatBreaksOff(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	var file strings.Builder
	file.WriteString("idp,sub,person,since\n")
	for i := range 5000 {
		fmt.Fprintf(&file, "idp,adviser,P%06d,2025-01-01\n", i)
	}
	half := io.MultiReader(strings.NewReader(file.String()[:file.Len()/2]), failing{})
	sum, err := w.Imports.Import(w.Ctx, imports.CaseloadFile, half, imports.CSV, imports.Options{})
	if err == nil || cloison.KindOf(err) != cloison.Unavailable || sum.Stored != 2000 {
		t.Fatalf("got %+v, %v", sum, err)
	}
	if sum, refused, err := w.Load(imports.CaseloadFile, file.String(), imports.Options{}); err != nil ||
		sum.Stored != 5000 {
		t.Errorf("again: %+v, %v, %v", sum, refused, err)
	}
	if m := w.Explained("adviser"); len(m) != 5000 {
		t.Errorf("%d persons are explained", len(m))
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestDatesAreDaysOfTheZone: a day without a time begins in the directory's zone.
func TestDatesAreDaysOfTheZone(t *testing.T) {
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	w := testworld.New(t, testworld.Options{Directory: directory.Settings{Zone: reunion}})
	_, refused, err := w.Load(imports.AccountsFile, "structure,name,email,roles,created_at\nML1,A Exemple,a@ml.example,adviser,2025-11-03\n", imports.Options{})
	if err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	found, err := w.DB.AccountsByEmail(w.Ctx, "a@ml.example")
	if err != nil || len(found) != 1 || !found[0].Created.Equal(time.Date(2025, 11, 2, 20, 0, 0, 0, time.UTC)) {
		t.Errorf("created %v, %v", found, err)
	}
}
