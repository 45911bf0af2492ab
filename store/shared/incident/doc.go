// Package incident is the SQL of the ledger and of incidents that both engines say alike, as store/shared is that of
// the room access, on which it builds: the journal, rows and their seal, legal holds, alarms and cuts.
package incident
