package console

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// ProposeList and ApproveList are the verbs of a list of colleagues.
const (
	ProposeList signin.Verb = "propose_list"
	ApproveList signin.Verb = "approve_list"
)

const listPath = "/propositions/liste"

// listView is GET /propositions/liste, and what its file holds once it was read.
type listView struct {
	Read      bool                    `json:"-"`
	Structure cloison.StructureID     `json:"structure"`
	Lines     []lineView              `json:"lines"`
	Refused   []directory.RefusedLine `json:"refused"`
	List      string                  `json:"list"` // the lines taken, as the act wants them
}

// lineView is one line of a list.
type lineView struct {
	Line  int        `json:"line"`
	Name  string     `json:"name"`
	Email string     `json:"email"`
	Roles []string   `json:"roles"`
	Like  []likeView `json:"like,omitempty"` // accounts that the colleague resembles, for whoever decides
}

func lineViews(list []directory.Colleague) []lineView {
	lines := []lineView{}
	for _, n := range list {
		lines = append(lines, lineView{Line: n.Line, Name: n.Name.Reveal(), Email: n.Email.Reveal(), Roles: n.Roles.Names()})
	}
	return lines
}

func (l *listView) title(s say) string {
	if !l.Read {
		return s("list.title")
	}
	return numbered(s, "list.title_read", len(l.Lines))
}

func (c *Console) listForm(_ *http.Request, v viewer) (titled, error) {
	return &listView{Structure: v.account.Structure}, nil
}

// maxUpload bounds a form with a file: what is longer than a list may be is not read.
const maxUpload = 128 << 10

// readList shows what an uploaded file holds: POST /propositions/liste. It changes nothing.
func (c *Console) readList(w http.ResponseWriter, r *http.Request, p page) {
	v, err := c.viewer(r)
	if err == nil {
		err = c.acts[ProposeList].mayAct(v)
	}
	var view *listView
	sent := url.Values{}
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxUpload) // of whatever parts
		view, err = c.listOf(r, v, sent)
	}
	switch {
	case err != nil && c.refill(w, r, p, v, "list", sent, err):
	case err != nil:
		c.fail(w, r, err)
	case wantsJSON(r):
		c.writeJSON(w, r, http.StatusOK, view)
	default:
		c.show(w, r, http.StatusOK, "list", v, view)
	}
}

// listOf streams the form's parts: no file is ever written to disk. What was typed goes into sent.
func (c *Console) listOf(r *http.Request, v viewer, sent url.Values) (*listView, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, unreadable(err)
	}
	view := &listView{Read: true, Structure: v.account.Structure, Lines: []lineView{}, Refused: []directory.RefusedLine{}}
	var list directory.List
	var unread error
	for n := 0; n < 6 && unread == nil; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		switch part.FormName() {
		case "structure":
			b, _ := io.ReadAll(io.LimitReader(part, 300))
			sent.Set("structure", string(b))
			if id, _, _ := strings.Cut(strings.TrimSpace(string(b)), " – "); id != "" {
				view.Structure = cloison.StructureID(id)
			}
		case "file":
			if part.FileName() != "" {
				list, unread = c.Directory.ReadList(part)
				sent.Set("file", part.FileName())
			}
		}
	}
	f, _ := formNamed("list")
	if wrong := f.check(sent, v, c.Gauge.Zone); len(wrong) > 0 {
		return nil, badFields(wrong)
	}
	if unread != nil {
		return nil, unread
	}
	if err := c.mayList(r.Context(), v, view.Structure); err != nil {
		return nil, err
	}
	if err := c.Directory.CheckList(r.Context(), view.Structure, &list); err != nil {
		return nil, err
	}
	view.Lines, view.List = lineViews(list.Colleagues), listText(list)
	view.Refused = append(view.Refused, list.Refused...)
	return view, nil
}

// mayList says whether the viewer may propose a list for that structure.
func (c *Console) mayList(ctx context.Context, v viewer, structure cloison.StructureID) error {
	if err := c.mayAskFor(ctx, v, structure); err != nil {
		return err
	}
	return directory.Allow(directory.ToPropose, v.account, directory.Account{Structure: structure, Roles: directory.Adviser})
}

// listText writes the lines of a list as ReadList reads them.
func listText(l directory.List) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = ';'
	w.Write([]string{"name", "email", "roles"}) // a buffer takes all
	for _, n := range l.Colleagues {
		w.Write([]string{n.Name.Reveal(), n.Email.Reveal(), n.Roles.String()})
	}
	w.Flush()
	return b.String()
}

// proposeListSubject is the whole list: the passkey approves every line of it.
type proposeListSubject struct {
	Structure cloison.StructureID `json:"structure,omitempty"` // the viewer's own
	List      string              `json:"list"`
}

func (c *Console) listed(v viewer, s proposeListSubject) (cloison.StructureID, directory.List, error) {
	if s.Structure == "" {
		s.Structure = v.account.Structure
	}
	l, err := c.Directory.ReadList(strings.NewReader(s.List))
	return s.Structure, l, err
}

func (c *Console) aboutProposeList(ctx context.Context, v viewer, s proposeListSubject) (i18n.Params, error) {
	structure, l, err := c.listed(v, s)
	if err != nil {
		return nil, err
	}
	if err := c.mayList(ctx, v, structure); err != nil {
		return nil, err
	}
	if err := c.Directory.CheckList(ctx, structure, &l); err != nil {
		return nil, err
	}
	if len(l.Refused) > 0 || len(l.Colleagues) == 0 {
		return nil, refuse(cloison.Invalid, string(directory.ListRefused))
	}
	return i18n.Params{"n": len(l.Colleagues), "structure": string(structure)}, nil
}

func (c *Console) proposeList(ctx context.Context, v viewer, s proposeListSubject) (outcome, error) {
	structure, l, err := c.listed(v, s)
	if err != nil {
		return outcome{}, err
	}
	p, err := c.Directory.ProposeList(ctx, v.caller(), structure, l)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: decideSubject{p.ID, p.Version}, next: "/propositions"}, nil
}

func (c *Console) aboutApproveList(ctx context.Context, v viewer, s decideSubject) (i18n.Params, error) {
	params, err := c.decidable(ctx, v, s.Proposal, s.Version)
	if err != nil {
		return nil, err
	}
	p, err := c.Directory.Proposal(ctx, s.Proposal)
	if err == nil && p.Kind != directory.NewAccounts {
		err = badField("kind")
	}
	params["n"] = len(p.List)
	delete(params, "variant")
	return params, err
}

// handout is one line of the page that an approver prints.
type handout struct {
	Account cloison.AccountID `json:"account"`
	Name    string            `json:"name"`
	Email   string            `json:"email"`
	Code    string            `json:"code"` // this once
}

func (c *Console) approveList(ctx context.Context, v viewer, s decideSubject) (outcome, error) {
	_, given, err := c.Directory.ApproveList(ctx, v.caller(), s.Proposal, s.Version)
	if err != nil {
		return outcome{}, err
	}
	codes := make([]handout, len(given))
	for i, h := range given {
		codes[i] = handout{h.Colleague.Account, h.Colleague.Name.Reveal(), h.Colleague.Email.Reveal(), h.Code.Reveal()}
	}
	return outcome{result: struct {
		Codes []handout `json:"codes"`
	}{codes}, codes: codes, next: "/propositions"}, nil
}

// sheetLines is a list's lines with their sheet, for the table that two pages share.
type sheetLines struct {
	S *sheet
	R []lineView
}

func linesOf(s *sheet, r []lineView) sheetLines { return sheetLines{s, r} }
