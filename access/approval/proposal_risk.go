package approval

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/suggest"
)

// Asked counts what a maker proposed, for who decides on the next.
type Asked struct {
	Day      int // proposals of the last 24 hours
	Month    int // of the last 30 days
	Approved int // of the month's
	Refused  int // of the month's
}

// AskedBy counts the proposals of a maker, those that are still open included.
func (ap *Approvals) AskedBy(ctx context.Context, maker cloison.AccountID) (Asked, error) {
	now := ap.now()
	day, err := ap.store.ProposalsBy(ctx, maker, now.Add(-24*time.Hour))
	if err != nil {
		return Asked{}, err
	}
	month, err := ap.store.ProposalsBy(ctx, maker, now.AddDate(0, 0, -30))
	if err != nil {
		return Asked{}, err
	}
	a := Asked{Approved: month[Approved], Refused: month[Refused]}
	for _, n := range day {
		a.Day += n
	}
	for _, n := range month {
		a.Month += n
	}
	return a, nil
}

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
	house, err := ap.faces(ctx, p.Structure)
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
		name, email := wordsOf(n.Name), skeleton(n.Email.Reveal())
		for _, f := range house {
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

// face is what of an account is looked at for likeness: the words of its name, its address as a skeleton.
type face struct {
	account     directory.Account
	name, email string
}

// faces reads those of a structure.
func (ap *Approvals) faces(ctx context.Context, structure cloison.StructureID) ([]face, error) {
	var all []face
	var after cloison.AccountID
	for {
		page, err := ap.store.Accounts(ctx, structure, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, a := range page {
			after = a.ID
			if a.State != directory.Closed {
				all = append(all, face{a, wordsOf(a.Name), skeleton(a.Email.Reveal())})
			}
		}
		if len(page) < 1000 {
			return all, nil
		}
	}
}

// wordsOf is the words of a name, folded, in the order of the alphabet: lists have the family name first as often as
// last.
func wordsOf(name cloison.Personal) string {
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

// Pair is a maker and an approver who meet often.
type Pair struct {
	Maker, Decider cloison.AccountID
	Approved       int // of the maker's proposals, by this approver
	OfMaker        int // of the maker's proposals, by anybody
	Back           int // of the approver's own proposals, by the maker
}

const (
	pairsBack = 90 * 24 * time.Hour
	pairsFrom = 5  // approvals, before a habit is one
	pairShare = 80 // in a hundred of the maker's
)

// Pairs lists who approves whom so regularly that two pairs of eyes may have become one, in the last 90 days: five
// approvals and four in five of all that the maker was granted, or each the other's. The closest come first.
func (ap *Approvals) Pairs(ctx context.Context) ([]Pair, error) {
	all, err := ap.store.Approvals(ctx, ap.now().Add(-pairsBack))
	if err != nil {
		return nil, err
	}
	granted, of := map[cloison.AccountID]int{}, map[[2]cloison.AccountID]int{}
	for _, p := range all {
		granted[p.Maker] += p.Approved
		of[[2]cloison.AccountID{p.Maker, p.Decider}] = p.Approved
	}
	var close []Pair
	for _, p := range all {
		p.OfMaker, p.Back = granted[p.Maker], of[[2]cloison.AccountID{p.Decider, p.Maker}]
		if p.Back > 0 || p.Approved >= pairsFrom && 100*p.Approved >= pairShare*p.OfMaker {
			close = append(close, p)
		}
	}
	return close, nil
}
