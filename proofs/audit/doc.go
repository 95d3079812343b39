// Package audit plays everything that there is to be played, and reports what came
// of it: every game against each of its adversaries; every mutant of the library,
// and every other system that serves as a control, against the adversary that must
// beat it; and the explorations. A [Plan] says what is played, [Run] plays it, and a
// [Report] passes only if every property held, every control was beaten, and every
// exploration was complete and found nothing.
//
// Every trial follows from its seed, so a report says the same on any machine, with
// any number of cores, but for what it says of time. What it means is not symmetric:
// a win shows a flaw, and losing adversaries prove nothing. That the same adversaries
// win as soon as a protection is taken away shows that they attack it, and no more.
package audit

// Note is said wherever results are shown.
const Note = "Adversaries that lose prove nothing: a better one might win. " +
	"That the same ones win when a protection is taken away shows only that they do attack it."
