package oversight

import (
	"encoding/json"
	"net/http"
	"strings"

	"cloison/console/web"
)

// Setting is one key of the config with the value that holds. What is said is said by language, "fr" and "en". Secrets
// are none of them: the config names the files that hold them.
type Setting struct {
	Key     string            `json:"key"`
	Value   any               `json:"value"`         // a number, a text, a boolean, or a list of names
	Unit    map[string]string `json:"unit,omitzero"` // what a number counts
	Source  string            `json:"source"`        // "default", or the file that says so
	Line    int               `json:"line,omitzero"` // in that file
	Meaning map[string]string `json:"meaning"`       // a sentence
}

// SettingGroup is one section of the config.
type SettingGroup struct {
	Name     string            `json:"name"`
	Title    map[string]string `json:"title"`
	Settings []Setting         `json:"settings"`
}

// settingsView is GET /reglages: what holds, and what of it somebody has chosen.
type settingsView struct {
	Groups []SettingGroup `json:"settings"`
}

func (v *settingsView) Title(s web.Say) string {
	n := 0
	for _, g := range v.Groups {
		for _, one := range g.Settings {
			if one.Line > 0 {
				n++
			}
		}
	}
	return web.Numbered(s, "settings.title", n)
}

func (h *settings) page(*http.Request, web.Viewer) (web.View, error) {
	return &settingsView{Groups: h.groups}, nil
}

// Says writes a setting's value; the empty text for one that is empty.
func (one Setting) Says(s *web.Sheet) string {
	switch v := one.Value.(type) {
	case int:
		return s.Lang.Number(int64(v))
	case float64:
		if v == float64(int64(v)) {
			return s.Lang.Number(int64(v))
		}
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		if s.Lang.String() == "fr" {
			return strings.Replace(string(b), ".", ",", 1)
		}
		return string(b)
	case bool:
		if v {
			return s.Say("settings.yes")
		}
		return s.Say("settings.no")
	case []string:
		return strings.Join(v, ", ")
	case string:
		return v
	}
	return ""
}
