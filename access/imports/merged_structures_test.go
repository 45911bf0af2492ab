package imports_test

import (
	"strings"
	"testing"

	"cloison"
	"cloison/access/imports"
	"cloison/internal/testkit/testworld"
)

// TestImportsFollowAMerger: a file that has the old name of a structure gets a note for each such line, at each
// import, and makes no second account.
func TestImportsFollowAMerger(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	const structures = "code,siret,label,network,area,commune\nML1,35600000000048,Ancienne,UNML,Bretagne,29019\nML2,35600000000048,Nouvelle,UNML,Bretagne,29019\n"
	const accounts = "structure,name,email,idp,sub,roles,awareness_at,managers_course_at,created_at\n" +
		"ML1,Sans Sujet,sans@ml1.example,,,adviser,,,\n" + // waits for its code since before the merger
		"ML2,Ailleurs Exemple,ailleurs@ml2.example,idp,ailleurs,adviser,,,\n" +
		"ML1,,vide@ml1.example,,,adviser,,,\n" + // refused: no name
		"ML1,Toute Nouvelle,neuve@ml1.example,,,adviser,,,\n"
	before := strings.Join(strings.SplitAfter(accounts, "\n")[:2], "")
	if sum, refused, err := w.Load(imports.AccountsFile, before, imports.Options{}); err != nil || sum.Stored != 1 || sum.Followed != 0 {
		t.Fatal(sum, refused, err)
	}
	w.Merge()
	for range 2 {
		notes := map[int]string{}
		follow := imports.Options{Followed: func(line int, note string) { notes[line] = note }}
		sum, refused, err := w.Load(imports.AccountsFile, accounts, follow)
		if err != nil || sum != (imports.Summary{Lines: 4, Stored: 3, Refused: 1, Followed: 2}) || refused[4] == "" || len(notes) != 2 ||
			notes[2] != "ML1 is part of ML2 now: the account is there" || notes[5] == "" {
			t.Errorf("%+v, %v, %v, %v", sum, refused, notes, err)
		}
		clear(notes)
		sum, _, err = w.Load(imports.StructuresFile, structures, follow)
		if err != nil || sum != (imports.Summary{Lines: 2, Stored: 2, Followed: 1}) || notes[2] != "ML1 is part of ML2 now: the line changes nothing" {
			t.Errorf("%+v, %v, %v", sum, notes, err)
		}
	}
	for email, want := range map[cloison.Personal]int{"sans@ml1.example": 1, "neuve@ml1.example": 1} {
		list, err := w.DB.AccountsByEmail(w.Ctx, email)
		if err != nil || len(list) != want || list[0].Structure != "ML2" {
			t.Errorf("%d accounts, %v", len(list), err)
		}
	}
	old, _ := w.DB.Structure(w.Ctx, "ML1")
	kept, err := w.DB.Structure(w.Ctx, "ML2")
	if err != nil || old.Label != "Mission locale un" || kept.Label != "Nouvelle" {
		t.Errorf("%q and %q, %v", old.Label, kept.Label, err)
	}
}
