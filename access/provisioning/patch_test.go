package provisioning_test

import (
	"strings"
	"sync"
	"testing"

	"cloison/access/approval"
	"cloison/access/directory"
)

// TestOddPatches is the table of PATCH bodies that clients send, or that an attacker would: what is answered, and
// whether the person may still sign in afterwards.
func TestOddPatches(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	deep := strings.Repeat(`{"a":`, 50) + `1` + strings.Repeat(`}`, 50)
	for name, c := range map[string]struct {
		body   string
		status int
		kind   string
		active bool
		says   string // in the answer
	}{
		"Entra ID":                  {patch(`{"op":"Replace","path":"active","value":"False"}`), 200, "", false, `"active":false`},
		"Entra ID, with its schema": {patch(`{"op":"Replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":"False"}`), 200, "", false, ""},
		"Okta":                      {patch(`{"op":"replace","value":{"active":false}}`), 200, "", false, ""},
		"Okta, with an id":          {patch(`{"op":"replace","value":{"id":"x","active":false}}`), 200, "", false, ""},
		"without a path, as a text": {patch(`{"op":"REPLACE","value":{"Active":"FALSE"}}`), 200, "", false, ""},
		"by add":                    {patch(`{"op":"Add","path":"Active","value":false}`), 200, "", false, ""},
		"off and on":                {patch(`{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":true}`), 200, "", true, ""},
		"on and off":                {patch(`{"op":"replace","path":"active","value":true},{"op":"replace","path":"active","value":false}`), 200, "", false, ""},
		"off, with a wrong name":    {patch(`{"op":"replace","value":{"active":false,"displayName":"` + strings.Repeat("x", 300) + `"}}`), 400, "invalidValue", false, ""},
		"off, with a role":          {patch(`{"op":"replace","value":{"active":false,"roles":[{"value":"officer"}]}}`), 400, "mutability", false, ""},
		"remove active":             {patch(`{"op":"remove","path":"active"}`), 400, "invalidValue", true, ""},
		"active as a number":        {patch(`{"op":"replace","path":"active","value":0}`), 400, "invalidValue", true, ""},
		"active as null":            {patch(`{"op":"replace","path":"active","value":null}`), 400, "invalidValue", true, ""},
		"active as another word":    {patch(`{"op":"replace","path":"active","value":"no"}`), 400, "invalidValue", true, ""},
		"active as a list":          {patch(`{"op":"replace","path":"active","value":[false]}`), 400, "invalidValue", true, ""},
		"active twice":              {patch(`{"op":"replace","value":{"active":true,"Active":false}}`), 400, "invalidSyntax", true, ""},
		"op twice":                  {patch(`{"op":"replace","op":"remove","path":"active","value":false}`), 400, "invalidSyntax", true, ""},
		"an unknown attribute":      {patch(`{"op":"replace","path":"shoeSize","value":42}`), 400, "invalidPath", true, ""},
		"an unknown one beside":     {patch(`{"op":"replace","value":{"shoeSize":42,"active":false}}`), 400, "invalidValue", true, ""},
		"an attribute not kept":     {patch(`{"op":"replace","path":"title","value":"Conseillère"}`), 200, "", true, ""},
		"a password":                {patch(`{"op":"replace","path":"password","value":"hunter22"}`), 200, "", true, ""},
		"an unknown op":             {patch(`{"op":"move","path":"active","value":false}`), 400, "", true, ""},
		"a broken path":             {patch(`{"op":"replace","path":"emails[type eq","value":"x"}`), 400, "invalidPath", true, ""},
		"remove without a path":     {patch(`{"op":"remove"}`), 400, "noTarget", true, ""},
		"no operation":              {patch(``), 400, "invalidValue", true, ""},
		"no schema":                 {`{"Operations":[{"op":"replace","path":"active","value":false}]}`, 400, "invalidValue", true, ""},
		"not JSON":                  {`active=false`, 400, "invalidSyntax", true, ""},
		"nothing":                   {``, 400, "invalidSyntax", true, ""},
		"two documents":             {patch(`{"op":"replace","path":"title","value":"x"}`) + `{}`, 400, "invalidSyntax", true, ""},
		"bad UTF-8":                 {patch(`{"op":"replace","path":"displayName","value":"` + "\xff" + `"}`), 400, "invalidSyntax", true, ""},
		"deep":                      {patch(`{"op":"replace","path":"title","value":` + deep + `}`), 400, "invalidSyntax", true, ""},
		"two megabytes":             {patch(`{"op":"replace","path":"displayName","value":"` + strings.Repeat("x", 2<<20) + `"}`), 413, "", true, ""},
		"its id":                    {patch(`{"op":"replace","path":"id","value":"a0000000000001"}`), 400, "", true, ""},
		"a role more":               {patch(`{"op":"add","path":"roles","value":[{"value":"manager"}]}`), 400, "mutability", true, ""},
		"the machine's role":        {patch(`{"op":"replace","path":"roles","value":[{"value":"source"}]}`), 400, "mutability", true, ""},
		"no role":                   {patch(`{"op":"remove","path":"roles"}`), 400, "mutability", true, ""},
		"its own role":              {patch(`{"op":"replace","path":"roles","value":[{"value":"adviser"}]}`), 200, "", true, ""},
		"a role by a filter":        {patch(`{"op":"replace","path":"roles[value eq \"adviser\"].value","value":"officer"}`), 400, "mutability", true, ""},
		"another structure":         {patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization","value":"ML2"}`), 400, "mutability", true, ""},
		"another structure, so": {patch(`{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML2"}}}`),
			400, "mutability", true, ""},
		"its approval": {patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:cloison:2.0:Approval:state","value":"active"}`), 200, "", true, ""},
		"another name": {patch(`{"op":"Replace","path":"name.familyName","value":"Nouvelle"},{"op":"Add","path":"name.givenName","value":"Anne"}`), 200, "", true,
			`"displayName":"Anne Nouvelle"`},
		"another address": {patch(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"anne@ml.example"}`), 200, "", true, `"value":"anne@ml.example"`},
		"another user name": {patch(`{"op":"Replace","value":{"userName":"ann.nouvelle@ml.example"}}`), 200, "", true,
			`"value":"ann.nouvelle@ml.example"`},
		"a part of the name": {patch(`{"op":"replace","path":"name.givenName","value":"Anne"},{"op":"replace","value":{"name":{"familyName":"Nouvelle"}}}`),
			200, "", true, `"displayName":"Anne Nouvelle"`},
		"an address at home":      {patch(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@home.example"}`), 400, "noTarget", true, ""},
		"a second address":        {patch(`{"op":"add","path":"emails","value":[{"type":"home","value":"x@home.example"}]}`), 200, "", true, `"value":"ann@ml.example"`},
		"no address":              {patch(`{"op":"remove","path":"emails"}`), 200, "", true, `"value":"ann@ml.example"`},
		"an address that is none": {patch(`{"op":"replace","path":"emails[primary eq true].value","value":"nobody"}`), 400, "invalidValue", true, ""},
		"no user name":            {patch(`{"op":"remove","path":"userName"}`), 400, "invalidValue", true, ""},
		"an external id":          {patch(`{"op":"add","path":"externalId","value":"E-1"}`), 200, "", true, `"externalId":"E-1"`},
		"nothing new":             {patch(`{"op":"replace","path":"displayName","value":"ann Exemple"}`), 200, "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, db: w.db, d: w.d, server: w.server, log: w.log, who: w.who, t: w.now()}
			ann := w.fresh("ann")
			got := w.scim("idm", "PATCH", "/Users/"+ann.ID.String(), c.body)
			if got.status != c.status || c.kind != "" && got.kind() != c.kind || !strings.Contains(got.body, c.says) {
				t.Errorf("%d %s, want %d %s: %s", got.status, got.kind(), c.status, c.kind, got.body)
			}
			after := w.read("ann")
			if active := after.State == directory.Active; active != c.active {
				t.Errorf("afterwards the account is %s", after.State)
			}
			if after.Roles != ann.Roles || after.Structure != ann.Structure || after.Binding != ann.Binding {
				t.Errorf("a message changed who somebody is: %+v", after)
			}
		})
	}
}

// fresh puts the account back as it was imported.
func (w *world) fresh(name string) directory.Account {
	w.Helper()
	a := w.read(name)
	a.State, a.Name, a.Email = directory.Active, w.who[name].Name, w.who[name].Email
	if err := w.db.UpdateAccount(w.Context(), a); err != nil {
		w.Fatal(err)
	}
	all, err := w.db.Resources(w.Context(), "idm")
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range all {
		r.ExternalID, r.UserName, r.Given, r.Family, r.Deleted = "", "", "", "", false
		if err := w.db.PutResource(w.Context(), r); err != nil {
			w.Fatal(err)
		}
	}
	return w.read(name)
}

// TestPutSaysWhatItSays: what a PUT leaves out stays, and silence about active is no word.
func TestPutSaysWhatItSays(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	path := "/Users/" + w.who["ann"].ID.String()
	got := w.want(w.scim("idm", "PUT", path, `{`+userSchema+`,"userName":"ann@ml.example","displayName":"Ann Autre"}`), 200)
	if !got.active() || w.read("ann").Name != "Ann Autre" || w.read("ann").Email != "ann@ml.example" {
		t.Errorf("%s", got.body)
	}
	whole := strings.NewReplacer(`"id":`, `"Id":`).Replace(w.scim("idm", "GET", path, "").body) // what was read is written back
	version := w.read("ann").Version
	w.want(w.scim("idm", "PUT", path, whole), 200)
	if w.read("ann").Version != version {
		t.Error("writing back what was read changed something")
	}
	w.want(w.scim("idm", "PUT", path, `{`+userSchema+`,"userName":"ann@ml.example","active":false}`), 200)
	if w.read("ann").State != directory.Suspended {
		t.Error("still in")
	}
	w.want(w.scim("idm", "PUT", path, `{`+userSchema+`,"userName":"ann@ml.example"}`), 200)
	if open, err := w.approvals.Proposals(t.Context(), ""); err != nil || len(open) != 0 {
		t.Errorf("silence proposed: %v, %v", open, err)
	}
	if got := w.scim("idm", "PUT", path, `{`+userSchema+`}`); got.status != 400 {
		t.Errorf("no user name: %d", got.status)
	}
}

func TestOddPosts(t *testing.T) {
	w := newWorldOf(t, directory.Settings{}, approval.Settings{PerManager: 100, PerStructure: 100})
	for name, c := range map[string]struct {
		body   string
		status int
		kind   string
	}{
		"inactive":             {strings.Replace(newcomer("a1"), `"active":true`, `"active":"False"`, 1), 400, "invalidValue"},
		"no name":              {`{` + userSchema + `,"userName":"a2@ml.example"}`, 400, "invalidValue"},
		"no address":           {`{` + userSchema + `,"userName":"a3","displayName":"A"}`, 400, "invalidValue"},
		"no schema":            {`{"userName":"a4@ml.example","displayName":"A"}`, 400, ""},
		"an officer":           {strings.Replace(newcomer("a5"), `"active"`, `"roles":[{"value":"officer"}],"active"`, 1), 403, ""},
		"a manager":            {strings.Replace(newcomer("a6"), `"active"`, `"roles":["manager"],"active"`, 1), 400, ""},
		"a manager, rightly":   {strings.Replace(newcomer("a6"), `"active"`, `"roles":[{"value":"manager"}],"active"`, 1), 403, ""},
		"a machine":            {strings.Replace(newcomer("a7"), `"active"`, `"roles":[{"value":"source"}],"active"`, 1), 400, "invalidValue"},
		"an unknown role":      {strings.Replace(newcomer("a8"), `"active"`, `"roles":[{"value":"boss"}],"active"`, 1), 400, "invalidValue"},
		"another structure":    {strings.Replace(newcomer("a9"), `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML2"},"active"`, 1), 400, "invalidValue"},
		"somebody here":        {newcomer("bob"), 409, "uniqueness"},
		"an overseer here":     {newcomer("director"), 409, "uniqueness"},
		"somebody elsewhere":   {newcomer("stranger"), 201, ""}, // an agent in two structures
		"a reception":          {strings.Replace(newcomer("b1"), `"active"`, `"roles":[{"value":"reception"}],"active"`, 1), 201, ""},
		"with a name in parts": {newcomer("b2"), 201, ""},
		"without active":       {strings.Replace(newcomer("b3"), `"active":true,`, ``, 1), 201, ""},
		"with markup":          {strings.Replace(newcomer("b4"), `"familyName":"Exemple"`, `"familyName":"<script>alert(1)</script>"`, 1), 201, ""},
		"with a line break":    {strings.Replace(newcomer("b5"), `"familyName":"Exemple"`, `"familyName":"a\nb"`, 1), 400, "invalidValue"},
	} {
		got := w.scim("idm", "POST", "/Users", c.body)
		if got.status != c.status || c.kind != "" && got.kind() != c.kind {
			t.Errorf("%s: %d %s, want %d %s: %s", name, got.status, got.kind(), c.status, c.kind, got.body)
		}
		if got.status == 201 && got.active() {
			t.Errorf("%s: active at once", name)
		}
	}
	if got := w.scim("network", "POST", "/Users", newcomer("c1")); got.status != 400 {
		t.Errorf("a network's source named no structure: %d", got.status)
	}
	in := strings.Replace(newcomer("c2"), `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML1"},"active"`, 1)
	w.want(w.scim("network", "POST", "/Users", in), 201)
	if got := w.scim("network", "POST", "/Users", strings.ReplaceAll(in, "ML1", "ML9")); got.status < 400 {
		t.Errorf("a structure that is none: %d", got.status)
	}
}

// TestTheSamePersonAtOnce: of many requests for one person one proposal comes.
func TestTheSamePersonAtOnce(t *testing.T) {
	w := newWorldOf(t, directory.Settings{}, approval.Settings{PerManager: 100, PerStructure: 100})
	var all sync.WaitGroup
	statuses := make(chan int, 8)
	for range cap(statuses) {
		all.Go(func() { statuses <- w.scim("idm", "POST", "/Users", newcomer("camille")).status })
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
	open, err := w.approvals.Proposals(t.Context(), "ML1")
	if err != nil || made != 1 || len(open) != 1 {
		t.Errorf("%d were made, %d wait, %v", made, len(open), err)
	}
}

// TestTheLogNamesNobody: whatever clients send, the log and the journal hold no name and no address.
func TestTheLogNamesNobody(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for _, body := range []string{newcomer("camille"), newcomer("ann"), `{"userName":"camille@ml.example"`, strings.ReplaceAll(newcomer("camille"), "active", "roles")} {
		w.scim("idm", "POST", "/Users", body)
	}
	w.scim("idm", "GET", filter(`userName eq "camille@ml.example"`), "")
	w.scim("idm", "GET", "/Users/camille@ml.example", "")
	w.scim("idm", "PATCH", "/Users/"+w.who["ann"].ID.String(), patch(`{"op":"replace","path":"displayName","value":"camille"}`))
	w.xapi("lms", "POST", "", said(`"name":"ann"`, `"name":"camille"`))
	w.xapi("lms", "POST", "", said())
	events, err := w.db.Events(t.Context(), 0, 1000)
	if err != nil || len(events) == 0 {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, v := range e.Detail {
			if strings.Contains(v, "camille") || strings.Contains(v, "@") {
				t.Errorf("the journal says %v", e.Detail)
			}
		}
	}
	if log := w.log.String(); strings.Contains(log, "camille") || strings.Contains(log, "@") || strings.Contains(log, token("idm", 0)) || !strings.Contains(log, `"client":"idm"`) {
		t.Errorf("the log says %s", log)
	}
}
