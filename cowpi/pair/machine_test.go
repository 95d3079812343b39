package pair

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// upload is a block on its way, with its model.
type upload struct {
	blk
	m *mblock
}

// machine is two people, a total order, and providers that refuse, delay, and
// show refused uploads.
type machine struct {
	people  [2]*person
	hist    [2]history
	flying  [2][]upload // sealed, not yet ordered
	inbox   [2][]upload // ordered, not yet processed
	written []upload
	ids     map[key]KeyID
	xs      map[chainID]suite.Point
	spy     *spy
	reads   []holding
}

func newMachine(t require.TestingT) *machine {
	a, b := newCouple(t, suite.Default)
	return &machine{
		people: [2]*person{a, b},
		ids:    map[key]KeyID{{0, 0}: {'a'}, {1, 0}: {'b'}},
		xs:     map[chainID]suite.Point{},
		spy:    newSpy(a, b),
	}
}

// seal lets a side write the block that the model expects.
func (m *machine) seal(t *rapid.T, s side) {
	want := m.hist[s].next(s)
	p := m.people[s]
	b := p.seal(t)
	h, err := ParseHeader(suite.Default, b.bytes)
	require.NoError(t, err)
	require.Equal(t, want.start, h.Start)
	require.EqualValues(t, want.n, h.N)
	if want.start {
		require.Equal(t, m.ref(want.names), h.Ref)
		if want.n == 0 {
			for _, x := range m.xs {
				require.NotEqual(t, x, h.X)
			}
			m.xs[want.chain] = h.X
		}
		require.Equal(t, m.xs[want.chain], h.X)
		newest := p.st.Receive.Mine[p.st.Receive.Held()-1].Ref
		if id, known := m.ids[want.offer]; known {
			require.Equal(t, Ref{Session, id}, newest)
		} else {
			require.Equal(t, Session, newest.Kind)
			for _, id := range m.ids {
				require.NotEqual(t, id, newest.ID)
			}
			m.ids[want.offer] = newest.ID
		}
	}
	m.hist[s] = append(m.hist[s], mevent{"sealed", want})
	u := upload{b, want}
	m.flying[s] = append(m.flying[s], u)
	m.written = append(m.written, u)
	m.spy.see(b)
}

// process lets a side take the next delivery.
func (m *machine) process(t *rapid.T, s side) {
	u := m.inbox[s][0]
	m.inbox[s] = m.inbox[s][1:]
	what := "opened"
	if u.m.chain.author == s {
		m.people[s].confirm(u.blk)
		what = "confirmed"
	} else {
		tampered := u.flip(rapid.IntRange(0, len(u.bytes)-1).Draw(t, "byte"), 1<<rapid.IntRange(0, 7).Draw(t, "bit"))
		require.NotEmpty(t, fault.CheckOf(m.people[s].refuses(t, tampered)))
		m.people[s].open(t, u.blk)
		require.NotEmpty(t, fault.CheckOf(m.people[s].refuses(t, u.blk)), "opened twice")
	}
	m.hist[s] = append(m.hist[s], mevent{what, u.m})
}

func (m *machine) ref(k key) Ref {
	if k.serial == 0 {
		return Ref{Prekey, m.ids[k]}
	}
	return Ref{Session, m.ids[k]}
}

// check compares what each side holds with what its history says.
func (m *machine) check(t *rapid.T) {
	for s := range side(2) {
		st, h := m.people[s].st, m.hist[s]
		k, used := h.theirs(s)
		require.Equal(t, m.ref(k), st.Send.Theirs.Ref)
		require.Equal(t, used, st.Send.Theirs.Used)

		var refs []Ref
		for _, k := range h.mine(s) {
			refs = append(refs, m.ref(k))
		}
		require.Equal(t, refs, st.Receive.refs())
		for i, own := range st.Receive.Mine {
			require.Equal(t, i >= len(refs), own == Own{}, "a place beyond the last is not wiped")
		}

		if b := h.last("sealed"); b == nil {
			require.Zero(t, st.Send.Chain)
		} else {
			c := st.Send.Chain
			require.Equal(t, m.ref(b.names), c.Ref)
			require.Equal(t, m.xs[b.chain], c.X)
			require.EqualValues(t, b.n+1, c.N)
			require.Equal(t, h.accepted(b.chain), c.Accepted)
		}
		if b := h.last("opened"); b == nil {
			require.Zero(t, st.Receive.Chain)
		} else {
			c := st.Receive.Chain
			require.Equal(t, m.ref(b.names), c.Ref)
			require.Equal(t, m.xs[b.chain], c.X)
			require.EqualValues(t, b.n+1, c.N)
		}
		roundTrip(t, st)
	}
}

// order takes the oldest upload under way of a side, or of the other.
func (m *machine) order(s side) (u upload, ok bool) {
	if len(m.flying[s]) == 0 {
		s = s.peer()
	}
	if len(m.flying[s]) == 0 {
		return upload{}, false
	}
	u, m.flying[s] = m.flying[s][0], m.flying[s][1:]
	return u, true
}

// Two parties, any schedule: everything that is ordered opens, each holds exactly
// the secrets that its history says, and who reads states opens exactly the
// blocks that the predicate says. An action that is not possible does nothing:
// skipping it would make rapid give up after a few.
func TestMachine(t *testing.T) {
	var sealed, starts, opened, leaked int
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		who := rapid.Map(rapid.IntRange(0, 1), func(i int) side { return side(i) })
		accept := func(t *rapid.T) {
			if u, ok := m.order(who.Draw(t, "author")); ok {
				m.inbox[0], m.inbox[1] = append(m.inbox[0], u), append(m.inbox[1], u)
			}
		}
		process := func(t *rapid.T) {
			s := who.Draw(t, "who")
			if len(m.inbox[s]) == 0 {
				s = s.peer()
			}
			if len(m.inbox[s]) > 0 {
				m.process(t, s)
			}
		}
		actions := map[string]func(*rapid.T){
			"seal":     func(t *rapid.T) { m.seal(t, who.Draw(t, "author")) },
			"seal2":    func(t *rapid.T) { m.seal(t, who.Draw(t, "author")) },
			"accept":   accept,
			"accept2":  accept,
			"process":  process,
			"process2": process,
			"process3": process,
			"process4": process,
			"refuse":   func(t *rapid.T) { m.order(who.Draw(t, "author")) },
			"refused, but shown": func(t *rapid.T) {
				if u, ok := m.order(who.Draw(t, "author")); ok {
					to := u.m.chain.author.peer()
					m.inbox[to] = append(m.inbox[to], u)
				}
			},
			"read": func(t *rapid.T) {
				if len(m.reads) < 2 && rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
					s := who.Draw(t, "who")
					m.spy.read(m.people[s].st)
					m.reads = append(m.reads, m.hist[s].holding(s))
				}
			},
			"": m.check,
		}
		for range 3 { // 90 actions on average
			t.Repeat(actions)
		}
		for _, u := range m.written {
			km, ok := m.spy.open(int(u.m.chain.author.peer()), u.blk)
			require.Equal(t, exposed(u.m, m.reads), ok, "%+v", u.m)
			sealed++
			if u.m.n == 0 {
				starts++
			}
			if ok {
				require.Equal(t, u.km, km)
				leaked++
			}
		}
		for _, h := range m.hist {
			for _, e := range h {
				if e.what == "opened" {
					opened++
				}
			}
		}
	})
	// Schedules in which little happens would show little.
	t.Logf("%d blocks sealed, %d of them start a chain, %d opened, %d exposed", sealed, starts, opened, leaked)
	require.Greater(t, opened, sealed/4)
	require.Greater(t, starts, sealed/8)
	require.Greater(t, leaked, sealed/20)
	require.Less(t, leaked, sealed)
}
