// Package mutant breaks the library on purpose, in many small ways, without touching
// its source. Each mutant removes or weakens one check or one binding of SPEC.md, is
// described in a file of its own in catalogue/, and names the game and the adversary
// that must win against it. An attack that wins against no mutant attacks nothing; a
// mutant that no game beats is either a missing adversary or an unnecessary check.
//
// Some protections stand behind others: as long as the first line is there, nobody gets
// to them. What shows that they hold is a mutant beside another one: without the first
// line alone its adversary must lose, without both it must win. The same goes for an
// attack that wins against a mutant only where others are alive, too.
//
// [Load] reads the catalogue. [Build] compiles it: with go build -overlay the compiler
// reads changed copies of some files, in which every change hangs on a condition, so
// that one program holds many mutants. Which one is alive is said by the environment
// variable [Variable] when the program starts; without it the program is the original.
package mutant
