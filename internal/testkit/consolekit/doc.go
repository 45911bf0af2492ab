// Package consolekit stands up a whole Cloison without gateways on a small synthetic network, with a console, a sign-in
// provider, and people who sign in, show their passkeys, open pages and act. The tests of the console's parts share it.
package consolekit
