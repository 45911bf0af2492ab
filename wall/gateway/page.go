package gateway

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"cloison/internal/i18n"
)

//go:embed refusal.html
var pageText string

// pageStyle stands in the page; the content security policy allows this text alone, by its digest.
const pageStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}` +
	`:root{color-scheme:light dark}h1{font-size:28px;line-height:1.2}small{opacity:.8}` +
	`a{display:inline-block;padding:.7rem 1.2rem;border:1px solid;border-radius:6px}`

func pagePolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors 'none'", base64.StdEncoding.EncodeToString(sum[:]))
}

// refusalPage renders the problem as a page.
func refusalPage(l i18n.Lang, p problem) ([]byte, error) {
	t, err := template.New("refusal").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{"Lang": l.String(), "Style": template.CSS(pageStyle), "P": p, "Others": p.Reasons[1:],
		"Reference": i18n.Say(l, "page.reference", i18n.Params{"reference": p.Reference}),
		"Continue":  i18n.Say(l, "page.continue", nil), "OtherReasons": i18n.Say(l, "page.other_reasons", nil)})
	return []byte(b.String()), err
}
