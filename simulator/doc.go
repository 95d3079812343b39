// Package simulator forges transcripts of conversations that never took place.
// That it can is what deniability means here: whoever holds a transcript and
// every long-term secret still cannot tell whether it happened (SPEC.md,
// section 15).
//
// A forger is a type that holds just what it may know: [Outsider] has public keys
// and nothing else, [Participant] and [Provider] one secret of their own besides.
// Each takes a script (package script) and coins, and yields a whole transcript:
// registrations, prekeys, handshakes, frames, uploads, deliveries, receipts, for
// every user and provider, in the form that the recorder of a real network yields.
//
// No protocol is written twice. A forger runs the very same machines as everybody
// else, on a suite of its own in which the long-term secret of another party is
// only a name. Whatever those machines do with such a secret, the suite answers
// without it:
//
//   - coins that are hedged with it, and H1(esk, a), come from a tape: fresh
//     random ones will do, because nobody ever sees esk;
//   - [a]Y is answered as [y]A, since it was the forger who made y;
//   - [a]G is the public key.
//
// That is all. So the fields of the suite are all that a forger knows, and the
// one difference to reality is that exponents are uniform where they should be
// H1(esk, a): to notice it, one must ask H1 at an esk that one was never given.
//
// A forger who was handed real messages with the state of their author places them in
// what it forges, unchanged: one, or all that somebody wrote ([Job]). So whoever shows
// that some messages are real shows nothing about the others. That holds for a client
// that was changed to keep every secret it ever had: its owner convicts itself of what
// it wrote, and nobody else of anything (keeper_test.go, judge/outside_test.go).
//
// [Recorder] is the other half of the proof by running: it takes the tape of a
// real run, and a forger with that tape yields the same transcript byte for byte.
package simulator
