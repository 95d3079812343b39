// Package game states each security property of Mobile CoWPI as a game between a
// challenger and an adversary, and plays it.
//
// The challenger runs the real library in the test network: the machines of honest
// people and providers are those of cowpi/, on the suite of cowpi/suite (or, where no
// secret counts, on a cheap one). The adversary owns the network, and whatever it
// corrupts, whole state included. It sees nothing but [Oracles], and each of these
// refuses what the game does not allow. When it is done, the game's judge looks for a
// [Breach] in what honest people were shown; or, in a game of two worlds, the
// adversary's guess is held against the secret coin.
//
// Each [Game] says what wins it, what may be corrupted, and which wins would be
// trivial and are excluded. [All] lists them. [Play] plays one trial, [Run] many; both
// depend on nothing but their arguments. A trial begins with a conversation that is
// under way: it is set up once, and copied.
//
// What results mean is not symmetric. An adversary that wins has found a flaw. One
// that loses proves nothing: perhaps it was not clever enough. That it wins as soon as
// a protection is taken away (package mutant) says that it attacks what it is meant
// to attack, and no more.
//
// To write an adversary of one's own is a function over Oracles: see the example of
// [Adversary].
package game
