package config

import (
	"fmt"
	"strings"
)

// Reference is docs/reference/config.md: every key with its default, the version that knew it first, and what it means in
// both languages. It is made from the same source as the console's page of settings and cloison check.
func Reference() ([]byte, error) {
	c, err := Parse(nil)
	if err != nil {
		return nil, err
	}
	groups, err := c.Settings()
	if err != nil {
		return nil, err
	}
	since := map[string]string{}
	for _, s := range c.each() {
		since[s.key] = s.since
	}
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s · %s\n\n| key | default | since | meaning | sens |\n|---|---|---|---|---|\n", g.Title["en"], g.Title["fr"])
		for _, s := range g.Settings {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Key, defaultText(s.Value, s.Unit["en"]), since[s.Key], s.Meaning["en"], s.Meaning["fr"])
		}
	}
	return []byte(b.String()), nil
}

const referenceHead = `<!-- Made by go test ./internal/config -update: change the fields and catalogues of internal/config instead. -->

# The config file

One YAML file, ` + "`cloison.yaml`" + ` or the one that ` + "`--config`" + ` names. Every key may be left out: its default holds. A key that is not
listed here is refused. No secret is in the file: a key that ends in ` + "`_file`" + ` names a file that holds one, which only its owner may
read (` + "`chmod 600`" + `). Relative paths start at the config file. Durations are written as in ` + "`30m` or `4h`" + `.

` + "`cloison check`" + ` prints each key with the value that holds and the line that says so, and the console shows the same under Réglages.
What a tool's block holds is in [one disclosure](../concepts/one-disclosure.md), what a machine's client holds in
[provisioning](../operate/provisioning.md).
`

// defaultText writes a default as the file would, with what it counts.
func defaultText(value any, unit string) string {
	text := fmt.Sprint(value)
	if list, ok := value.([]string); ok {
		text = strings.Join(list, ", ")
	}
	if text == "" {
		return "none"
	}
	return strings.TrimSpace("`" + text + "` " + unit)
}
