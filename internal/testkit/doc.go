// Package testkit stands up the real things that tests run against, as a PostgreSQL server, and puts faults in front of
// them. Only tests import it.
package testkit
