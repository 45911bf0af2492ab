package console

import (
	"strings"

	"cloison/access/directory"
)

// menuGroup is the pages of one part of somebody's work.
type menuGroup struct {
	Key   string // of its heading
	Items []menuItem
}

type menuItem struct {
	Path, Key string
	Here      bool
}

// menu lists the pages that the viewer may open, by what they are about: his own work, his structure, the network. A
// group that would be empty is left out.
func (c *Console) menu(v viewer, here string) []menuGroup {
	groups := []menuGroup{{Key: "menu.own"}, {Key: "menu.house"}, {Key: "menu.network"}}
	for _, p := range pages() {
		if p.menu && (p.who == 0 || v.has(p.who)) {
			at, g := strings.TrimSuffix(p.path, "{$}"), &groups[p.about(v)]
			g.Items = append(g.Items, menuItem{Path: at, Key: "menu." + p.template, Here: here == at || at != "/" && strings.HasPrefix(here, at+"/")})
		}
	}
	shown := groups[:0]
	for _, g := range groups {
		if len(g.Items) > 0 {
			shown = append(shown, g)
		}
	}
	return shown
}

// about is the group of a page, out of who may open it: one that an adviser has is somebody's own work, one that no
// structure has is the network's. Lists of accounts are about the structure for whoever answers for one.
func (p page) about(v viewer) int {
	const own, structure, all = 0, 1, 2
	switch {
	case (p.path == "/habilitations" || p.path == "/exposition") && v.has(network|house):
		return structure
	case p.who == 0, p.who&(directory.Adviser|directory.Reception) != 0:
		return own
	case p.who&house != 0:
		return structure
	}
	return all
}
