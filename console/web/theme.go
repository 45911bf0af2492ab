package web

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cloison"
)

// maxTheme is how long an operator's theme may be, in bytes.
const maxTheme = 16 << 10

var (
	rootBlock  = regexp.MustCompile(`:root \{([^{}]*)\}`)
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	wholeTheme = regexp.MustCompile(`^\s*(?::root\s*\{([^{}]*)\})?\s*(?:@media\s*\(prefers-color-scheme:\s*dark\)\s*\{\s*:root\s*\{([^{}]*)\}\s*\})?\s*$`)
	colour     = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	corner     = regexp.MustCompile(`^[0-9]{1,2}px$`)
	face       = regexp.MustCompile(`^[A-Za-z0-9 ,"-]{1,200}$`)
)

// CheckTheme reads an operator's theme: a style sheet that gives other values to the names at the top of
// static/cloison.css, for the light and for the dark,
//
//	:root { --sea: #004b87; --corner: 2px; }
//	@media (prefers-color-scheme: dark) { :root { --sea: #7fb8ea; } }
//
// and nothing else, so that no theme hides a warning, moves a button or loads a file. Colours are written #rrggbb; what
// is to be read on what keeps the contrast of 4.5 that WCAG 1.4.3 asks for, and lines and the focus 3 (1.4.11). Errors
// are Invalid.
func CheckTheme(b []byte) error {
	if len(b) > maxTheme {
		return cloison.Errorf(cloison.Invalid, "the theme has %d bytes, at most %d may be: keep the names that change", len(b), maxTheme)
	}
	base, err := files.ReadFile("static/cloison.css")
	if err != nil {
		return err
	}
	light, dark := ownTokens(string(base))
	newLight, newDark, err := themeTokens(string(b))
	if err != nil {
		return err
	}
	for name, value := range newLight {
		if _, ours := light[name]; !ours {
			return cloison.Errorf(cloison.Invalid, "the theme sets --%s, which is no name of the console's: %s are", name, strings.Join(slices.Sorted(maps.Keys(light)), ", "))
		} else if !isToken(name, value) {
			return cloison.Errorf(cloison.Invalid, "the theme's --%s may not be %q: colours are #rrggbb, --corner is in px, --face names fonts", name, value)
		}
	}
	for name, value := range newDark {
		if _, ours := dark[name]; !ours || !isToken(name, value) {
			return cloison.Errorf(cloison.Invalid, "the theme's --%s may not be %q in the dark", name, value)
		}
	}
	maps.Copy(light, newLight)
	under := maps.Clone(light) // what the dark does not say, it has from the light: first ours, then the theme's
	maps.Copy(under, dark)
	maps.Copy(under, newDark)
	if err := readable(light, "light"); err != nil {
		return err
	}
	return readable(under, "dark")
}

// ownTokens reads the two first blocks of names of our own sheet.
func ownTokens(css string) (light, dark map[string]string) {
	blocks := rootBlock.FindAllStringSubmatch(css, 2)
	light, _ = declarations(blocks[0][1])
	dark, _ = declarations(blocks[1][1])
	delete(light, "color-scheme")
	return light, dark
}

// themeTokens reads a theme, which has at most two blocks.
func themeTokens(css string) (light, dark map[string]string, err error) {
	css = cssComment.ReplaceAllString(css, "")
	m := wholeTheme.FindStringSubmatch(css)
	if m == nil {
		return nil, nil, cloison.Errorf(cloison.Invalid, "the theme is not :root { … } and @media (prefers-color-scheme: dark) { :root { … } }: nothing else may stand in it")
	}
	if light, err = declarations(m[1]); err == nil {
		dark, err = declarations(m[2])
	}
	return light, dark, err
}

// declarations reads “--name: value; …”.
func declarations(block string) (map[string]string, error) {
	tokens := map[string]string{}
	for _, line := range strings.Split(block, ";") {
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		switch custom, isCustom := strings.CutPrefix(name, "--"); {
		case name == "":
		case !ok || !isCustom:
			if name != "color-scheme" {
				return nil, cloison.Errorf(cloison.Invalid, "the theme says %q, which is no name with a value", name)
			}
		default:
			tokens[custom] = strings.TrimSpace(value)
		}
	}
	return tokens, nil
}

// isToken reports whether a name may have that value.
func isToken(name, value string) bool {
	form := colour
	switch name {
	case "corner":
		form = corner
	case "face":
		form = face
	}
	return form.MatchString(value)
}

// readable holds what is read on what against its contrast.
func readable(t map[string]string, scheme string) error {
	pairs := []struct {
		on, ground string
		least      float64
	}{{"ink", "paper", 4.5}, {"ink", "raised", 4.5}, {"soft", "paper", 4.5}, {"soft", "raised", 4.5}, {"sea", "paper", 4.5}, {"sea-deep", "wash", 4.5},
		{"on-sea", "sea", 4.5}, {"on-sea", "sea-deep", 4.5}, {"paper", "cut", 4.5}, {"edge", "paper", 3}, {"focus", "paper", 3}}
	for _, meaning := range []string{"calm", "waiting", "warning", "cut"} {
		pairs = append(pairs, struct {
			on, ground string
			least      float64
		}{meaning, "paper", 4.5}, struct {
			on, ground string
			least      float64
		}{"ink", meaning + "-wash", 4.5})
	}
	for _, p := range pairs {
		if c := contrast(t[p.on], t[p.ground]); c < p.least {
			return cloison.Errorf(cloison.Invalid, "the theme's --%s (%s) on --%s (%s) has a contrast of %.1f in the %s, %.1f is needed", p.on, t[p.on],
				p.ground, t[p.ground], c, scheme, p.least)
		}
	}
	return nil
}

// contrast is the ratio of WCAG 2.2 (1.4.3) between two colours #rrggbb: 1 to 21.
func contrast(a, b string) float64 {
	lighter, darker := luminance(a), luminance(b)
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + .05) / (darker + .05)
}

func luminance(colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0
		}
		v := float64(n) / 255
		if v <= .04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
