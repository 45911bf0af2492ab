package approval

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/suggest"
)

// Likeness is an account that somebody proposed may be already, or may be made to look like.
type Likeness struct {
	Line    int // of the list's colleague who resembles it; 0: the one who is proposed singly
	Account directory.Account
	Why     Resemblance
}

// Resemblance is how two identities look alike.
type Resemblance string

const (
	SameEmail Resemblance = "same_email" // in another structure: the agent has an account there
	LikeEmail Resemblance = "like_email" // one letter apart, or with letters that look like others
	SameName  Resemblance = "same_name"  // in the same structure
)

// Likenesses finds the accounts that new ones would resemble, by line, and for each the closest first. Those that left
// are not among them. The structure is read once, however long the list.
func (ap *Approvals) Likenesses(ctx context.Context, p Proposal) ([]Likeness, error) {
	newcomers := p.List
	switch p.Kind {
	case NewAccount:
		newcomers = []Colleague{{Name: p.Name, Email: p.Email}}
	case NewAccounts:
	default:
		return nil, nil
	}
	there, err := ap.identities(ctx, p.Structure)
	if err != nil {
		return nil, err
	}
	var found []Likeness
	for _, n := range newcomers {
		known := map[cloison.AccountID]bool{}
		add := func(a directory.Account, why Resemblance) {
			if !known[a.ID] && a.State != directory.Closed {
				known[a.ID] = true
				found = append(found, Likeness{n.Line, a, why})
			}
		}
		same, err := ap.store.AccountsByEmail(ctx, n.Email)
		if err != nil {
			return nil, err
		}
		for _, a := range same {
			add(a, SameEmail)
		}
		name, email := sortedWords(n.Name), skeleton(n.Email.Reveal())
		for _, f := range there {
			switch {
			case suggest.Within(1, email, f.email):
				add(f.account, LikeEmail)
			case name != "" && name == f.name:
				add(f.account, SameName)
			}
		}
	}
	return found, nil
}

// identity is what of an account is looked at for likeness: the words of its name, its address as a skeleton.
type identity struct {
	account     directory.Account
	name, email string
}

// identities reads those of a structure.
func (ap *Approvals) identities(ctx context.Context, structure cloison.StructureID) ([]identity, error) {
	var all []identity
	var after cloison.AccountID
	for {
		page, err := ap.store.Accounts(ctx, structure, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, a := range page {
			after = a.ID
			if a.State != directory.Closed {
				all = append(all, identity{a, sortedWords(a.Name), skeleton(a.Email.Reveal())})
			}
		}
		if len(page) < 1000 {
			return all, nil
		}
	}
}

// sortedWords is the words of a name, folded, in the order of the alphabet: lists have the family name first as often as
// last.
func sortedWords(name cloison.Personal) string {
	words := strings.FieldsFunc(directory.Fold(name.Reveal()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(words)
	return strings.Join(words, " ")
}

// skeleton leaves out what follows a + in the mailbox, which is the same one without it, and writes letters that look
// alike as one, those of the attacks that were seen: 0 and o, 1 and l, rn and m, vv and w, and the letters of other
// scripts that look Latin. (Unicode TS 39 has thousands; an address of a French body has none of those.)
func skeleton(email string) string {
	if at := strings.LastIndexByte(email, '@'); at >= 0 {
		mailbox, _, _ := strings.Cut(email[:at], "+")
		email = mailbox + email[at:]
	}
	return strings.NewReplacer("0", "o", "1", "l", "i", "l", "rn", "m", "vv", "w", "а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x",
		"і", "l", "ӏ", "l", "ο", "o", "ι", "l", "-", "", "_", "").Replace(directory.Fold(email))
}
