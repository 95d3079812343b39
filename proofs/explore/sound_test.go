package explore

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
)

// shown is what of a view two orders have in common that differ in what nobody sees:
// when a text was handed over, and which coins were drawn in which step.
func shown(v View) digest {
	v.Wrote, v.Heads = nil, nil
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

// together is what all participants together are shown in a state, and where they stand.
func together(e *engine, s state) digest {
	var all []byte
	for u := range e.b.Participants {
		p := e.people.at(s[u])
		d := shown(*e.views.at(p.view))
		all = append(append(all, byte(p.next)), d[:]...)
	}
	return digestOf(all)
}

// ends explores to the end, and collects what all together are shown in any state that
// is reached, and in those in which nothing can happen any more.
func ends(t *testing.T, b Bounds) (anywhere, last map[digest]bool) {
	t.Helper()
	anywhere, last = map[digest]bool{}, map[digest]bool{}
	b.Workers = 1
	s, err := newSearch(b)
	require.NoError(t, err)
	w := &worker{e: s.engine, s: s, seen: map[stepKey]*outcome{}, agreed: map[[2]int32]bool{}}
	s.b.reached = func(e *engine, s state) {
		anywhere[together(e, s)] = true
		if !slices.ContainsFunc(w.chosen(s), func(m move) bool { return w.matters(s, m) }) {
			last[together(e, s)] = true
		}
	}
	require.NoError(t, s.run(t.Context(), time.Now(), nil))
	require.NoError(t, s.broken)
	require.True(t, s.result.Complete)
	t.Log(b, s.result.States)
	return anywhere, last
}

// With the reductions, and without them, the same can come out: every end that the
// conversation can take is reached, and nothing else.
func TestReductionsLoseNothing(t *testing.T) {
	for _, b := range small {
		anywhere, last := ends(t, b)
		b.All = true
		all, lastOfAll := ends(t, b)
		require.NotEmpty(t, lastOfAll)
		for d := range lastOfAll {
			require.True(t, last[d], "%v: an end is lost", b)
		}
		for d := range anywhere {
			require.True(t, all[d], "%v: something is invented", b)
		}
		t.Log(b, len(lastOfAll), len(last), len(all))
	}
}

var small = []Bounds{
	{Participants: 3, Providers: 2, Honest: 0, Messages: 1},
	{Participants: 2, Providers: 2, Honest: 0, Messages: 2},
	{Participants: 2, Providers: 2, Honest: 1, Messages: 2},
	{Participants: 2, Providers: 2, Honest: 0, Messages: 1, Substitutions: 1},
	{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Substitutions: 1, Refusals: 1},
	{Participants: 2, Providers: 2, Honest: 0, Messages: 1, Changes: 1},
	{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Changes: 1},
	{Participants: 2, Providers: 3, Honest: 1, Messages: 1, Substitutions: 1},
	{Participants: 2, Providers: 3, Honest: 0, Changes: 1, Refusals: 1},
	{Participants: 2, Providers: 2, Honest: 1, Restarts: 1},
	{Participants: 2, Providers: 2, Honest: 0, Corrupt: 1, Messages: 1},
	{Participants: 2, Providers: 2, Honest: 1, Corrupt: 1, Messages: 1, Substitutions: 1},
	{Participants: 2, Providers: 2, Honest: -1, Messages: 1},
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
		{Participants: 3, Providers: 2, Honest: 0, Messages: 1, Changes: 1, Refusals: 1, Depth: 9, All: true},
		{Participants: 3, Providers: 2, Honest: 1, Messages: 1, Changes: 1, Substitutions: 1, Refusals: 1, Depth: 7, All: true},
		{Participants: 3, Providers: 2, Honest: 1, Restarts: 1, Depth: 9, All: true},
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
					here, err := s.stepPerson(o.p, m)
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
