// Package app is the program as a value: Open makes what every command with a store works in, NewServer makes every stage
// of one replica from a config, and Run runs them until its context ends. It is the one place where the stages meet;
// commands, the demo and tests get them from here.
package app
