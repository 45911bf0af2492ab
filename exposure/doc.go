// Package exposure draws the exposure roll (relevé d'exposition): which persons were shown to which accounts, with which
// fields, when and how often, exactly.
package exposure
