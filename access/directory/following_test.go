package directory_test

import (
	"errors"
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// merge makes ML1 a part of ML2.
func (w *world) merge() {
	w.Helper()
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: w.clock.now(), By: w.who["officer"].ID, Made: w.clock.now(), State: lifecycle.MergerOpen}
	err := w.db.AddMerger(w.ctx, m, directory.Event{At: m.Made, Code: "merger.proposed"})
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, w.who["approver"].ID, m.Made
	err = errors.Join(err, w.db.DecideMerger(w.ctx, m, directory.Event{At: m.Made, Code: "merger.approved"}),
		w.db.Merge(w.ctx, m.ID, m.Made, directory.Event{At: m.Made, Code: "merger.done"}))
	if err != nil {
		w.Fatal(err)
	}
}

// TestImportsFollowAMerger: a list that still has the old name says so for each such line, however often it comes, and
// makes nobody twice.
func TestImportsFollowAMerger(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	const structures = "code,siret,label,network,area,commune\nML1,35600000000048,Ancienne,UNML,Bretagne,29019\nML2,35600000000048,Nouvelle,UNML,Bretagne,29019\n"
	const accounts = "structure,name,email,idp,sub,roles,awareness_at,managers_course_at,created_at\n" +
		"ML1,Sans Sujet,sans@ml1.example,,,adviser,,,\n" + // waits for its code since before the merger
		"ML2,Ailleurs Exemple,ailleurs@ml2.example,idp,ailleurs,adviser,,,\n" +
		"ML1,,vide@ml1.example,,,adviser,,,\n" + // refused: no name
		"ML1,Toute Nouvelle,neuve@ml1.example,,,adviser,,,\n"
	before := strings.Join(strings.SplitAfter(accounts, "\n")[:2], "")
	if sum, refused, err := w.load(directory.AccountsFile, before, directory.Options{}); err != nil || sum.Stored != 1 || sum.Followed != 0 {
		t.Fatal(sum, refused, err)
	}
	w.merge()
	for range 2 {
		notes := map[int]string{}
		follow := directory.Options{Followed: func(line int, note string) { notes[line] = note }}
		sum, refused, err := w.load(directory.AccountsFile, accounts, follow)
		if err != nil || sum != (directory.Summary{Lines: 4, Stored: 3, Refused: 1, Followed: 2}) || refused[4] == "" || len(notes) != 2 ||
			notes[2] != "ML1 is part of ML2 now: the account is there" || notes[5] == "" {
			t.Errorf("%+v, %v, %v, %v", sum, refused, notes, err)
		}
		clear(notes)
		sum, _, err = w.load(directory.StructuresFile, structures, follow)
		if err != nil || sum != (directory.Summary{Lines: 2, Stored: 2, Followed: 1}) || notes[2] != "ML1 is part of ML2 now: the line changes nothing" {
			t.Errorf("%+v, %v, %v", sum, notes, err)
		}
	}
	for email, want := range map[cloison.Personal]int{"sans@ml1.example": 1, "neuve@ml1.example": 1} {
		list, err := w.db.AccountsByEmail(w.ctx, email)
		if err != nil || len(list) != want || list[0].Structure != "ML2" {
			t.Errorf("%d accounts, %v", len(list), err)
		}
	}
	old, _ := w.db.Structure(w.ctx, "ML1")
	kept, err := w.db.Structure(w.ctx, "ML2")
	if err != nil || old.Label != "Mission locale un" || kept.Label != "Nouvelle" {
		t.Errorf("%q and %q, %v", old.Label, kept.Label, err)
	}
}

// TestProposalsNameWhatExists: one for a structure that was merged away is a Conflict that names the new one.
func TestProposalsNameWhatExists(t *testing.T) {
	w := newWorld(t, directory.Settings{CourseOptional: true})
	w.merge()
	refused := func(what string, err error) {
		var gone directory.MergedAway
		if cloison.KindOf(err) != cloison.Conflict || !errors.As(err, &gone) || gone != (directory.MergedAway{From: "ML1", Into: "ML2"}) {
			t.Errorf("%s: %v", what, err)
		}
	}
	list := directory.List{Colleagues: []directory.Colleague{{Line: 2, Name: "A Exemple", Email: "a@ml1.example", Roles: directory.Adviser}}}
	for _, who := range []string{"manager", "officer"} { // of the gone structure, and of all
		_, err := w.d.Propose(w.ctx, w.by(who), newcomer())
		refused(who, err)
		_, err = w.d.ProposeList(w.ctx, w.by(who), "ML1", list)
		refused(who+"'s list", err)
	}
	ask := newcomer()
	ask.Structure = "ML2"
	if _, err := w.d.Propose(w.ctx, w.by("manager"), ask); err != nil {
		t.Errorf("for the new one: %v", err)
	}
}
