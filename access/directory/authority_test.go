package directory

import (
	"errors"
	"testing"
)

// TestGrants is the table of who may do what, written the other way round: for each verb and each single role, the
// answer for oneself, a colleague, an overseer of the same structure, and somebody of another structure. "" is yes.
func TestGrants(t *testing.T) {
	const no = NoRole
	manager := [4]DenyReason{Oneself, "", Overseer, OtherStructure}
	officer := [4]DenyReason{Oneself, "", "", ""}
	house := [4]DenyReason{Oneself, "", "", OtherStructure}
	everybody := [4]DenyReason{}
	none, itself := [4]DenyReason{no, no, no, no}, [4]DenyReason{"", no, no, no}
	source, network := manager, [4]DenyReason{Oneself, "", Overseer, ""}
	want := map[Verb]map[Role][4]DenyReason{
		ToPropose:   {Manager: manager, Officer: officer, Source: source, NetworkSource: network},
		ToReenrol:   {Manager: manager, Officer: officer},
		ToReinstate: {Manager: manager, Officer: officer, Source: source, NetworkSource: network},
		ToDecide:    {Approver: officer},
		ToSuspend: {Manager: {"", "", Overseer, OtherStructure}, Officer: {"", "", "", ""},
			Source: {"", "", Overseer, OtherStructure}, NetworkSource: {"", "", Overseer, ""}},
		ToAmend:   {Source: source, NetworkSource: network},
		ToAttest:  {Source: house, NetworkSource: officer},
		ToCover:   {Adviser: house, Reception: house, Manager: house, Director: house},
		ToContain: {Manager: manager, Officer: {"", "", "", ""}},
		ToUndo:    {Officer: officer},
		ToReceive: {Reception: house},
		ToHold:    {Officer: officer, DPO: officer},
		ToLift:    {Officer: officer, DPO: officer},
		ToPresent: {Adviser: itself, Reception: itself},
		ToAsk:     {Adviser: itself, Reception: itself},
		ToConfirm: {Adviser: house, Reception: house, Manager: house, Director: house},
		ToTrace:   {Officer: officer, DPO: officer, Auditor: officer},
		ToProve:   {Officer: everybody, DPO: everybody, Auditor: everybody},
		ToExport:  {Officer: everybody, DPO: everybody},
	}
	for verb, roles := range want {
		for bit := range RoleNames() {
			role := Role(1 << bit)
			answers, ok := roles[role]
			if !ok {
				answers = none
				if verb == ToSuspend { // everybody stops their own account
					answers[0] = ""
				}
			}
			by := Account{ID: 1, Structure: "A", Roles: role, State: Active}
			for i, subject := range []Account{by, {ID: 2, Structure: "A", Roles: Adviser},
				{ID: 3, Structure: "A", Roles: DPO},
				{ID: 4, Structure: "B", Roles: Adviser}} {
				var got DenyReason
				if err := Allow(verb, by, subject); err != nil && !errors.As(err, &got) {
					t.Fatalf("%s by %s: %v has no reason", verb, role, err)
				}
				if got != answers[i] {
					t.Errorf("%s by %s on subject %d: got %q, want %q", verb, role, i, got, answers[i])
				}
			}
		}
	}
}

// TestOnlyTheActiveAct: no role helps an account that is pending, suspended, closed or nobody.
func TestOnlyTheActiveAct(t *testing.T) {
	for _, g := range grants() {
		for _, by := range []Account{{}, {ID: 1, State: Pending}, {ID: 1, State: Suspended}, {ID: 1, State: Closed},
			{State: Active}} {
			by.Roles = ^Role(0)
			var b DenyReason
			if err := Allow(g.verb, by, Account{ID: 2}); !errors.As(err, &b) || b != NotActive {
				t.Errorf("%s by %+v: got %v", g.verb, by.State, err)
			}
		}
	}
}
