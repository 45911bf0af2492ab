// Package network is a synthetic network of partner bodies, of real French size, where nobody is real.
//
// A Network holds structures (Missions Locales), their agents, and up to tens of millions of persons with their
// caseloads. It is a pure function of its Options: two networks of the same options are equal, in any process and on
// any machine. Persons are never stored. Each is derived from its number, and every question that a tool or a feed asks
// — who has this id, this NIR, this surname, this adviser, lives in this commune — is answered by inverting the
// derivation, so that 1.6 million persons cost a few megabytes and are ready in a fraction of a second.
//
// What keeps it apart from real people: NIRs are of department "00", which no birth has; e-mail addresses are of the
// reserved domain .example (RFC 2606); telephone numbers are of the blocks that ARCEP keeps for fiction; the
// identifiers of persons and bodies are drawn from a key. Communes, postcodes and populations are real (see
// data/LICENCE.md).
//
// Persons and agents here are plain strings on purpose, not cloison.Personal: they are nobody's data, and the tool that
// serves them is the one that Cloison guards.
//
// A Network is immutable and safe for concurrent use.
package network
