// Package contain cuts: one act suspends an account and its lineage, that is everything it created, approved or
// re-enrolled since a presumed compromise, transitively, and ends their sessions, open proposals and unused enrolment
// codes.
//
// A password reset is not a containment: in 2026 a scraping session outlived one by sixteen hours (reference:
// domain.md, DGFiP). A cut is. When [Container.Cut] returns nil, no disclosure by any of the accounts commits any more,
// on any replica, in any session that was open. Nothing that they were making at that moment survives either, because
// the plan is computed under the ledger's fence and commits only if the fence has not moved.
//
// Before the act, [Container.Preview] shows what it will do and which related accounts it leaves for review. After it,
// two independent officers can undo it. [Container.MayCut] and [Container.MayUndo] say who may, with the reason of a no.
package contain
