// Package cloison is the vocabulary of Cloison: the words that every stage shares, and nothing that acts.
//
// Cloison (French for a ship's bulkhead) stands between the agents of partner bodies and the business tools that hold
// people's files. It keeps one stolen account from becoming a million-person breach, and when an account is stolen
// anyway it says exactly whose data was read, and cuts the account off with all that it created.
//
// Two flows tell the whole program, and a third the people in it. Each has a document that walks it file by file:
//
//   - docs/one-disclosure.md: gateway → signin → directory → the tool → disclose (policy, bound, rows) → the answer →
//     seal;
//   - docs/one-incident.md: rows → watch → contain → exposure;
//   - docs/one-account.md: proposal → approval → code in person → training → the desk → review → the end.
//
// A disclosure (in French communication) is one person shown once to one account: person, fields, time, explanation. A
// lineage (filiation) is an account, its creator, and all that it created, approved or re-enrolled. ARCHITECTURE.md
// holds the packages, their levels and the invariants.
package cloison
