package explore

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/suite"
)

// shown is what of a view two orders have in common that differ in what nobody sees:
// when a text was handed over, and which coins were drawn in which step.
func shown(v View) digest {
	v.Wrote, v.Digest = nil, suite.Hash{}
	v.Account.Stays = slices.Clone(v.Account.Stays)
	for i := range v.Account.Stays {
		entries := slices.Clone(v.Account.Stays[i].Entries)
		for j := range entries {
			entries[j].ID = content.TextID{}
		}
		v.Account.Stays[i].Entries = entries
	}
	return v.digest()
}

// outcomes collects what all participants together can be shown, and where they
// can stand, in any state that is reached.
func outcomes(t *testing.T, b Bounds) map[digest]bool {
	t.Helper()
	out := map[digest]bool{}
	b.Workers = 1
	b.reached = func(e *engine, s state) {
		var all []byte
		for u := range b.Participants {
			d := shown(*e.views.at(e.people.at(s[u]).view))
			all = append(all, d[:]...)
		}
		out[digestOf(all)] = true
	}
	r := explored(t, b)
	require.Nil(t, r.Violation)
	require.True(t, r.Complete)
	return out
}

// With the reductions, and without them, the same can come out.
func TestReductionsLoseNothing(t *testing.T) {
	for _, b := range []Bounds{
		{Participants: 3, Providers: 2, Honest: 1, Messages: 1},
		{Participants: 2, Providers: 2, Honest: 0, Messages: 2},
		{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Substitutions: 1},
		{Participants: 2, Providers: 3, Honest: 1, Messages: 1},
		{Participants: 2, Providers: 3, Honest: 0, Changes: 1, Refusals: 1},
	} {
		reduced := outcomes(t, b)
		b.All = true
		all := outcomes(t, b)
		require.Equal(t, len(all), len(reduced), b)
		require.Equal(t, all, reduced, b)
		t.Log(b, len(all))
	}
}

// What hashing takes for one state goes on as one: whichever way a node came into
// it, each step that is made from there leads to the same state and says the same.
func TestMergedStatesGoOnAlike(t *testing.T) {
	type other struct {
		id int32
		p  *person
		s  *server
	}
	for _, b := range []Bounds{
		{Participants: 3, Providers: 2, Honest: 0, Messages: 1, Changes: 1, Refusals: 1, Depth: 9},
		{Participants: 3, Providers: 2, Honest: 1, Messages: 1, Changes: 1, Substitutions: 1, Refusals: 1, Depth: 7},
		{Participants: 3, Providers: 2, Honest: 1, Restarts: 1, Depth: 9},
	} {
		var met []other
		b.Workers = 1
		b.merged = func(id int32, p *person, s *server) { met = append(met, other{id, p, s}) }
		s, err := newSearch(b)
		require.NoError(t, err)
		require.NoError(t, s.run(t.Context(), time.Now(), nil))
		moves := map[int32][]move{} // of people; of servers below
		serverMoves := map[int32][]move{}
		for i := range s.steps {
			for k := range s.steps[i].of {
				if k.move.kind.ofPerson() {
					moves[k.node] = append(moves[k.node], k.move)
				} else {
					serverMoves[k.node] = append(serverMoves[k.node], k.move)
				}
			}
		}
		s.b.merged = nil
		compared := 0
		for _, o := range met[:min(len(met), 200)] {
			if o.p != nil {
				for _, m := range moves[o.id] {
					here, err := s.stepPerson(o.p, o.id, m)
					require.NoError(t, err)
					require.Equal(t, s.outcome(stepKey{o.id, m}), here, m)
					compared++
				}
				continue
			}
			for _, m := range serverMoves[o.id] {
				here, err := s.stepServer(o.s, m)
				require.NoError(t, err)
				require.Equal(t, s.outcome(stepKey{o.id, m}), here, m)
				compared++
			}
		}
		require.Greater(t, compared, 100)
		t.Log(b, len(met), compared)
	}
}
