// Package approval makes accounts and reinstates them, always with two people: proposals, lists of colleagues,
// decisions, enrolment codes and witnesses.
//
// It promises that nobody makes an account alone. A manager (RGC) proposes for its own structure, an approver who is
// independent of the manager approves, and a code that is handed over in person binds the account to one subject of
// one identity provider. A code in place of a lost factor also needs a witness. Independence is one question,
// answered here for every act that takes two people.
//
// It decides on facts read from its [Store] and commits only if they still hold, as package directory does.
package approval
