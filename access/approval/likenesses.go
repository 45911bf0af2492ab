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

// Likeness is an account that a proposed one may duplicate, or may be made to look like.
type Likeness struct {
	Line    int // of the list; 0: the colleague who is proposed singly
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

// Likenesses finds the accounts that the proposed ones resemble, by line, the closest first. Closed accounts are not
// among them. The structure is read once, however long the list.
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

// identity is what of an account is compared: the words of its name, and its address as a skeleton.
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

// sortedWords returns the words of a name, folded, in alphabetical order: lists have the family name first or last.
func sortedWords(name cloison.Personal) string {
	words := strings.FieldsFunc(directory.Fold(name.Reveal()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(words)
	return strings.Join(words, " ")
}

// skeleton writes an address so that addresses which look alike are equal. It drops what follows a + in the mailbox,
// and writes as one the letters that known attacks swap: 0 and o, 1 and l, rn and m, vv and w, and the letters of
// other scripts that look Latin. (Unicode TS 39 lists thousands; an address of a French body has none of those.)
func skeleton(email string) string {
	if at := strings.LastIndexByte(email, '@'); at >= 0 {
		mailbox, _, _ := strings.Cut(email[:at], "+")
		email = mailbox + email[at:]
	}
	return lookalikes.Replace(directory.Fold(email))
}

// lookalikes never changes; it is built once, not for each account of a structure.
var lookalikes = strings.NewReplacer("0", "o", "1", "l", "i", "l", "rn", "m", "vv", "w", "а", "a", "е", "e", "о", "o", "р", "p",
	"с", "c", "у", "y", "х", "x", "і", "l", "ӏ", "l", "ο", "o", "ι", "l", "-", "", "_", "")
