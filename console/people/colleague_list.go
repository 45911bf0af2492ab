package people

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
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
	Read      bool                   `json:"-"`
	Structure cloison.StructureID    `json:"structure"`
	Lines     []lineView             `json:"lines"`
	Refused   []approval.RefusedLine `json:"refused"`
	List      string                 `json:"list"` // the lines taken, as the act wants them
}

// lineView is one line of a list.
type lineView struct {
	Line  int        `json:"line"`
	Name  string     `json:"name"`
	Email string     `json:"email"`
	Roles []string   `json:"roles"`
	Like  []likeView `json:"like,omitempty"` // accounts that the colleague resembles, for the approver
}

func lineViews(list []approval.Colleague) []lineView {
	lines := []lineView{}
	for _, n := range list {
		lines = append(lines, lineView{Line: n.Line, Name: n.Name.Reveal(), Email: n.Email.Reveal(), Roles: n.Roles.Names()})
	}
	return lines
}

func (l *listView) Title(s web.Say) string {
	if !l.Read {
		return s("list.title")
	}
	return web.Numbered(s, "list.title_read", len(l.Lines))
}

func (h *lists) page(_ *http.Request, v web.Viewer) (web.View, error) {
	return &listView{Structure: v.Account.Structure}, nil
}

// maxUpload bounds a form with a file: what is longer than a list may be is not read.
const maxUpload = 128 << 10

// read shows what an uploaded file holds: POST /propositions/liste. It changes nothing.
func (h *lists) read(w http.ResponseWriter, r *http.Request, p web.Page) {
	v, err := h.Viewer(r)
	if err == nil {
		err = p.MayOpen(v)
	}
	var view *listView
	sent := url.Values{}
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxUpload) // of whatever parts
		view, err = h.listOf(r, v, sent)
	}
	switch {
	case err != nil && h.Refill(w, r, p, v, "list", sent, err):
	case err != nil:
		h.Fail(w, r, err)
	case web.WantsJSON(r):
		h.WriteJSON(w, r, http.StatusOK, view)
	default:
		h.Show(w, r, http.StatusOK, "list", v, view)
	}
}

// listOf streams the form's parts: no file is ever written to disk. What was typed goes into sent.
func (h *lists) listOf(r *http.Request, v web.Viewer, sent url.Values) (*listView, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, web.Unreadable(err)
	}
	view := &listView{Read: true, Structure: v.Account.Structure, Lines: []lineView{}, Refused: []approval.RefusedLine{}}
	var list approval.List
	var unread error
	for n := 0; n < 6 && unread == nil; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, web.Unreadable(err)
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
				list, unread = h.approvals.ReadList(part)
				sent.Set("file", part.FileName())
			}
		}
	}
	if err := h.CheckForm("list", sent, v); err != nil {
		return nil, err
	}
	if unread != nil {
		return nil, unread
	}
	if err := h.checkList(r.Context(), v, view.Structure, &list); err != nil {
		return nil, err
	}
	view.Lines, view.List = lineViews(list.Colleagues), listText(list)
	view.Refused = append(view.Refused, list.Refused...)
	return view, nil
}

// checkList sorts out the lines that cannot be proposed, for a structure that the viewer may propose for.
func (h *lists) checkList(ctx context.Context, v web.Viewer, structure cloison.StructureID, l *approval.List) error {
	if err := h.mayPropose(ctx, v, structure, approval.List{}); !errors.Is(err, directory.ListEmpty) {
		return err
	}
	return h.approvals.CheckList(ctx, structure, l)
}

// mayPropose asks the stage, about a structure that the viewer may know of.
func (h *lists) mayPropose(ctx context.Context, v web.Viewer, structure cloison.StructureID, l approval.List) error {
	err := h.seesStructure(ctx, v, structure)
	if err != nil {
		return err
	}
	if err = h.approvals.MayProposeList(ctx, v.Caller(), structure, l); cloison.KindOf(err) == cloison.NotFound {
		return web.Unknown("structure")
	}
	return err
}

// listText writes the lines of a list as ReadList reads them.
func listText(l approval.List) string {
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

func (h *lists) listed(v web.Viewer, s proposeListSubject) (cloison.StructureID, approval.List, error) {
	if s.Structure == "" {
		s.Structure = v.Account.Structure
	}
	l, err := h.approvals.ReadList(strings.NewReader(s.List))
	return s.Structure, l, err
}

func (h *lists) describeProposeList(ctx context.Context, v web.Viewer, s proposeListSubject) (i18n.Params, error) {
	structure, l, err := h.listed(v, s)
	if err == nil {
		err = h.mayPropose(ctx, v, structure, l)
	}
	return i18n.Params{"n": len(l.Colleagues), "structure": string(structure)}, err
}

func (h *lists) proposeList(ctx context.Context, v web.Viewer, s proposeListSubject) (web.Outcome, error) {
	structure, l, err := h.listed(v, s)
	if err != nil {
		return web.Outcome{}, err
	}
	p, err := h.approvals.ProposeList(ctx, v.Caller(), structure, l)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: decideSubject{p.ID, p.Version}, Next: "/propositions"}, nil
}

func (h *lists) describeApproveList(ctx context.Context, v web.Viewer, s decideSubject) (i18n.Params, error) {
	_, params, err := h.seenProposal(ctx, v, s.Proposal)
	if err != nil {
		return nil, err
	}
	p, err := h.approvals.MayApproveList(ctx, v.Caller(), s.Proposal, s.Version)
	params["n"] = len(p.List)
	delete(params, "variant")
	return params, err
}

func (h *lists) approveList(ctx context.Context, v web.Viewer, s decideSubject) (web.Outcome, error) {
	_, given, err := h.approvals.ApproveList(ctx, v.Caller(), s.Proposal, s.Version)
	if err != nil {
		return web.Outcome{}, err
	}
	codes := make([]web.Handout, len(given))
	for i, h := range given {
		codes[i] = web.Handout{Account: h.Colleague.Account, Name: h.Colleague.Name.Reveal(), Email: h.Colleague.Email.Reveal(),
			Code: h.Code.Reveal()}
	}
	return web.Outcome{Result: struct {
		Codes []web.Handout `json:"codes"`
	}{codes}, Codes: codes, Next: "/propositions"}, nil
}
