package judge

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

const lunch = `
providers 2
conversation lunch: Alice Bob Charlie
Alice in lunch: Have you had lunch yet?
Bob in lunch: No.
Alice in lunch: And you, Charlie?
Charlie in lunch: Yes.
`

// hands is a suite on which one party's machine runs apart from the others': its
// one-time keys are its own affair, and whoever runs the others sees but the points.
type hands struct {
	suite.Suite // that of everybody else
	own         suite.Suite
	secret      suite.Scalar
	mu          sync.Mutex
	mine        map[suite.Scalar]bool
}

func (h *hands) is(x suite.Scalar) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return x == h.secret || h.mine[x]
}

func (h *hands) note(x suite.Scalar) suite.Scalar {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mine[x] = true
	return x
}

func (h *hands) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	if a != h.secret {
		return h.Suite.Coins(seed, a, counter, purpose, index)
	}
	c := h.own.Coins(seed, a, counter, purpose, index)
	h.note(suite.Scalar(c)) // some coins are exponents
	return c
}

func (h *hands) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	if a != h.secret {
		return h.Suite.H1(esk, a)
	}
	return h.note(h.own.H1(esk, a))
}

func (h *hands) Public(x suite.Scalar) suite.Point {
	if h.is(x) {
		return h.own.Public(x)
	}
	return h.Suite.Public(x)
}

func (h *hands) DH(x suite.Scalar, P suite.Point) (suite.Point, error) {
	if h.is(x) {
		return h.own.DH(x, P)
	}
	return h.Suite.DH(x, P)
}

// The online judge. He takes part himself, as Bob, or Bob works for him while it
// happens. The keys that he sends are of his own making, and a forger cannot answer
// for them: who answers him has Alice's secret. Deniability is for those who come
// afterwards and find a transcript.
func TestOnlineJudgeIsNotFooled(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		sc := transcripttest.Parse(t, lunch)
		w, err := simulator.NewWorld(s, sc, [32]byte{1})
		require.NoError(t, err)
		bob, _ := w.Self("Bob")
		online := &simulator.Unsafe{Suite: func(below suite.Suite) suite.Suite {
			return &hands{Suite: below, own: s, secret: bob.Secret, mine: map[suite.Scalar]bool{}}
		}}
		// Everybody is there: his keys are answered.
		m := &transcript.Memory{}
		report, err := w.Run(simulator.Job{Script: sc, Open: simulator.To(m), UnsafeProtocol: online}, nil)
		require.NoError(t, err)
		require.Empty(t, report.Failures)
		// Alice and Charlie are only played: his first key finds it out.
		forger := simulator.Participant{Public: w.Public(), Self: bob}
		_, err = forger.Forge(simulator.Job{Script: sc, Open: simulator.To(&transcript.Memory{}), UnsafeProtocol: online})
		require.ErrorIs(t, err, simulator.ErrForeign)
		// Without him, the same forger has no difficulty.
		_, err = forger.Forge(simulator.Job{Script: sc, Open: simulator.To(&transcript.Memory{})})
		require.NoError(t, err)
	}
}

// A judge who recorded it himself, and a judge who believes a provider, know what
// was; a stranger who is handed the same record afterwards does not: anybody can
// make a record of what anybody made up.
func TestRecordsConvinceThoseWhoMadeThem(t *testing.T) {
	for seed := range byte(5) {
		real, forged := pairOf(t, cowpitest.Cheap, transcripttest.Parse(t, lunch), seed)
		taken, err := Fingerprint(real.Transcript)
		require.NoError(t, err)
		for _, d := range []Distinguisher{Recorded(taken), Attested("mirror1", Testimony(real.Transcript, "mirror1"))} {
			require.Equal(t, Real, d.Judge(real).Answer, d.Name())
			require.Equal(t, Simulated, d.Judge(forged).Answer, d.Name())
		}
		made, err := Fingerprint(forged.Transcript)
		require.NoError(t, err)
		require.Equal(t, Real, Recorded(made).Judge(forged).Answer)
		require.Equal(t, Real, Attested("mirror1", Testimony(forged.Transcript, "mirror1")).Judge(forged).Answer)
	}
}

// keeping is a suite that keeps what should be wiped.
type keeping struct {
	suite.Suite
	mu    sync.Mutex
	coins map[suite.Scalar][]suite.Coin // by whose secret, or name of a secret
}

func (k *keeping) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	k.mu.Lock()
	k.coins[a] = append(k.coins[a], esk)
	k.mu.Unlock()
	return k.Suite.H1(esk, a)
}

// A modified client. Bob keeps the coins of all his keys, and hands them to a judge
// with the transcript and his long-term secret.
//
// Against Bob himself that is something: a forger without Bob's secret has no such
// coins, so whoever made this transcript had it. But that may have been Bob, alone,
// last night: his coins fit a conversation that he made up just as well. So of Alice
// and Charlie it says nothing at all, however much Bob kept.
func TestModifiedClientConvictsOnlyItself(t *testing.T) {
	sc := transcripttest.Parse(t, lunch)
	w, err := simulator.NewWorld(cowpitest.Cheap, sc, [32]byte{1})
	require.NoError(t, err)
	bob, _ := w.Self("Bob")
	alice, _ := w.Self("Alice")
	keep := func(run func(simulator.Job) error) (e Evidence, all map[suite.Scalar][]suite.Coin) {
		k := &keeping{coins: map[suite.Scalar][]suite.Coin{}}
		e = Evidence{World: w, Transcript: &transcript.Memory{}}
		require.NoError(t, run(simulator.Job{Script: sc, Coins: [32]byte{9}, Open: simulator.To(e.Transcript),
			UnsafeProtocol: &simulator.Unsafe{Suite: func(below suite.Suite) suite.Suite { k.Suite = below; return k }}}))
		return e, k.coins
	}
	everything := func(all map[suite.Scalar][]suite.Coin) (out []suite.Coin) {
		for _, list := range all {
			out = append(out, list...)
		}
		return out
	}

	real, kept := keep(happens(w))
	require.Equal(t, Real, Kept("Bob", kept[bob.Secret]).Judge(real).Answer)

	// Strangers, and Alice, cannot make such coins, whatever they show.
	for _, f := range []simulator.Forger{simulator.Outsider{Public: w.Public()}, simulator.Participant{Public: w.Public(), Self: alice}} {
		e, all := keep(invents(f))
		require.Equal(t, Simulated, Kept("Bob", everything(all)).Judge(e).Answer)
	}

	// Bob can: nothing of this took place.
	e, all := keep(invents(simulator.Participant{Public: w.Public(), Self: bob}))
	require.Equal(t, Real, Kept("Bob", all[bob.Secret]).Judge(e).Answer)

	// And what he kept says nothing of the others, real or not.
	for _, who := range []identity.ID{"Alice", "Charlie"} {
		require.Equal(t, Simulated, Kept(who, kept[bob.Secret]).Judge(real).Answer, "his coins are not theirs")
		require.Equal(t, Simulated, Kept(who, all[bob.Secret]).Judge(e).Answer)
	}
}

// handed runs a job and returns its transcript, and what a client that keeps all of
// it hands over: the state of every message that who wrote.
func handed(t *testing.T, w simulator.World, who identity.ID, job simulator.Job, run func(simulator.Job) error) (Evidence, []transcript.MessageState) {
	var witness *simulator.Witness
	e := Evidence{World: w, Transcript: &transcript.Memory{}}
	job.Open = simulator.To(e.Transcript)
	job.UnsafeProtocol = &simulator.Unsafe{Suite: func(below suite.Suite) suite.Suite {
		witness = simulator.NewWitness(below)
		return witness
	}}
	require.NoError(t, run(job))
	var states []transcript.MessageState
	for _, u := range simulator.Uploads(w.Suite, e.Transcript) {
		if u.Author == who {
			st, err := witness.State(who, u.Bytes, simulator.FromStart)
			require.NoError(t, err)
			states = append(states, st)
		}
	}
	return e, states
}

func happens(w simulator.World) func(simulator.Job) error {
	return func(j simulator.Job) error { _, err := w.Run(j, nil); return err }
}

func invents(f simulator.Forger) func(simulator.Job) error {
	return func(j simulator.Job) error { _, err := f.Forge(j); return err }
}

// A modified client hands over the state of every one of its messages, and not of one
// alone. Is that conversation real? In each trial a coin decides: it is, or somebody
// forged it, and the client's states along with it.
//
// If that was a stranger, another participant or a provider, then the judge is always
// right: they cannot make one-time keys that are H1(esk, b), and are bound by that.
// If it was the owner of the client, he is right as often as the coin.
func TestModifiedClientHandsOverEveryMessage(t *testing.T) {
	const trials = 40
	sc := transcripttest.Parse(t, lunch)
	play := func(owner bool) (right, real int) {
		for i := range byte(trials) {
			w, err := simulator.NewWorld(cowpitest.Cheap, sc, [32]byte{i})
			require.NoError(t, err)
			var forgers []simulator.Forger
			for _, u := range w.Users {
				if (u.ID == "Bob") == owner {
					forgers = append(forgers, simulator.Participant{Public: w.Public(), Self: u})
				}
			}
			if !owner {
				forgers = append(forgers, simulator.Outsider{Public: w.Public()})
				for _, p := range w.Providers {
					forgers = append(forgers, simulator.Provider{Public: w.Public(), Self: p})
				}
			}
			r := rand.New(rand.NewPCG(7, uint64(i)))
			happened, how := r.IntN(2) == 0, invents(forgers[r.IntN(len(forgers))])
			if happened {
				how = happens(w)
				real++
			}
			e, states := handed(t, w, "Bob", simulator.Job{Script: sc, Schedule: r.Uint64(), Coins: draw32(r)}, how)
			o := HandedOver("Bob", states).Judge(e)
			if owner {
				require.Equal(t, Real, o.Answer, "whatever it is: %s", o.Reason)
			}
			if (o.Answer == Real) == happened {
				right++
			}
		}
		return right, real
	}
	right, _ := play(false)
	low, _ := ClopperPearson(right, trials, 0.99)
	require.Equal(t, trials, right)
	require.Greater(t, 2*low-1, 0.7, "his advantage")

	right, real := play(true)
	require.Equal(t, real, right, "he always says that it is real")
	require.Greater(t, real, trials/4)
	require.Less(t, real, 3*trials/4)
}

const otherLunch = `
providers 2
conversation lunch: Alice Bob Charlie
Alice in lunch: Shall we burn it down?
Bob in lunch: (here stands what he wrote)
Alice in lunch: You know where the matches are?
Charlie in lunch: I will bring them.
`

// textsBy lists what Charlie was shown, by author.
func textsBy(m *transcript.Memory) map[identity.ID][]string {
	out := map[identity.ID][]string{}
	for _, r := range m.Records {
		if s, ok := r.(transcript.Saw); ok && s.Who == "Charlie" && s.What == transcript.Text {
			out[s.Party] = append(out[s.Party], string(s.Text))
		}
	}
	return out
}

// And what do these states say of the others? Nothing, even if nobody doubts them:
// whoever was handed them, here a stranger with public keys, puts every message of
// Bob, unchanged, into a conversation in which Alice and Charlie say something else.
// The judge finds the same as in the real one. What binds is what Bob wrote himself.
func TestModifiedClientSaysNothingOfOthers(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		sc := transcripttest.Parse(t, lunch)
		w, err := simulator.NewWorld(s, sc, [32]byte{1})
		require.NoError(t, err)
		real, states := handed(t, w, "Bob", simulator.Job{Script: sc, Schedule: 5, Coins: [32]byte{9}}, happens(w))
		require.Greater(t, len(states), 2)

		alice, _ := w.Self("Alice")
		for _, f := range []simulator.Forger{simulator.Outsider{Public: w.Public()}, simulator.Participant{Public: w.Public(), Self: alice}} {
			forged := Evidence{World: w, Transcript: &transcript.Memory{}}
			_, err = f.Forge(simulator.Job{Script: transcripttest.Parse(t, otherLunch), Schedule: 5, Coins: [32]byte{8},
				Open: simulator.To(forged.Transcript), Place: states})
			require.NoError(t, err)
			for _, e := range []Evidence{real, forged} {
				o := HandedOver("Bob", states).Judge(e)
				require.Equal(t, Real, o.Answer, o.Reason)
				for i := range states {
					e.State = &states[i]
					for _, found := range Examine(e) {
						require.Equal(t, CannotTell, found.Answer, "%s: %s", found.Distinguisher, found.Reason)
					}
				}
			}
			is, was := textsBy(forged.Transcript), textsBy(real.Transcript)
			require.Equal(t, []string{"No."}, is["Bob"])
			require.Equal(t, was["Bob"], is["Bob"])
			require.Equal(t, []string{"Shall we burn it down?", "You know where the matches are?"}, is["Alice"])
			require.NotEqual(t, was["Charlie"], is["Charlie"])

			// The controls. One message of Bob more, or one state that is not quite his,
			// and the judge notices; and without the states there are others in its place.
			require.Equal(t, Simulated, HandedOver("Bob", states[1:]).Judge(forged).Answer)
			bad := slices.Clone(states)
			bad[1].Auths = slices.Clone(bad[1].Auths)
			bad[1].Auths[0][0] ^= 1
			require.Equal(t, Simulated, HandedOver("Bob", bad).Judge(forged).Answer)
			require.Equal(t, Simulated, HandedOver("Alice", states).Judge(forged).Answer, "his states are not hers")
			require.Equal(t, Simulated, HandedOver("Zed", states).Judge(forged).Answer)
		}
	}
}
