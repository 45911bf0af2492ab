package self

import (
	"net/http"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// certificatesView is GET /formation/attestations: the viewer's own, or one that is checked by its number.
type certificatesView struct {
	Certificates []certificateView `json:"certificates"`
	Number       string            `json:"number,omitempty"` // asked for
	Checks       bool              `json:"-"`
}

func (v *certificatesView) Title(s web.Say) string {
	switch {
	case v.Number != "" && len(v.Certificates) == 0:
		return s("certificates.title_unknown")
	case v.Number != "":
		return s("certificates.title_known")
	}
	return web.Numbered(s, "certificates.title", len(v.Certificates))
}

// certificateView is GET /formation/attestations/{id}.
type certificateView struct {
	ID        cloison.ActID       `json:"number"`
	Name      string              `json:"name"`
	Structure cloison.StructureID `json:"structure"`
	Label     string              `json:"structure_label,omitempty"`
	Course    string              `json:"course"`
	At        time.Time           `json:"at"`
	Until     time.Time           `json:"until"`
	Valid     bool                `json:"valid"`
	Edition   string              `json:"edition"`
	Own       *score              `json:"score,omitempty"` // to its holder alone
	Check     string              `json:"-"`
}

type score struct{ Right, Of int }

func (v *certificateView) Title(s web.Say) string { return s("certificate.title") }

func (h *certificates) view(l i18n.Lang, a directory.Account, k training.Certificate, own bool) certificateView {
	course, _ := h.training.Course(k.Course)
	v := certificateView{ID: k.ID, Name: a.Name.Reveal(), Structure: a.Structure, Course: course.Title(l), At: k.At, Until: k.Until,
		Valid: h.Now().Before(k.Until), Edition: k.Edition, Check: h.URL + web.CoursesPath + "/attestations"}
	if own {
		v.Own = &score{k.Right, k.Of}
	}
	return v
}

func (h *certificates) list(r *http.Request, v web.Viewer) (web.View, error) {
	view := &certificatesView{Certificates: []certificateView{}, Number: strings.TrimSpace(r.URL.Query().Get("numero")), Checks: v.Has(web.NetworkRoles | web.StructureRoles)}
	lang := web.LanguageOf(r)
	if view.Number != "" {
		one, err := h.certified(r, v, typedNumber(view.Number))
		if err == nil {
			view.Certificates = append(view.Certificates, *one)
		} else if cloison.KindOf(err) != cloison.NotFound {
			return nil, err
		}
		return view, nil
	}
	all, err := h.training.Certificates(r.Context(), v.Account.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		view.Certificates = append(view.Certificates, h.view(lang, v.Account, k, true))
	}
	return view, nil
}

// typedNumber reads a certificate's number as somebody copies it from paper.
func typedNumber(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u202f", "", "\u00a0", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(s))
}

func (h *certificates) one(r *http.Request, v web.Viewer) (web.View, error) {
	return h.certified(r, v, r.PathValue("id"))
}

// certified finds a certificate whose holder the viewer may know of.
func (h *certificates) certified(r *http.Request, v web.Viewer, number string) (*certificateView, error) {
	id, err := cloison.ParseActID(number)
	if err != nil || id == 0 {
		return nil, web.NotFound()
	}
	k, err := h.training.Certificate(r.Context(), id)
	if err != nil {
		return nil, err
	}
	a, err := h.Seen(r.Context(), v, k.Account)
	if err != nil {
		return nil, err
	}
	view := h.view(web.LanguageOf(r), a, k, a.ID == v.Account.ID)
	if s, err := h.directory.Structure(r.Context(), a.Structure); err == nil {
		view.Label = s.Label
	}
	return &view, nil
}
