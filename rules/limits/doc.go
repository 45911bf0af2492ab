// Package limits is the mathematics of how far one stolen account can go. It is pure: no clock, no I/O, no randomness.
//
// It promises three things of every sequence of calls to Charge, whatever the requests are and whoever makes them:
//
//   - caps hold: in one day no account, no lineage's newcomers and no structure is shown more new persons than Caps
//     says;
//   - the bound holds: Radius and LineageRadius, asked at any moment, name a number of persons that is not exceeded
//     until the day ends, even by somebody who knows every counter and threshold (proof at Params.Most);
//   - alarms are rare: a subject whose unexplained share stays at or below Q0 turns hard on average less than once in
//     Params.Hard disclosures, whatever the rhythm and the dependence (Params.Step).
//
// Read params.go (the detector: one bit per disclosed person), tally.go (what is counted, and its stored form),
// charge.go (the only code that moves a counter) and radius.go (what can still leave), in this order.
//
// A person counts once per account and day. Lineages and structures therefore count pairs of person and account: never
// less than the distinct persons, so that their caps err to the safe side.
package limits
