package cowpitest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// The scenarios are the faults that a prototype under random schedules showed to
// hide in this protocol, each by its name. They run with the cheap suite unless
// cryptography matters to them.

// scene is a network with somebody who watches it.
type scene struct {
	*Net
	t     testing.TB
	given map[string]given
	wrote map[identity.ID][]exchange.Upload // every upload as its author sent it, repeats too
}

// newScene builds a network with these users, all connected and stocked.
func newScene(t testing.TB, opt Options) *scene {
	t.Helper()
	if opt.Suite == nil {
		opt.Suite = Cheap
	}
	if opt.Policy == (cowpi.Policy{}) {
		opt.Policy = small()
	}
	n, err := New(opt)
	require.NoError(t, err)
	s := &scene{Net: n, t: t, given: map[string]given{}, wrote: map[identity.ID][]exchange.Upload{}}
	for _, u := range n.Users {
		s.watch(u, nil)
	}
	s.settle()
	return s
}

// watch records what a user uploads, and lets corrupt, if there, change it.
func (s *scene) watch(u *User, corrupt func(exchange.Upload) exchange.Upload) {
	id := u.Self.ID
	u.Corrupt = func(up exchange.Upload) exchange.Upload {
		s.wrote[id] = append(s.wrote[id], up)
		if corrupt != nil {
			return corrupt(up)
		}
		return up
	}
}

func (s *scene) settle() {
	s.t.Helper()
	require.NoError(s.t, s.Settle())
}

func (s *scene) holding(hold Hold) {
	s.t.Helper()
	require.NoError(s.t, s.SettleHolding(hold))
}

func (s *scene) do(who string, in cowpi.Input) {
	s.t.Helper()
	_, err := s.Do(who, in)
	require.NoError(s.t, err)
}

func (s *scene) create(by string, with ...string) suite.Hash {
	s.t.Helper()
	return create(s.t, s.Net, by, with...)
}

// say hands over texts.
func (s *scene) say(who string, sid suite.Hash, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		say(s.t, s.Net, who, sid, text)
		s.given[text] = given{who, sid}
	}
}

// texts is what a user was shown.
func (s *scene) texts(who string, sid suite.Hash) []string {
	return s.User(who).View(sid).Texts()
}

// agreed settles, and wants the honest to be unharmed: nobody stopped, nothing
// lost, shown twice or out of order, all at the same head.
func (s *scene) agreed() {
	s.t.Helper()
	s.settle()
	require.NoError(s.t, (&story{Net: s.Net, given: s.given}).check())
}

// shows wants these users to have been shown just these texts, in order.
func (s *scene) shows(sid suite.Hash, want []string, who ...string) {
	s.t.Helper()
	for _, name := range who {
		require.Equal(s.t, want, s.texts(name, sid), name)
	}
}

func (s *scene) head(who string, sid suite.Hash) conversation.Head {
	s.t.Helper()
	h, ok := s.Head(s.User(who), sid)
	require.True(s.t, ok, "%s does not take part", who)
	return h
}

// out wants a user to be out of a conversation.
func (s *scene) out(who string, sid suite.Hash) *cowpi.Ended {
	s.t.Helper()
	_, in := s.Head(s.User(who), sid)
	require.False(s.t, in, "%s still takes part", who)
	end := s.User(who).View(sid).Ended
	require.NotNil(s.t, end)
	return end
}

// bodies lists the events of one kind among some.
func bodies[E cowpi.EventBody](events []cowpi.Event) (out []E) {
	for _, e := range events {
		if b, ok := e.Body.(E); ok {
			out = append(out, b)
		}
	}
	return out
}

// eventsOf lists the events of one kind that a user has had.
func eventsOf[E cowpi.EventBody](s *scene, who string) []E { return bodies[E](s.User(who).Events) }

// refusals counts what a provider has refused to a user, or to anybody.
func (s *scene) refusals(position int, user string) (n int) {
	for _, e := range s.Providers[position].Events {
		if r, ok := e.(provider.Refused); ok && (user == "" || string(r.User) == user) {
			n++
		}
	}
	return n
}

// uploads lists the distinct uploads of one type that a user has sent, in order.
func (s *scene) uploads(who string, kind conversation.Type) (out []exchange.Upload) {
	seen := map[suite.Hash]bool{}
	for _, u := range s.wrote[identity.ID(who)] {
		if id := u.ID(s.suite); !seen[id] && s.parse(u).Type == kind {
			seen[id] = true
			out = append(out, u)
		}
	}
	return out
}

func (s *scene) parse(u exchange.Upload) *conversation.DataBlock {
	d, err := conversation.Parse(s.suite, u.Data)
	require.NoError(s.t, err)
	return d
}

func (s *scene) header(block []byte) pair.Header {
	h, err := pair.ParseHeader(s.suite, block)
	require.NoError(s.t, err)
	return h
}

// size is how many records a store has and how many bytes they take.
func size(m *store.Memory) (records, total int) {
	_ = m.Scan(nil, nil, func(k, v []byte) bool {
		records, total = records+1, total+len(k)+len(v)
		return true
	})
	return records, total
}

// numbered makes texts.
func numbered(who string, from, to int) (out []string) {
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("text %d of %s", i, who))
	}
	return out
}

// seeds runs a scenario under several schedules.
func seeds(t *testing.T, n uint64, run func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range n {
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { run(t, seed) }) {
			return
		}
	}
}
