// Package limits computes how far one stolen account can go: caps, detector, bound and blast radius. It is pure: no
// clock, no I/O, no randomness.
//
// It promises three things of every sequence of calls to Charge, whatever the requests and the accounts are:
//
//   - caps hold: in one day no account, no lineage's newcomers and no structure is shown more new persons than Caps
//     allows;
//   - the bound holds: at any time, Radius and LineageRadius return a number of persons that is not exceeded until the
//     day ends, even by an adversary that knows every counter and threshold (proof at Detector.Most);
//   - alarms are rare: a stream whose unexplained share stays at or below Q0 turns hard on average less than once in
//     Detector.Hard disclosures, whatever the rhythm and the dependence (Detector.Step).
//
// Read detector.go (one bit per disclosed person), tally.go (what is counted, and its stored form), charge.go (the only
// code that moves a counter) and radius.go (what can still leave), in this order.
//
// A person counts once per account and day. So lineages and structures count pairs of person and account: never less
// than the distinct persons, so that their caps are on the safe side.
package limits
