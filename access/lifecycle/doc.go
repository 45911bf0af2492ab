// Package lifecycle follows the life of an account (habilitation) after it was given: every account is looked at again by
// somebody of its structure, and one that nobody uses or nobody confirms stops by itself.
//
// It promises that:
//
//   - every six months a review (revue des habilitations) opens in each structure. Its manager, its director or an
//     officer answers for each account by name; nobody answers for their own, keeps whom they or theirs have made of
//     late, or keeps anybody while on probation. On the day, what has no answer is suspended;
//   - an account that was not used for ninety days is suspended. Where this sweep never ran, package policy refuses the
//     account all the same;
//   - two structures become one when two officers agreed, on the day that they named; the ledger keeps the old names;
//   - a structure's median day, on which its cap stands, is what its rows say, and grows by at most a fifth a week,
//     however somebody feeds it.
//
// All of it is done by sweeps that may be killed at any point and run on every replica at once: each batch is one
// transaction that does nothing to what has changed since it was read, and says so in the journal by the same
// transaction. A sweep whose clock has jumped changes nothing until a further sweep, by the same clock, agrees; and
// none changes anything while nobody signs in, which is what a wrong clock prevents.
package lifecycle
