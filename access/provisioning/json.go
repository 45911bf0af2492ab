package provisioning

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"cloison"
)

// maxDepth bounds how deep a message nests: a SCIM PATCH or a statement with contexts has six levels.
const maxDepth = 16

// ParseJSON reads one JSON document (RFC 8259) strictly: one, in UTF-8, no deeper than maxDepth, and without a name
// that comes twice in an object, upper and lower case being the same, as in SCIM (RFC 7643, section 2.1). Objects are
// map[string]any, arrays []any, numbers json.Number.
func ParseJSON(body []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	v, err := value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, notStrict("something follows the document")
	}
	return v, nil
}

func notStrict(why string) error {
	return Refuse(http.StatusBadRequest, "invalidSyntax", "the message is refused: "+why)
}

const malformed = "it is not JSON in UTF-8, or a name comes twice in an object"

func value(d *jsontext.Decoder, depth int) (any, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, notStrict(malformed)
	}
	if depth > maxDepth {
		return nil, notStrict("it nests too deep")
	}
	switch t.Kind() {
	case 'n':
		return nil, nil
	case 't', 'f':
		return t.Bool(), nil
	case '"':
		return t.String(), nil
	case '0':
		return json.Number(t.String()), nil
	case '[':
		return array(d, depth)
	case '{':
		return object(d, depth)
	}
	return nil, notStrict(malformed)
}

func array(d *jsontext.Decoder, depth int) (any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		v, err := value(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.ReadToken()
	return list, err
}

func object(d *jsontext.Decoder, depth int) (any, error) {
	members, folded := map[string]any{}, map[string]bool{}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil || name.Kind() != '"' {
			return nil, notStrict(malformed)
		}
		key := name.String()
		fold := strings.ToLower(key)
		if folded[fold] {
			return nil, notStrict("two names of an object differ in case alone")
		}
		folded[fold] = true
		if members[key], err = value(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return members, err
}

// CanonicalJSON is the document's one form (RFC 8785), to compare by.
func CanonicalJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "encoding the message: %w", err)
	}
	text := jsontext.Value(b)
	if err := text.Canonicalize(); err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the message has no canonical form")
	}
	return text, nil
}
