package directory

import (
	"errors"
	"testing"
)

// answers is what the table says of one verb and one role: for the caller's own account, a colleague's, that of an
// overseer in the caller's structure, and one of another structure. "" is yes.
type answers [4]DenyReason

// TestGrants is the table of rights written the other way round: for each verb and each single role, the answers. A verb
// or role that is not here is denied to all.
func TestGrants(t *testing.T) {
	var (
		everybody      = answers{}
		nobody         = answers{NoRole, NoRole, NoRole, NoRole}
		itsOwn         = answers{"", NoRole, NoRole, NoRole}
		others         = answers{Oneself, "", "", ""}
		itsColleagues  = answers{Oneself, "", "", OtherStructure}
		itsStaff       = answers{Oneself, "", Overseer, OtherStructure}
		itsStaffAndOwn = answers{"", "", Overseer, OtherStructure}
		agents         = answers{Oneself, "", Overseer, ""}
		agentsAndOwn   = answers{"", "", Overseer, ""}
	)
	colleagues := map[Role]answers{Adviser: itsColleagues, Reception: itsColleagues, Manager: itsColleagues, Director: itsColleagues}
	readers := map[Role]answers{Adviser: itsOwn, Reception: itsOwn}
	want := map[Verb]map[Role]answers{
		ToPropose:   {Manager: itsStaff, Officer: others, Source: itsStaff, NetworkSource: agents},
		ToReenrol:   {Manager: itsStaff, Officer: others},
		ToReinstate: {Manager: itsStaff, Officer: others, Source: itsStaff, NetworkSource: agents},
		ToDecide:    {Approver: others},
		ToSuspend:   {Manager: itsStaffAndOwn, Officer: everybody, Source: itsStaffAndOwn, NetworkSource: agentsAndOwn},
		ToClose:     {Manager: itsStaff, Director: itsColleagues, Officer: others},
		ToReview:    {Manager: itsColleagues, Director: itsColleagues, Officer: others},
		ToCover:     colleagues,
		ToRoster:    {Manager: itsColleagues, Director: itsColleagues},
		ToTransfer:  {Manager: itsColleagues, Director: itsColleagues, Officer: others},
		ToMerge:     {Officer: others},
		ToContain:   {Manager: itsStaff, Officer: everybody},
		ToUndo:      {Officer: others},
		ToWitness:   colleagues,
		ToResend:    {Officer: everybody},
		ToAmend:     {Source: itsStaff, NetworkSource: agents},
		ToAttest:    {Source: itsColleagues, NetworkSource: others},
		ToReceive:   {Reception: itsColleagues},
		ToPresent:   readers,
		ToAsk:       readers,
		ToConfirm:   colleagues,
		ToTrace:     {Officer: others, DPO: others, Auditor: others},
		ToProve:     {Officer: everybody, DPO: everybody, Auditor: everybody},
		ToExport:    {Officer: everybody, DPO: everybody},
		ToHold:      {Officer: others, DPO: others},
		ToLift:      {Officer: others, DPO: others},
	}
	for verb, roles := range want {
		for bit := range RoleNames() {
			role := Role(1 << bit)
			answers, ok := roles[role]
			if !ok {
				answers = nobody
				if verb == ToSuspend { // an agent may stop its own account
					answers = itsOwn
				}
			}
			caller := Account{ID: 1, Structure: "A", Roles: role, State: Active}
			colleague := Account{ID: 2, Structure: "A", Roles: Adviser}
			overseer := Account{ID: 3, Structure: "A", Roles: DPO}
			stranger := Account{ID: 4, Structure: "B", Roles: Adviser}
			for i, subject := range []Account{caller, colleague, overseer, stranger} {
				var got DenyReason
				if err := Allow(verb, caller, subject); err != nil && !errors.As(err, &got) {
					t.Fatalf("%s by %s: %v has no reason", verb, role, err)
				}
				if got != answers[i] {
					t.Errorf("%s by %s on %s: got %q, want %q", verb, role, [...]string{"itself", "a colleague", "an overseer", "a stranger"}[i], got,
						answers[i])
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
			var reason DenyReason
			if err := Allow(g.verb, by, Account{ID: 2}); !errors.As(err, &reason) || reason != NotActive {
				t.Errorf("%s by %+v: got %v", g.verb, by.State, err)
			}
		}
	}
}
