package game

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
)

// in plays one trial with an attack of the test's own.
func in(t *testing.T, g *Game, seed uint64, attack func(o *Oracles) error) Outcome {
	t.Helper()
	out, err := Play(Trial{g, Adversary{Name: "of a test", Attack: func(o *Oracles) error {
		err := attack(o)
		require.NoError(t, err)
		return err
	}}, seed})
	require.NoError(t, err)
	return out
}

// refused wants an oracle to have refused.
func refused(t *testing.T, err error) {
	t.Helper()
	var r *Refusal
	require.True(t, errors.As(err, &r), "%v", err)
}

// Two texts are refused as a challenge exactly if they differ in length once they are
// padded. The game computes that by itself, and as the library does.
func TestChallengeExcludesOnlyOtherLengths(t *testing.T) {
	for n := range 3000 {
		require.Equal(t, content.SealedSize(n), sealedSize(n), n)
	}
	for n := 3000; n <= content.MaxText; n += 997 {
		require.Equal(t, content.SealedSize(n), sealedSize(n), n)
	}
	for zero := 20; zero < 40; zero += 3 {
		for one := 20; one < 40; one += 3 {
			in(t, MessageConfidentiality, uint64(zero), func(o *Oracles) error {
				err := o.Challenge("alice", o.Main(), strings.Repeat("a", zero), strings.Repeat("b", one))
				if content.SealedSize(zero) == content.SealedSize(one) {
					require.NoError(t, err)
				} else {
					refused(t, err)
				}
				return nil
			})
		}
	}
}

// A corrupt reader makes a win trivial only where the author knew of it: not in other
// conversations, not where it was added behind the author's back.
func TestReadersExcludeOnlyTheirTexts(t *testing.T) {
	type step = func(o *Oracles) error
	say := func(where func(*Oracles) (sid [32]byte)) step {
		return func(o *Oracles) error { return o.Challenge("alice", where(o), "aaaa", "bbbb") }
	}
	mainOf := func(o *Oracles) [32]byte { return o.Main() }
	sideOf := func(o *Oracles) [32]byte { return o.Side() }
	add := func(by string) step {
		return func(o *Oracles) error {
			return o.Do(by, cowpi.Update{Sid: o.Main(), Add: []identity.ID{"eve"}})
		}
	}
	settle := func(o *Oracles) error { return o.Settle() }
	release := func(o *Oracles) error { return o.Do("alice", cowpi.ReleaseTexts{Sid: o.Main()}) }
	holding := func(o *Oracles) error {
		return o.SettleHolding(func(from, to string) bool { return from == "alice" && to == "router" })
	}
	for name, c := range map[string]struct {
		trivial bool
		steps   []step
	}{
		"among the readers":            {true, []step{say(sideOf)}},
		"in another conversation":      {false, []step{say(mainOf)}},
		"added before":                 {true, []step{add("bob"), settle, say(mainOf)}},
		"added behind one's back":      {false, []step{say(mainOf), add("bob"), holding}},
		"added behind, and released":   {true, []step{say(mainOf), add("bob"), holding, settle, release}},
		"added afterwards by oneself":  {false, []step{say(mainOf), settle, add("alice")}},
		"added meanwhile, by the same": {false, []step{say(mainOf), add("alice")}},
	} {
		out := in(t, MessageConfidentiality, 1, func(o *Oracles) error {
			_, err := o.Participant("eve")
			for _, s := range c.steps {
				if err == nil {
					err = s(o)
				}
			}
			return err
		})
		require.Equal(t, c.trivial, out.Trivial != "", "%s: %q", name, out.Trivial)
	}
}

// Reading is refused where it is no power, and of the corrupt; whoever was read is not
// impersonated, and if it is, what comes of it does not count.
func TestReadingIsNotImpersonating(t *testing.T) {
	in(t, MessageConfidentiality, 1, func(o *Oracles) error {
		_, err := o.Read("alice")
		refused(t, err)
		_, err = o.Uploads()
		refused(t, err) // the router is not corrupt yet
		o.Providers()
		u, err := o.Uploads()
		require.NotEmpty(t, u)
		return err
	})
	in(t, ForwardSecrecy, 2, func(o *Oracles) error {
		o.Providers()
		before := len(o.c.ears.uploads)
		require.NoError(t, o.Challenge("alice", o.Main(), "aaaa", "bbbb"))
		require.NoError(t, o.Settle())
		l := o.c.ears.lives
		own, err := conversation.Parse(o.Suite(), o.c.ears.uploads[before].Data)
		require.NoError(t, err)
		forged := *own
		forged.Seq++
		forged.Seal(o.Suite())
		l.of["bob"].ring.Saw("alice", &forged)
		require.Empty(t, exposedText(o.c), "alice was not read: nobody can do that")
		st, err := o.Read("alice")
		require.NoError(t, err)
		_, err = o.Intrude(st.Self, 0, func(*cowpitest.Actor) [][]byte { return nil })
		refused(t, err)
		l.of["bob"].ring.Saw("alice", own)
		require.Empty(t, exposedText(o.c))
		l.of["bob"].ring.Saw("alice", &forged)
		require.NotEmpty(t, exposedText(o.c))
		return nil
	})
}

// The model of key lives follows honest machines without fail, in every game that is
// played with it.
func TestLivesAreNotLost(t *testing.T) {
	c, err := theStage.world(ForwardSecrecy, ForwardSecrecy.Settings[0])
	require.NoError(t, err)
	require.NoError(t, c.ears.lives.lost)
	d, err := c.copied(ForwardSecrecy, 1)
	require.NoError(t, err)
	o := &Oracles{d}
	o.Providers()
	require.NoError(t, o.Do("alice", cowpi.Update{Sid: o.Main(), Restart: []identity.ID{"bob"}}))
	require.NoError(t, o.Settle())
	require.NoError(t, o.Say("bob", o.Main(), "hello"))
	require.NoError(t, o.Settle())
	require.NoError(t, d.ears.lives.lost)
	for _, u := range d.net.Users {
		require.NotEmpty(t, d.ears.lives.of[u.Self.ID].ring.Holds().Chains, u.Self.ID)
	}
}

// A random source that is known tells seeds, and no coin.
func TestDrawsTellSeedsOnly(t *testing.T) {
	in(t, MessageConfidentiality, 1, func(o *Oracles) error {
		require.NoError(t, o.Say("alice", o.Main(), "before"))
		require.Empty(t, o.Draws())
		require.NoError(t, o.BadRandomness())
		require.NoError(t, o.Say("alice", o.Main(), "after"))
		require.NotEmpty(t, o.Draws())
		return nil
	})
	in(t, AnonymityPreserving, 1, func(o *Oracles) error {
		refused(t, o.BadRandomness())
		return nil
	})
}

// The two strangers differ in id and key, and in nothing that providers or the network
// know of them; and nobody is told which of them acts.
func TestStrangersDifferByNameOnly(t *testing.T) {
	c, err := theStage.world(AnonymityPreserving, AnonymityPreserving.Settings[0])
	require.NoError(t, err)
	a, b := c.net.User(string(Strangers[0])), c.net.User(string(Strangers[1]))
	require.Equal(t, a.Store.Len(), b.Store.Len())
	require.Equal(t, a.Conversations(), b.Conversations())
	require.Equal(t, a.Effort.Received, b.Effort.Received)
	require.Equal(t, a.Effort.Sent, b.Effort.Sent)
	require.NotEqual(t, len(a.Self.ID), len(b.Self.ID))
	in(t, AnonymityPreserving, 3, func(o *Oracles) error {
		for _, d := range Deeds {
			require.NoError(t, o.Somebody(d))
		}
		for _, x := range o.Heard() {
			require.Nil(t, o.c.net.User(x.Letter.Client))
		}
		for _, s := range Strangers {
			refused(t, o.Offline(string(s), true))
			refused(t, o.Crash(string(s)))
			refused(t, o.Do(string(s), cowpi.ReplaceStock{}))
			_, ok := o.Head(string(s), o.Main())
			require.False(t, ok)
		}
		_, err := o.Participant("eve")
		refused(t, err)
		refused(t, o.Rewrite(1, true))
		return nil
	})
	in(t, MessageConfidentiality, 3, func(o *Oracles) error {
		refused(t, o.Somebody(Appear))
		return nil
	})
}

// Costs that differ by more than the factors, and rights that one has and another has
// not, are breaches; what is below is none.
func TestCostsAreCompared(t *testing.T) {
	base := Cost{"a", 10, 1000, true}
	for name, c := range map[string]struct {
		other  Cost
		breach bool
	}{
		"the same":          {Cost{"b", 10, 1000, true}, false},
		"work at the bound": {Cost{"b", 10 * WorkFactor, 1000, true}, false},
		"work beyond":       {Cost{"b", 10*WorkFactor + 1, 1000, true}, true},
		"bytes beyond":      {Cost{"b", 10, 1000*ByteFactor + 1, true}, true},
		"no right":          {Cost{"b", 10, 1000, false}, true},
	} {
		d := &Challenger{}
		d.compare(Text, []Cost{base, c.other})
		require.Equal(t, c.breach, d.unequal != nil, name)
	}
	in(t, ComputationAndTrustEquality, 1, func(o *Oracles) error {
		for _, a := range Actions {
			costs, err := o.Weigh(o.Main(), a)
			require.NoError(t, err)
			require.Len(t, costs, Insiders)
			for _, x := range costs {
				require.True(t, x.Done, "%v: %v", a, x)
			}
		}
		return nil
	})
	in(t, MessageConfidentiality, 1, func(o *Oracles) error {
		_, err := o.Weigh(o.Main(), Text)
		refused(t, err)
		return nil
	})
}
