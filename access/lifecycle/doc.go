// Package lifecycle follows an account after it was given: its structure reviews it again and again, and an account
// that nobody uses or nobody confirms stops by itself.
//
// It promises that:
//
//   - every six months a review (revue des habilitations) opens in each structure. Its manager, its director or an
//     officer answers for each account by name. Nobody answers for their own account, keeps an account of their own
//     recent lineage, or keeps any account while on probation. After the last day, an account without an answer is
//     suspended;
//   - an account that was not used for ninety days is suspended. Where this sweep never ran, package policy refuses the
//     account all the same;
//   - two structures become one when two officers agreed, on the day that they named; the ledger keeps the old names;
//   - a structure's median day, on which its cap stands, comes from its rows, and grows by at most a fifth a week,
//     whatever an attacker feeds it.
//
// Sweeps do all of it. They may be killed at any point and run on every replica at once: each batch is one transaction
// that leaves alone what has changed since it was read, and journals what it did. A sweep whose clock has jumped
// changes nothing until a further sweep, by the same clock, agrees; and none changes anything while nobody signs in,
// which is what a wrong clock prevents.
package lifecycle
