// Package judge tries to tell real transcripts from forged ones.
//
// A [Distinguisher] is a clever analyst. It is given everything that a judge could
// ever get hold of ([Evidence]): the long-term secrets of all users and providers,
// the whole transcript with every frame opened, and for unlinkability one real
// message with its author's ephemeral state. It answers real, simulated, or cannot
// tell, with a reason in words. [All] are those that exist; [Examine] runs them on
// one transcript, [Compare] on two of which one is forged.
//
// An [Experiment] is the game around them: in each trial a secret coin decides
// whether a conversation takes place or is forged, and a distinguisher guesses. Its
// advantage is twice the probability of being right, minus one: 0 is guessing, 1 is
// certainty. The result has a confidence interval and depends on nothing but the
// seed.
//
// What a result means is not symmetric. A distinguisher that wins has found a flaw,
// and says which one. One that loses proves nothing: perhaps it was not clever
// enough. That no distinguisher whatever can win is an argument, not an experiment:
// package simulator shows by running that the two transcripts are the same but for
// values of H1 that nobody was given. The distinguishers guard that argument
// against mistakes in the code, and the negative controls in the tests show
// that they can win: for several ways of breaking deniability, and for every field
// of every kind of message, record and event, there is one that notices. The few
// fields of which nobody could are named in flips_test.go and clocks_test.go.
//
// All distinguishers take it that everybody in the transcript was honest, but for
// those that the evidence names ([Evidence].Corrupt). If somebody else was not, they
// may find a contradiction that was really there.
package judge
