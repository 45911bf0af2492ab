// Package approval makes accounts and gives them back, always by two people.
//
// It promises that nobody makes an account alone. A manager (RGC) proposes for its own structure, an approver outside
// the manager's control says yes, and a code handed over in person binds the account to one subject of one identity
// provider. A code that replaces a lost factor needs a witness besides. Who is under whose control is one question,
// answered here for every act that takes two.
//
// It decides on facts read from its [Store] and commits only if they still hold, as package directory does.
package approval
