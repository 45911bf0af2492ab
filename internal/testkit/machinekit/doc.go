// Package machinekit is a world for tests of the machines: two structures with their identity systems and training
// platforms, on a real store, and a client that speaks to them over HTTP.
package machinekit
