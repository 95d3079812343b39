package adversary

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// after plays trials of an adversary, and looks at the end of each through its oracles.
// It returns how often what was looked for was there.
func after(t *testing.T, a game.Adversary, g *game.Game, trials uint64, look func(o *game.Oracles) bool) (there int) {
	t.Helper()
	for seed := range trials {
		b := a
		b.Attack = func(o *game.Oracles) error {
			if err := a.Attack(o); err != nil {
				return err
			}
			if err := o.Settle(); err != nil {
				return err
			}
			if look(o) {
				there++
			}
			return nil
		}
		_, err := game.Play(game.Trial{Game: g, Adversary: b, Seed: seed})
		require.NoError(t, err)
	}
	return there
}

// Each adversary gets to where what it attacks is the last thing that protects.
func TestSecrecyAdversariesGetThere(t *testing.T) {
	// texts counts the uploads of texts in Main since the trial began.
	texts := func(o *game.Oracles, author identity.ID) (n int) {
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return 0
		}
		return len(m.written(o.Main(), author))
	}
	const before = 2 // everybody's texts in Main before a trial begins
	inside := func(o *game.Oracles) (n int) {
		for _, p := range insiders() {
			if _, in := o.Head(p, o.Main()); in {
				n++
			}
		}
		return n
	}
	twice := func(o *game.Oracles) bool { // somebody's text was uploaded more often than it was written
		for _, p := range insiders() {
			if texts(o, identity.ID(p)) > before+1 {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		adversary game.Adversary
		game      *game.Game
		look      func(o *game.Oracles) bool
	}{
		{ReadAfterRefusal, game.ForwardSecrecy, twice},
		{ReadAfterCrossing, game.ForwardSecrecy, func(o *game.Oracles) bool { // written twice, in the new conversation
			m := newMiner(o.Suite())
			if err := m.see(o); err != nil {
				return false
			}
			sid, ok := m.newest(conversation.SETUP)
			for _, p := range insiders() {
				if all := m.written(sid, identity.ID(p)); ok && len(all) == 2 && all[0].d.Epoch != all[1].d.Epoch {
					return true
				}
			}
			return false
		}},
		{ReadAfterStop, game.ForwardSecrecy, func(o *game.Oracles) bool { return inside(o) == 2 }},
		{AddedReader, game.MessageConfidentiality, func(o *game.Oracles) bool {
			r, in := o.Roster("alice", o.Main())
			return in && r.Position("eve") >= 0
		}},
		{RemovedReader, game.MessageConfidentiality, func(o *game.Oracles) bool {
			r, in := o.Roster("alice", o.Side())
			return in && r.Position("eve") < 0
		}},
		{ForeignPrekey, game.MessageConfidentiality, func(o *game.Oracles) bool {
			m := newMiner(o.Suite())
			if err := m.see(o); err != nil {
				return false
			}
			sid, ok := m.newest(conversation.SETUP)
			out := 0
			for _, p := range insiders() {
				if _, in := o.Head(p, sid); !in {
					out++
				}
			}
			return ok && out == 1 // the one whose prekey it was not
		}},
		{KnownSeeds, game.MessageConfidentiality, func(o *game.Oracles) bool {
			return slices.ContainsFunc(o.Draws(), func(d game.Draw) bool { return d.Purpose == "k_m" })
		}},
		{ReadThenTalk, game.BackwardSecrecy, func(o *game.Oracles) bool { return inside(o) == 3 }},
		{ReadThenRestart, game.BackwardSecrecy, func(o *game.Oracles) bool {
			h, _ := o.Head("alice", o.Main())
			return h.Epoch == 1
		}},
	} {
		there := after(t, c.adversary, c.game, 8, c.look)
		t.Logf("%-20s %d of 8", c.adversary.Name, there)
		require.GreaterOrEqual(t, there, 4, c.adversary.Name)
	}
}

// What Shapes has seen in its own network is what happens in the game: so a difference
// between the two users would show.
func TestShapesKnowsWhatToExpect(t *testing.T) {
	fits := 0
	after(t, game.Adversary{Name: "shapes", Attack: func(o *game.Oracles) error {
		seen, err := perform(o)
		ref := references(o.Setting().Providers)
		if slices.Contains(ref[0].shapes, shape(seen)) && slices.Contains(ref[1].shapes, shape(seen)) {
			fits++
		}
		return err
	}}, game.AnonymityPreserving, 8, func(*game.Oracles) bool { return true })
	require.Greater(t, fits, 4)
}

// The miner opens what it has the keys of: everybody's state, read just before a text
// is processed, opens it, and each half of it does; nothing does that is read elsewhere.
func TestMinerOpensWhatIsExposed(t *testing.T) {
	for who, want := range map[string]int{"alice": 4, "bob": 4, "dave": 0} {
		opened := 0
		after(t, game.Adversary{Name: "early", Attack: func(o *game.Oracles) error {
			o.Providers()
			m := newMiner(o.Suite())
			st, err := o.Read(who)
			if err != nil {
				return err
			}
			m.take(st)
			if err := challenge(o, "alice", o.Main()); err != nil {
				return err
			}
			if err := m.see(o); err != nil {
				return err
			}
			m.derive()
			for _, text := range m.read(o.Main(), "alice") {
				if text == yes || text == no {
					opened++
				}
			}
			return nil
		}}, game.ForwardSecrecy, 4, func(o *game.Oracles) bool { return true })
		require.Equal(t, want, opened, who)
	}
}
