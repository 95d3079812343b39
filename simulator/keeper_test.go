package simulator

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// kept is everything that somebody whose client keeps all of it has at the end: the
// state of every message that it wrote, the coins and one-time secrets of its own,
// and every chain key that it shared with others, of both directions.
type kept struct {
	messages  []transcript.MessageState
	coins     map[Draw]suite.Coin
	exponents map[twist]suite.Scalar
	chains    map[string]suite.Key // by the whole block that was sealed under what follows from it
}

// keep collects it from a run.
func keep(t *testing.T, w *Witness, tape *Recording, m *transcript.Memory, who identity.ID) kept {
	k := kept{coins: maps.Clone(tape.coins), exponents: maps.Clone(tape.exponents), chains: map[string]suite.Key{}}
	maps.DeleteFunc(k.coins, func(d Draw, _ suite.Coin) bool { return d.Who != who })
	maps.DeleteFunc(k.exponents, func(x twist, _ suite.Scalar) bool { return x.who != who })
	for _, msg := range messages(w.Suite, m) {
		for _, v := range []Variant{FromStart, JustBefore} {
			st, err := w.State(msg.Author, msg.Bytes, v)
			require.NoError(t, err)
			if msg.Author == who {
				k.messages = append(k.messages, st)
			}
			u, _, _, err := w.read(msg.Bytes)
			require.NoError(t, err)
			for i, b := range st.Blocks {
				if msg.Author == who || b.To == who {
					k.chains[v.String()+string(u.Blocks[i])] = b.Chain
				}
			}
		}
	}
	return k
}

// byHash counts the one-time secrets in the states, and those that are H1(esk, a).
func (k kept) byHash(s suite.Suite, self identity.Self) (made, all int) {
	count := func(esk suite.Coin, x suite.Scalar) {
		if all++; s.H1(esk, self.Secret) == x {
			made++
		}
	}
	for _, st := range k.messages {
		for _, b := range st.Blocks {
			if b.Start != nil {
				count(b.Start.ESK, b.Start.X)
			}
			if b.Offered != nil {
				count(b.Offered.ESK, b.Offered.Scalar)
			}
		}
	}
	return made, all
}

// watching is a suite of a forger under a recorder and a witness, with whom the test
// looks at what the forger's client kept.
func watching(who ...identity.Self) (*Unsafe, func() (*Witness, *Recording)) {
	var w *Witness
	var rec *Recorder
	return &Unsafe{Suite: func(below suite.Suite) suite.Suite {
			rec = NewRecorder(below)
			w = NewWitness(rec)
			for _, self := range who {
				w.Knows(self)
			}
			return w
		}}, func() (*Witness, *Recording) {
			return w, rec.Tape()
		}
}

// Whatever a modified client keeps, its owner can have made it up alone, without
// anybody else (SPEC.md, 15.5): with the coins of the others on its tape, the owner as
// a forger makes the same transcript, and with it has the same states of all of its
// messages, the same coins and one-time secrets, the same chain keys, byte for byte.
// So no judge who gets them all can tell more than one who gets none.
func TestKeeperCanHaveMadeItAllUp(t *testing.T) {
	for _, c := range []struct {
		name string
		base suite.Suite
	}{{"default", cowpitest.Cheap}, {"membership", cowpitest.Cheap}, {"offline", cowpitest.Cheap}, {"crash", cowpitest.Cheap}, {"default", suite.Default}} {
		r := happen(t, c.base, transcripttest.Script(t, c.name), 3)
		for i, self := range r.world.Users {
			if i > 0 && (c.base == suite.Default || testing.Short()) {
				continue // once will do, above all where the race detector makes it slow
			}
			real := keep(t, r.witness, r.tape, r.seen, self.ID)
			require.NotEmpty(t, real.coins)
			forged, job := &transcript.Memory{}, r.job
			unsafe, what := watching(self)
			job.Open, job.Tape, job.UnsafeProtocol = To(forged), r.tape.Without(self.ID), unsafe
			_, err := Participant{r.world.Public(), self}.Forge(job)
			require.NoError(t, err)
			require.Equal(t, -1, firstDifference(r.seen, forged), "%s: %s", c.name, self.ID)
			w, tape := what()
			again := keep(t, w, tape, forged, self.ID)
			require.Equal(t, real.messages, again.messages)
			require.Equal(t, real.coins, again.coins)
			require.Equal(t, real.exponents, again.exponents)
			require.Equal(t, real.chains, again.chains)

			// The control: who has not that one secret keeps something else.
			if made, all := again.byHash(c.base, self); all > 0 {
				require.Equal(t, all, made)
				forged = &transcript.Memory{}
				unsafe, what = watching()
				job.Open, job.Tape, job.UnsafeProtocol = To(forged), nil, unsafe
				_, err = Outsider{r.world.Public()}.Forge(job)
				require.NoError(t, err)
				w, tape = what()
				made, all = keep(t, w, tape, forged, self.ID).byHash(c.base, self)
				require.Zero(t, made)
				require.Positive(t, all)
			}
		}
	}
}
