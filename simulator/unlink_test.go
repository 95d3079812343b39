package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// message is one upload as it was sent by its author.
type message = Upload

func messages(s suite.Suite, m *transcript.Memory) []message { return Uploads(s, m) }

// real is a run with everything about it.
type real struct {
	world   World
	job     Job
	seen    *transcript.Memory
	tape    *Recording
	witness *Witness
	dim     dimly
}

// record lets a script really happen and keeps its tape.
func record(t require.TestingT, base suite.Suite, sc script.Script, schedule uint64) real {
	return observe(t, base, sc, schedule, false)
}

// happen is record with a witness.
func happen(t require.TestingT, base suite.Suite, sc script.Script, schedule uint64) real {
	return observe(t, base, sc, schedule, true)
}

func observe(t require.TestingT, base suite.Suite, sc script.Script, schedule uint64, witnessed bool) real {
	w, err := NewWorld(base, sc, [32]byte{1})
	require.NoError(t, err)
	r := real{world: w, seen: &transcript.Memory{}, job: Job{Script: sc, Schedule: schedule, Coins: [32]byte{2, byte(schedule)}}}
	rec := NewRecorder(base)
	r.tape = rec.Tape()
	r.job.Open = To(r.seen)
	var o Observer = rec
	if witnessed {
		r.witness = NewWitness(rec)
		o = r.witness
	}
	_, err = w.Run(r.job, o)
	require.NoError(t, err)
	if witnessed {
		r.dim = dimmed(r.witness)
	}
	return r
}

// unknown is the tape of a real run without what is unknown to a forger who is
// given one message of it: there it has something else.
type unknown struct {
	*Recording
	coins     map[Draw]bool
	exponents map[twist]bool
	fresh     Tape
}

func (u unknown) Coin(d Draw) suite.Coin {
	if u.coins[d] {
		return u.fresh.Coin(d)
	}
	return u.Recording.Coin(d)
}

func (u unknown) Exponent(who identity.ID, esk suite.Coin) suite.Scalar {
	if u.exponents[twist{who, esk}] {
		return u.fresh.Exponent(who, esk)
	}
	return u.Recording.Exponent(who, esk)
}

// forgeAround lets a forger place messages of the real run, where all else comes
// from the tape of that run.
func (r real) forgeAround(t require.TestingT, f Forger, v Variant, list ...message) *transcript.Memory {
	job := r.job
	forged := &transcript.Memory{}
	job.Open = To(forged)
	tape := unknown{r.tape, map[Draw]bool{}, map[twist]bool{}, FreshTape(r.world.Suite, [32]byte{9})}
	for _, msg := range list {
		st, err := r.witness.State(msg.Author, msg.Bytes, v)
		require.NoError(t, err)
		p, err := r.witness.plan(msg.Bytes)
		require.NoError(t, err)
		job.Place, job.begin = append(job.Place, st), append(job.begin, p)
		for i, b := range st.Blocks {
			c := p.chains[i]
			if b.Start != nil { // the recipient's key: its id is in the message, its coins are not known
				tape.exponents[twist{c.named.Who, r.tape.coins[c.named]}] = true
			} else if b.Offered != nil { // X is in the message, its coins are not known
				tape.exponents[twist{c.first.Who, r.tape.coins[c.first]}] = true
			}
		}
	}
	job.Tape = tape
	job.dim = r.dim
	_, err := f.Forge(job)
	require.NoError(t, err)
	return forged
}

// dimly is what nobody can know, as it was in a real run.
type dimly struct {
	keys  map[Draw]suite.Key
	seals map[chainAt]map[[suite.NonceSize]byte][]byte
}

func dimmed(w *Witness) dimly {
	d := dimly{map[Draw]suite.Key{}, map[chainAt]map[[suite.NonceSize]byte][]byte{}}
	for k, s := range w.starts {
		if at, ok := w.draw(s.X); ok {
			d.keys[at] = k
		}
	}
	for _, b := range w.blocks {
		first, n, ok := w.chainOf(w.marks[b.mk])
		if at := (chainAt{first, n}); ok {
			if d.seals[at] == nil {
				d.seals[at] = map[[suite.NonceSize]byte][]byte{}
			}
			d.seals[at][b.nonce] = b.seal
		}
	}
	return d
}

func (d dimly) first(at Draw) (suite.Key, bool) {
	k, ok := d.keys[at]
	return k, ok
}

func (d dimly) sealed(at chainAt, nonce [suite.NonceSize]byte) []byte { return d.seals[at][nonce] }

// by lists the messages of one author.
func by(all []message, who identity.ID) (out []message) {
	for _, m := range all {
		if m.Author == who {
			out = append(out, m)
		}
	}
	return out
}

// All messages of one author at once, as a client hands them over that was changed
// to keep everything (SPEC.md, 15.5): whoever is given them places them all, and
// makes up what everybody else wrote, again equal in every byte.
func TestPlaceAllMessagesOfOneAuthor(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash"} {
		if testing.Short() && name != "default" {
			continue // the race detector makes it slow
		}
		r := happen(t, cowpitest.Cheap, transcripttest.Script(t, name), 3)
		all := messages(r.world.Suite, r.seen)
		placed := 0
		for _, u := range r.world.Users {
			list := by(all, u.ID)
			for _, v := range []Variant{FromStart, JustBefore} {
				if len(list) == 0 {
					continue
				}
				forged := r.forgeAround(t, Outsider{r.world.Public()}, v, list...)
				require.Equal(t, -1, firstDifference(r.seen, forged), "%s: all of %s, %v", name, u.ID, v)
				placed += len(list)
			}
		}
		require.Equal(t, 2*len(all), placed)
		// And all messages of everybody: then nothing is left to make up.
		forged := r.forgeAround(t, Outsider{r.world.Public()}, FromStart, all...)
		require.Equal(t, -1, firstDifference(r.seen, forged), name)
	}
}

// A one-time key that one message gives by half, and another wholly, is known wholly.
func TestPlacingPutsHalvesTogether(t *testing.T) {
	r := happen(t, cowpitest.Cheap, transcripttest.Script(t, "default"), 3)
	var plans []plan
	var states []transcript.MessageState
	halves := map[Draw]bool{}
	placed := func(p []plan, st []transcript.MessageState) *placing {
		s, err := newPlacing(newForging(r.world.Suite, r.tape), p, st)
		require.NoError(t, err)
		return s
	}
	for _, msg := range messages(r.world.Suite, r.seen) {
		st, err := r.witness.State(msg.Author, msg.Bytes, JustBefore)
		require.NoError(t, err)
		p, err := r.witness.plan(msg.Bytes)
		require.NoError(t, err)
		plans, states = append(plans, p), append(states, st)
		for at := range placed(plans[len(plans)-1:], states[len(states)-1:]).points {
			halves[at] = true
		}
	}
	all := placed(plans, states)
	require.NotEmpty(t, all.points, "of prekeys no message gives more")
	require.Less(t, len(all.points), len(halves))
	for at := range all.points {
		require.NotContains(t, all.exponents, twist{at.Who, all.coins[at]})
	}
	require.Empty(t, all.early, "every chain is known from its beginning")
}

func TestPlaceEveryMessageOfScripts(t *testing.T) {
	for _, name := range []string{"default", "membership", "crash", "upkeep"} {
		r := happen(t, cowpitest.Cheap, transcripttest.Script(t, name), 3)
		all := messages(r.world.Suite, r.seen)
		require.NotEmpty(t, all)
		t.Log(name, len(all))
		for _, v := range []Variant{FromStart, JustBefore} {
			for i, msg := range all {
				if testing.Short() && i%10 > 0 || name == "upkeep" && i%3 > 0 {
					continue // the race detector makes it slow; much of upkeep is alike
				}
				forged := r.forgeAround(t, Outsider{r.world.Public()}, v, msg)
				if n := firstDifference(r.seen, forged); n >= 0 {
					st, _ := r.witness.State(msg.Author, msg.Bytes, v)
					t.Errorf("%s: message %d by %s, %v: records differ from %d on (%d, %d) %+v", name, i, msg.Author, v, n, len(r.seen.Records), len(forged.Records), st.Blocks)
				}
			}
		}
	}
}
