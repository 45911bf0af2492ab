package scim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison/internal/testkit"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

// oracle is npm's scim-patch, with which Cloison shares no code.
type oracle struct {
	enc *json.Encoder
	out *bufio.Reader
}

func newOracle(t *testing.T) oracle {
	t.Helper()
	dir := testkit.NPM(t, "scimpatch", os.DirFS(filepath.Join("testdata", "scimpatch")))
	node := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "patch.mjs"))
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	node.Stderr = os.Stderr
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		node.Wait() // it was told to end
	})
	return oracle{json.NewEncoder(in), bufio.NewReader(out)}
}

func (o oracle) patch(t *rapid.T, resource map[string]any, operations []map[string]any) (patched map[string]any, refused string) {
	if err := o.enc.Encode(map[string]any{"resource": resource, "operations": operations}); err != nil {
		t.Fatal(err)
	}
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Resource map[string]any
		Error    string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Resource, answer.Error
}

// TestPatchesAsOthersReadThem holds what a PATCH does here against what an independent implementation makes of it, over
// random operations in the forms that Entra ID and Okta send.
func TestPatchesAsOthersReadThem(t *testing.T) {
	o := newOracle(t)
	w := machinekit.New(t, testworld.Options{})
	path := "/Users/" + w.Who["ann"].ID.String()
	word := rapid.StringMatching(`[A-Za-zéÉ’ -]{0,8}[a-z]`)
	rapid.Check(t, func(t *rapid.T) {
		w.Restore("ann")
		w.Clock.Add(time.Minute) // of the requests that one minute may have
		before := w.SCIM("idm", "GET", path, "")
		op := rapid.SampledFrom([]string{"replace", "Replace", "add", "Add"})
		one := rapid.Custom(func(t *rapid.T) map[string]any {
			text, address := word.Draw(t, "text"), fmt.Sprintf("a%d@ml.example", rapid.IntRange(0, 9999).Draw(t, "n"))
			return rapid.SampledFrom([]map[string]any{
				{"op": op.Draw(t, "op"), "path": "name.familyName", "value": text},
				{"op": op.Draw(t, "op"), "path": "name.givenName", "value": text},
				{"op": op.Draw(t, "op"), "path": "externalId", "value": text},
				{"op": op.Draw(t, "op"), "path": "userName", "value": address},
				{"op": op.Draw(t, "op"), "path": `emails[type eq "work"].value`, "value": address},
				{"op": op.Draw(t, "op"), "path": `emails[primary eq true].value`, "value": address},
				{"op": "replace", "path": "emails", "value": []any{map[string]any{"type": "work", "primary": true, "value": address}}},
				{"op": op.Draw(t, "op"), "path": "active", "value": rapid.Bool().Draw(t, "active")},
				{"op": op.Draw(t, "op"), "value": map[string]any{"active": rapid.Bool().Draw(t, "active"), "externalId": text}},
				// Not compared: a name with a familyName alone. By sections 3.5.2.1 and 3.5.2.3 its givenName stays, as
				// it does here; the other drops it.
				{"op": op.Draw(t, "op"), "value": map[string]any{"name.givenName": text, "userName": address}},
				{"op": "remove", "path": "externalId"},
				{"op": "remove", "path": "name.givenName"},
			}).Draw(t, "operation")
		})
		operations := rapid.SliceOfN(one, 1, 4).Draw(t, "operations")
		want, refused := o.patch(t, before.JSON, operations)
		if refused != "" {
			t.Skip(refused) // to remove what is not there: an error there, nothing to do here
		}
		body, err := json.Marshal(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations})
		if err != nil {
			t.Fatal(err)
		}
		got := w.SCIM("idm", "PATCH", path, string(body))
		if got.Status != 200 {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		same := func(what string, got, want any) {
			if fmt.Sprint(got) != fmt.Sprint(want) && !(got == nil && want == "") {
				t.Errorf("%s: %v, the other has %v", what, got, want)
			}
		}
		for _, name := range []string{"userName", "externalId", "active"} {
			same(name, got.JSON[name], want[name])
		}
		for _, name := range []string{"givenName", "familyName"} {
			same(name, member(got.JSON["name"], name), member(want["name"], name))
		}
		// Here an address follows a user name that was the address, as long as no address is given itself.
		if mail := primary(want); mail != primary(before.JSON) {
			same("e-mail", primary(got.JSON), mail)
		}
	})
}

func member(v any, name string) any {
	m, _ := v.(map[string]any)
	return m[name]
}

func primary(resource map[string]any) any {
	list, _ := resource["emails"].([]any)
	if len(list) == 0 {
		return nil
	}
	return member(list[0], "value")
}
