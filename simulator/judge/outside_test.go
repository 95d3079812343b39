package judge

import (
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
	forge := func(f simulator.Forger) func(simulator.Job) error {
		return func(j simulator.Job) error { _, err := f.Forge(j); return err }
	}
	everything := func(all map[suite.Scalar][]suite.Coin) (out []suite.Coin) {
		for _, list := range all {
			out = append(out, list...)
		}
		return out
	}

	real, kept := keep(func(j simulator.Job) error { _, err := w.Run(j, nil); return err })
	require.Equal(t, Real, Kept("Bob", kept[bob.Secret]).Judge(real).Answer)

	// Strangers, and Alice, cannot make such coins, whatever they show.
	for _, f := range []simulator.Forger{simulator.Outsider{Public: w.Public()}, simulator.Participant{Public: w.Public(), Self: alice}} {
		e, all := keep(forge(f))
		require.Equal(t, Simulated, Kept("Bob", everything(all)).Judge(e).Answer)
	}

	// Bob can: nothing of this took place.
	e, all := keep(forge(simulator.Participant{Public: w.Public(), Self: bob}))
	require.Equal(t, Real, Kept("Bob", all[bob.Secret]).Judge(e).Answer)

	// And what he kept says nothing of the others, real or not.
	for _, who := range []identity.ID{"Alice", "Charlie"} {
		require.Equal(t, Simulated, Kept(who, kept[bob.Secret]).Judge(real).Answer, "his coins are not theirs")
		require.Equal(t, Simulated, Kept(who, all[bob.Secret]).Judge(e).Answer)
	}
}
