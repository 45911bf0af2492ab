package scim_test

import (
	"strings"
	"sync"
	"testing"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

// TestOddPatches is the table of PATCH bodies that clients send, or that an attacker would: what is answered, and
// whether the person may still sign in afterwards.
func TestOddPatches(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	deep := strings.Repeat(`{"a":`, 50) + `1` + strings.Repeat(`}`, 50)
	for name, c := range map[string]struct {
		body   string
		status int
		kind   string
		active bool
		says   string // in the answer
	}{
		"Entra ID":                  {machinekit.Patch(`{"op":"Replace","path":"active","value":"False"}`), 200, "", false, `"active":false`},
		"Entra ID, with its schema": {machinekit.Patch(`{"op":"Replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":"False"}`), 200, "", false, ""},
		"Okta":                      {machinekit.Patch(`{"op":"replace","value":{"active":false}}`), 200, "", false, ""},
		"Okta, with an id":          {machinekit.Patch(`{"op":"replace","value":{"id":"x","active":false}}`), 200, "", false, ""},
		"without a path, as a text": {machinekit.Patch(`{"op":"REPLACE","value":{"Active":"FALSE"}}`), 200, "", false, ""},
		"by add":                    {machinekit.Patch(`{"op":"Add","path":"Active","value":false}`), 200, "", false, ""},
		"off and on":                {machinekit.Patch(`{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":true}`), 200, "", true, ""},
		"on and off":                {machinekit.Patch(`{"op":"replace","path":"active","value":true},{"op":"replace","path":"active","value":false}`), 200, "", false, ""},
		"off, with a wrong name":    {machinekit.Patch(`{"op":"replace","value":{"active":false,"displayName":"` + strings.Repeat("x", 300) + `"}}`), 400, "invalidValue", false, ""},
		"off, with a role":          {machinekit.Patch(`{"op":"replace","value":{"active":false,"roles":[{"value":"officer"}]}}`), 400, "mutability", false, ""},
		"remove active":             {machinekit.Patch(`{"op":"remove","path":"active"}`), 400, "invalidValue", true, ""},
		"active as a number":        {machinekit.Patch(`{"op":"replace","path":"active","value":0}`), 400, "invalidValue", true, ""},
		"active as null":            {machinekit.Patch(`{"op":"replace","path":"active","value":null}`), 400, "invalidValue", true, ""},
		"active as another word":    {machinekit.Patch(`{"op":"replace","path":"active","value":"no"}`), 400, "invalidValue", true, ""},
		"active as a list":          {machinekit.Patch(`{"op":"replace","path":"active","value":[false]}`), 400, "invalidValue", true, ""},
		"active twice":              {machinekit.Patch(`{"op":"replace","value":{"active":true,"Active":false}}`), 400, "invalidSyntax", true, ""},
		"op twice":                  {machinekit.Patch(`{"op":"replace","op":"remove","path":"active","value":false}`), 400, "invalidSyntax", true, ""},
		"an unknown attribute":      {machinekit.Patch(`{"op":"replace","path":"shoeSize","value":42}`), 400, "invalidPath", true, ""},
		"an unknown one beside":     {machinekit.Patch(`{"op":"replace","value":{"shoeSize":42,"active":false}}`), 400, "invalidValue", true, ""},
		"an attribute not kept":     {machinekit.Patch(`{"op":"replace","path":"title","value":"Conseillère"}`), 200, "", true, ""},
		"a password":                {machinekit.Patch(`{"op":"replace","path":"password","value":"hunter22"}`), 200, "", true, ""},
		"an unknown op":             {machinekit.Patch(`{"op":"move","path":"active","value":false}`), 400, "", true, ""},
		"a broken path":             {machinekit.Patch(`{"op":"replace","path":"emails[type eq","value":"x"}`), 400, "invalidPath", true, ""},
		"remove without a path":     {machinekit.Patch(`{"op":"remove"}`), 400, "noTarget", true, ""},
		"no operation":              {machinekit.Patch(``), 400, "invalidValue", true, ""},
		"no schema":                 {`{"Operations":[{"op":"replace","path":"active","value":false}]}`, 400, "invalidValue", true, ""},
		"not JSON":                  {`active=false`, 400, "invalidSyntax", true, ""},
		"nothing":                   {``, 400, "invalidSyntax", true, ""},
		"two documents":             {machinekit.Patch(`{"op":"replace","path":"title","value":"x"}`) + `{}`, 400, "invalidSyntax", true, ""},
		"bad UTF-8":                 {machinekit.Patch(`{"op":"replace","path":"displayName","value":"` + "\xff" + `"}`), 400, "invalidSyntax", true, ""},
		"deep":                      {machinekit.Patch(`{"op":"replace","path":"title","value":` + deep + `}`), 400, "invalidSyntax", true, ""},
		"two megabytes":             {machinekit.Patch(`{"op":"replace","path":"displayName","value":"` + strings.Repeat("x", 2<<20) + `"}`), 413, "", true, ""},
		"its id":                    {machinekit.Patch(`{"op":"replace","path":"id","value":"a0000000000001"}`), 400, "", true, ""},
		"a role more":               {machinekit.Patch(`{"op":"add","path":"roles","value":[{"value":"manager"}]}`), 400, "mutability", true, ""},
		"the machine's role":        {machinekit.Patch(`{"op":"replace","path":"roles","value":[{"value":"source"}]}`), 400, "mutability", true, ""},
		"no role":                   {machinekit.Patch(`{"op":"remove","path":"roles"}`), 400, "mutability", true, ""},
		"its own role":              {machinekit.Patch(`{"op":"replace","path":"roles","value":[{"value":"adviser"}]}`), 200, "", true, ""},
		"a role by a filter":        {machinekit.Patch(`{"op":"replace","path":"roles[value eq \"adviser\"].value","value":"officer"}`), 400, "mutability", true, ""},
		"another structure":         {machinekit.Patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization","value":"ML2"}`), 400, "mutability", true, ""},
		"another structure, so": {machinekit.Patch(`{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML2"}}}`),
			400, "mutability", true, ""},
		"its approval": {machinekit.Patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:cloison:2.0:Approval:state","value":"active"}`), 200, "", true, ""},
		"another name": {machinekit.Patch(`{"op":"Replace","path":"name.familyName","value":"Nouvelle"},{"op":"Add","path":"name.givenName","value":"Anne"}`), 200, "", true,
			`"displayName":"Anne Nouvelle"`},
		"another address": {machinekit.Patch(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"anne@ml.example"}`), 200, "", true, `"value":"anne@ml.example"`},
		"another user name": {machinekit.Patch(`{"op":"Replace","value":{"userName":"ann.nouvelle@ml.example"}}`), 200, "", true,
			`"value":"ann.nouvelle@ml.example"`},
		"a part of the name": {machinekit.Patch(`{"op":"replace","path":"name.givenName","value":"Anne"},{"op":"replace","value":{"name":{"familyName":"Nouvelle"}}}`),
			200, "", true, `"displayName":"Anne Nouvelle"`},
		"an address at home":      {machinekit.Patch(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@home.example"}`), 400, "noTarget", true, ""},
		"a second address":        {machinekit.Patch(`{"op":"add","path":"emails","value":[{"type":"home","value":"x@home.example"}]}`), 200, "", true, `"value":"ann@ml.example"`},
		"no address":              {machinekit.Patch(`{"op":"remove","path":"emails"}`), 200, "", true, `"value":"ann@ml.example"`},
		"an address that is none": {machinekit.Patch(`{"op":"replace","path":"emails[primary eq true].value","value":"nobody"}`), 400, "invalidValue", true, ""},
		"no user name":            {machinekit.Patch(`{"op":"remove","path":"userName"}`), 400, "invalidValue", true, ""},
		"an external id":          {machinekit.Patch(`{"op":"add","path":"externalId","value":"E-1"}`), 200, "", true, `"externalId":"E-1"`},
		"nothing new":             {machinekit.Patch(`{"op":"replace","path":"displayName","value":"ann Exemple"}`), 200, "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			ann := w.Restore("ann")
			got := w.SCIM("idm", "PATCH", "/Users/"+ann.ID.String(), c.body)
			if got.Status != c.status || c.kind != "" && got.Kind() != c.kind || !strings.Contains(got.Body, c.says) {
				t.Errorf("%d %s, want %d %s: %s", got.Status, got.Kind(), c.status, c.kind, got.Body)
			}
			after := w.Read("ann")
			if active := after.State == directory.Active; active != c.active {
				t.Errorf("afterwards the account is %s", after.State)
			}
			if after.Roles != ann.Roles || after.Structure != ann.Structure || after.Binding != ann.Binding {
				t.Errorf("a message changed who somebody is: %+v", after)
			}
		})
	}
}

// TestPutSaysWhatItSays: what a PUT leaves out stays, and silence about active is no word.
func TestPutSaysWhatItSays(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	path := "/Users/" + w.Who["ann"].ID.String()
	got := w.Want(w.SCIM("idm", "PUT", path, `{`+machinekit.UserSchema+`,"userName":"ann@ml.example","displayName":"Ann Autre"}`), 200)
	if !got.Active() || w.Read("ann").Name != "Ann Autre" || w.Read("ann").Email != "ann@ml.example" {
		t.Errorf("%s", got.Body)
	}
	whole := strings.NewReplacer(`"id":`, `"Id":`).Replace(w.SCIM("idm", "GET", path, "").Body) // what was read is written back
	version := w.Read("ann").Version
	w.Want(w.SCIM("idm", "PUT", path, whole), 200)
	if w.Read("ann").Version != version {
		t.Error("writing back what was read changed something")
	}
	w.Want(w.SCIM("idm", "PUT", path, `{`+machinekit.UserSchema+`,"userName":"ann@ml.example","active":false}`), 200)
	if w.Read("ann").State != directory.Suspended {
		t.Error("still in")
	}
	w.Want(w.SCIM("idm", "PUT", path, `{`+machinekit.UserSchema+`,"userName":"ann@ml.example"}`), 200)
	if open, err := w.Approvals.Proposals(t.Context(), ""); err != nil || len(open) != 0 {
		t.Errorf("silence proposed: %v, %v", open, err)
	}
	if got := w.SCIM("idm", "PUT", path, `{`+machinekit.UserSchema+`}`); got.Status != 400 {
		t.Errorf("no user name: %d", got.Status)
	}
}

func TestOddPosts(t *testing.T) {
	w := machinekit.New(t, testworld.Options{Approval: approval.Settings{PerManager: 100, PerStructure: 100}})
	for name, c := range map[string]struct {
		body   string
		status int
		kind   string
	}{
		"inactive":             {strings.Replace(machinekit.Newcomer("a1"), `"active":true`, `"active":"False"`, 1), 400, "invalidValue"},
		"no name":              {`{` + machinekit.UserSchema + `,"userName":"a2@ml.example"}`, 400, "invalidValue"},
		"no address":           {`{` + machinekit.UserSchema + `,"userName":"a3","displayName":"A"}`, 400, "invalidValue"},
		"no schema":            {`{"userName":"a4@ml.example","displayName":"A"}`, 400, ""},
		"an officer":           {strings.Replace(machinekit.Newcomer("a5"), `"active"`, `"roles":[{"value":"officer"}],"active"`, 1), 403, ""},
		"a manager":            {strings.Replace(machinekit.Newcomer("a6"), `"active"`, `"roles":["manager"],"active"`, 1), 400, ""},
		"a manager, rightly":   {strings.Replace(machinekit.Newcomer("a6"), `"active"`, `"roles":[{"value":"manager"}],"active"`, 1), 403, ""},
		"a machine":            {strings.Replace(machinekit.Newcomer("a7"), `"active"`, `"roles":[{"value":"source"}],"active"`, 1), 400, "invalidValue"},
		"an unknown role":      {strings.Replace(machinekit.Newcomer("a8"), `"active"`, `"roles":[{"value":"boss"}],"active"`, 1), 400, "invalidValue"},
		"another structure":    {strings.Replace(machinekit.Newcomer("a9"), `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML2"},"active"`, 1), 400, "invalidValue"},
		"somebody here":        {machinekit.Newcomer("bob"), 409, "uniqueness"},
		"an overseer here":     {machinekit.Newcomer("director"), 409, "uniqueness"},
		"somebody elsewhere":   {machinekit.Newcomer("stranger"), 201, ""}, // an agent in two structures
		"a reception":          {strings.Replace(machinekit.Newcomer("b1"), `"active"`, `"roles":[{"value":"reception"}],"active"`, 1), 201, ""},
		"with a name in parts": {machinekit.Newcomer("b2"), 201, ""},
		"without active":       {strings.Replace(machinekit.Newcomer("b3"), `"active":true,`, ``, 1), 201, ""},
		"with markup":          {strings.Replace(machinekit.Newcomer("b4"), `"familyName":"Exemple"`, `"familyName":"<script>alert(1)</script>"`, 1), 201, ""},
		"with a line break":    {strings.Replace(machinekit.Newcomer("b5"), `"familyName":"Exemple"`, `"familyName":"a\nb"`, 1), 400, "invalidValue"},
	} {
		got := w.SCIM("idm", "POST", "/Users", c.body)
		if got.Status != c.status || c.kind != "" && got.Kind() != c.kind {
			t.Errorf("%s: %d %s, want %d %s: %s", name, got.Status, got.Kind(), c.status, c.kind, got.Body)
		}
		if got.Status == 201 && got.Active() {
			t.Errorf("%s: active at once", name)
		}
	}
	if got := w.SCIM("network", "POST", "/Users", machinekit.Newcomer("c1")); got.Status != 400 {
		t.Errorf("a network's source named no structure: %d", got.Status)
	}
	in := strings.Replace(machinekit.Newcomer("c2"), `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML1"},"active"`, 1)
	w.Want(w.SCIM("network", "POST", "/Users", in), 201)
	if got := w.SCIM("network", "POST", "/Users", strings.ReplaceAll(in, "ML1", "ML9")); got.Status < 400 {
		t.Errorf("a structure that is none: %d", got.Status)
	}
}

// TestTheSamePersonAtOnce: of many requests for one person one proposal comes.
func TestTheSamePersonAtOnce(t *testing.T) {
	w := machinekit.New(t, testworld.Options{Approval: approval.Settings{PerManager: 100, PerStructure: 100}})
	var all sync.WaitGroup
	statuses := make(chan int, 8)
	for range cap(statuses) {
		all.Go(func() { statuses <- w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("camille")).Status })
	}
	all.Wait()
	close(statuses)
	made := 0
	for s := range statuses {
		if s == 201 {
			made++
		} else if s != 409 {
			t.Errorf("answered %d", s)
		}
	}
	open, err := w.Approvals.Proposals(t.Context(), "ML1")
	if err != nil || made != 1 || len(open) != 1 {
		t.Errorf("%d were made, %d wait, %v", made, len(open), err)
	}
}
