package consolekit

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

func Parse(page string) *html.Node {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return &html.Node{}
	}
	return root
}

func Attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func Has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func Find(n *html.Node, is func(*html.Node) bool) *html.Node {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			return d
		}
	}
	return nil
}

func Parent(n *html.Node, name string) *html.Node {
	for p := range n.Ancestors() {
		if p.Data == name {
			return p
		}
	}
	return nil
}

func Text(n *html.Node) string {
	var b strings.Builder
	if n != nil {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// Values is what stands in a field of a form.
func Values(form *html.Node, name string) (shown []string) {
	for d := range form.Descendants() {
		switch {
		case Attr(d, "name") == name && d.Data == "textarea":
			shown = append(shown, Text(d))
		case Attr(d, "name") == name && d.Data == "input" && (Attr(d, "type") == "checkbox" || Attr(d, "type") == "radio"):
			if Has(d, "checked") {
				shown = append(shown, Attr(d, "value"))
			}
		case Attr(d, "name") == name && d.Data == "input":
			shown = append(shown, Attr(d, "value"))
		case d.Data == "option" && Has(d, "selected") && Attr(Parent(d, "select"), "name") == name:
			shown = append(shown, Attr(d, "value"))
		}
	}
	return slices.DeleteFunc(shown, func(s string) bool { return s == "" })
}
