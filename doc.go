// Package cloison is the vocabulary of Cloison: the words that every stage shares, and nothing that acts.
//
// Cloison (French for a ship's bulkhead) stands between the agents of partner bodies and the business tools that hold
// people's files. It keeps one stolen account from becoming a million-person breach, and when an account is stolen
// anyway it says exactly whose data was read, and cuts the account off with all that it created.
//
// Two flows tell the whole program, and a third the people in it. Each has a document that walks it file by file:
//
//   - docs/concepts/one-disclosure.md: gateway → signin → directory → the tool → disclose (policy, limits, rows) → the
//     answer → seal;
//   - docs/concepts/one-incident.md: rows → watch → contain → exposure;
//   - docs/concepts/one-account.md: proposal → approval → code in person → training → the desk → review → the end.
//
// The rooms, from left to right: rules, ledger, access, wall, incident, console and store, internal, cmd. A package
// imports only rooms to its left. docs/glossary.md says what each word means, docs/ARCHITECTURE.md where each task is done.
package cloison
