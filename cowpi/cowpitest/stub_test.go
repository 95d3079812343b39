package cowpitest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// desk is a provider set as simple as can be, under the full control of a test:
// it speaks channel and exchange with real participants, answers fetches from one
// list, and gives uploads their places when, and in the order, the test says.
// Whatever it says goes through tamper first.
type desk struct {
	t       testing.TB
	suite   suite.Suite
	selves  []identity.Self
	set     identity.Providers
	now     cowpi.Time
	coins   *rand.ChaCha8
	guests  map[identity.ID]*guest
	stocks  map[identity.ID][]exchange.Prekey
	fetches map[exchange.FetchID][]exchange.FetchedKey
	books   map[suite.Hash]*book
	waiting []arrival // uploads without a place
	policy  cowpi.Policy

	// tamper, if set, says what provider i says to a user in place of a message.
	tamper func(to identity.ID, i int, m exchange.Message) []exchange.Message
}

// guest is one participant at the desk.
type guest struct {
	self    identity.Self
	store   *store.Memory
	machine *cowpi.Participant
	events  []cowpi.Event
	lines   []line
	heard   [][]exchange.Message // by provider: all that the participant said
	batch   []uint32
	due     []exchange.Delivery // all that it is to get, ever
	acked   []map[suite.Hash]uint64
	hungUp  []int // how often, by provider
	effects []cowpi.Effect
	busy    bool // effects are being performed
}

type line struct {
	phase     int // 0 down, 1 open, 2 answered, 3 up
	answering channel.Answering
	conn      channel.Conn
}

// book is a conversation.
type book struct {
	state conversation.State
	last  map[identity.ID]conversation.Author
}

type arrival struct {
	from   identity.ID
	upload exchange.Upload
	block  *conversation.DataBlock
}

func newDesk(t testing.TB, s suite.Suite, names ...string) *desk {
	t.Helper()
	d := &desk{t: t, suite: s, now: Start, coins: rand.NewChaCha8([32]byte{7}), guests: map[identity.ID]*guest{},
		stocks: map[identity.ID][]exchange.Prekey{}, fetches: map[exchange.FetchID][]exchange.FetchedKey{},
		books: map[suite.Hash]*book{}, policy: small()}
	var parties []identity.Party
	for _, name := range []identity.ID{"router", "mirror1", "mirror2"} {
		self, err := identity.NewSelf(s, name, d.random())
		require.NoError(t, err)
		d.selves, parties = append(d.selves, self), append(parties, self.Party())
	}
	var err error
	d.set, err = identity.NewProviders(s, parties...)
	require.NoError(t, err)
	for _, name := range names {
		d.invite(name)
	}
	return d
}

func (d *desk) random() (b [32]byte) {
	_, _ = d.coins.Read(b[:]) // never fails
	return b
}

// invite makes a participant and connects it.
func (d *desk) invite(name string) *guest {
	d.t.Helper()
	self, err := identity.NewSelf(d.suite, identity.ID(name), d.random())
	require.NoError(d.t, err)
	n := len(d.selves)
	g := &guest{self: self, store: &store.Memory{}, lines: make([]line, n), heard: make([][]exchange.Message, n),
		batch: make([]uint32, n), hungUp: make([]int, n)}
	for range n {
		g.acked = append(g.acked, map[suite.Hash]uint64{})
	}
	d.guests[self.ID] = g
	d.start(g)
	d.connect(g)
	return g
}

// start makes the machine of a guest over its store, as after a crash.
func (d *desk) start(g *guest) {
	m, err := cowpi.New(cowpi.Config{Suite: d.suite, Self: g.self, Providers: d.set, Policy: d.policy})
	require.NoError(d.t, err)
	g.machine, g.lines, g.effects = m, make([]line, len(d.selves)), nil
}

func (d *desk) connect(g *guest) {
	for i := range d.selves {
		d.dial(g, i)
	}
}

func (d *desk) dial(g *guest, i int) {
	g.lines[i] = line{phase: 1}
	d.step(g, cowpi.LinkUp{Provider: i})
}

func (d *desk) guest(name string) *guest { return d.guests[identity.ID(name)] }

func (d *desk) do(name string, in cowpi.Input) { d.t.Helper(); d.step(d.guest(name), in) }

func (d *desk) say(name string, sid suite.Hash, texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		d.do(name, cowpi.Send{Sid: sid, Text: []byte(text)})
	}
}

// step gives a guest an input, commits, and does what follows from it.
func (d *desk) step(g *guest, in cowpi.Input) cowpi.Output {
	d.t.Helper()
	out, err := g.machine.Step(g.store, in, suite.Seed(d.random()), d.now)
	require.NoError(d.t, err)
	g.store.Commit(out.Records)
	g.events = append(g.events, out.Events...)
	g.effects = append(g.effects, out.Effects...)
	d.perform(g)
	return out
}

// perform does the effects of a guest, one after the other; a step within one
// only adds to them.
func (d *desk) perform(g *guest) {
	if g.busy {
		return
	}
	g.busy = true
	defer func() { g.busy = false }()
	for len(g.effects) > 0 {
		e := g.effects[0]
		g.effects = g.effects[1:]
		switch e := e.(type) {
		case cowpi.Transmit:
			d.arrive(g, e.Provider, e.Bytes)
		case cowpi.Hangup:
			g.lines[e.Provider] = line{}
			g.hungUp[e.Provider]++
		}
	}
}

func (d *desk) fresh(i int) suite.Coins {
	return suite.NewCoins(d.suite, suite.Seed(d.random()), d.selves[i].Secret, 1)
}

// arrive takes one message of a guest at provider i.
func (d *desk) arrive(g *guest, i int, data []byte) {
	d.t.Helper()
	l := &g.lines[i]
	var err error
	switch l.phase {
	case 1:
		var msg2 []byte
		l.answering, msg2, err = channel.Accept(d.suite, d.selves[i], data, d.fresh(i))
		require.NoError(d.t, err)
		l.phase = 2
		d.step(g, cowpi.Received{Provider: i, Bytes: msg2})
	case 2:
		l.conn, err = l.answering.Finish(data)
		require.NoError(d.t, err)
		l.phase = 3
	case 3:
		conn, opened, err := l.conn.Open(data, d.fresh(i))
		require.NoError(d.t, err)
		l.conn = conn
		for _, r := range opened.Replies {
			d.step(g, cowpi.Received{Provider: i, Bytes: r})
		}
		if opened.Confirmed {
			d.welcome(g, i)
		}
		if opened.HasData {
			m, err := exchange.Parse(d.suite, opened.Data)
			require.NoError(d.t, err)
			g.heard[i] = append(g.heard[i], m)
			d.hear(g, i, m)
		}
	}
}

// welcome greets, and delivers again what was not acknowledged.
func (d *desk) welcome(g *guest, i int) {
	w := exchange.Welcome{Batch: g.batch[i], Stock: uint32(len(d.stocks[g.self.ID]))}
	var again []exchange.Delivery
	for _, m := range g.due {
		if m.Index >= g.acked[i][m.Sid] {
			again = append(again, m)
			j := slices.IndexFunc(w.Heads, func(h exchange.HeadOf) bool { return h.Sid == m.Sid })
			if j < 0 {
				w.Heads, j = append(w.Heads, exchange.HeadOf{Sid: m.Sid}), len(w.Heads)
			}
			w.Heads[j].Head = max(w.Heads[j].Head, m.Index)
		}
	}
	d.tell(g, i, w)
	for _, m := range again {
		d.tell(g, i, m)
	}
}

// tell says a message to a guest as provider i, unless tamper has other ideas.
func (d *desk) tell(g *guest, i int, m exchange.Message) {
	list := []exchange.Message{m}
	if d.tamper != nil {
		list = d.tamper(g.self.ID, i, m)
	}
	for _, m := range list {
		d.tellPlain(g, i, m)
	}
}

func (d *desk) tellPlain(g *guest, i int, m exchange.Message) {
	if g.lines[i].phase != 3 {
		return
	}
	conn, frame, err := g.lines[i].conn.Seal(exchange.Encode(m))
	require.NoError(d.t, err)
	g.lines[i].conn = conn
	d.step(g, cowpi.Received{Provider: i, Bytes: frame})
}

func (d *desk) tellAll(g *guest, m exchange.Message) {
	for i := range d.selves {
		d.tell(g, i, m)
	}
}

// hear is the honest part of the desk.
func (d *desk) hear(g *guest, i int, m exchange.Message) {
	switch m := m.(type) {
	case exchange.Prekeys:
		if i == 0 && m.Batch > g.batch[0] {
			d.stocks[g.self.ID] = append(d.stocks[g.self.ID], m.List...)
		}
		g.batch[i] = max(g.batch[i], m.Batch)
		d.tell(g, i, exchange.Stocked{Batch: m.Batch})
	case exchange.Fetch:
		d.tell(g, i, exchange.Fetched{ID: m.ID, Keys: d.fetch(m)})
	case exchange.Upload:
		block, err := conversation.Parse(d.suite, m.Data)
		require.NoError(d.t, err)
		if !slices.ContainsFunc(d.waiting, func(a arrival) bool { return a.upload.Same(m) }) {
			d.waiting = append(d.waiting, arrival{g.self.ID, m, block})
		}
	case exchange.Ack:
		g.acked[i][m.Sid] = max(g.acked[i][m.Sid], m.Index+1)
	}
}

// create begins a conversation and settles.
func (d *desk) create(by string, with ...string) suite.Hash {
	d.t.Helper()
	d.do(by, cowpi.Create{With: ids(with...)})
	made := bodies[cowpi.Created](d.guest(by).events)
	require.NotEmpty(d.t, made)
	d.settle()
	return made[len(made)-1].Sid
}

// texts is what a guest was shown.
func (d *desk) texts(name string, sid suite.Hash) []string {
	return (&User{Events: d.guest(name).events}).View(sid).Texts()
}

// ended is the last end of a conversation for a guest, or nil.
func (d *desk) ended(name string, sid suite.Hash) *cowpi.Ended {
	return (&User{Events: d.guest(name).events}).View(sid).Ended
}

// same wants all guests that take part to be at the same head, and nobody out.
func (d *desk) same(sid suite.Hash) {
	d.t.Helper()
	want := d.books[sid].state.Head
	for _, id := range slices.Sorted(maps.Keys(d.guests)) {
		if d.books[sid].state.Roster.Position(id) < 0 {
			continue
		}
		g := d.guests[id]
		h, ok, err := g.machine.Head(g.store, sid)
		require.NoError(d.t, err)
		require.True(d.t, ok, "%s does not take part", id)
		require.Equal(d.t, want, h, "%s", id)
	}
}

// stockIDs lists the prekeys that a guest holds in its stock, from its records.
func (g *guest) stockIDs() (out []pair.KeyID) {
	_ = g.store.Scan([]byte{'I'}, []byte{'J'}, func(k, _ []byte) bool {
		out = append(out, pair.KeyID(k[1:]))
		return true
	})
	return out
}

// The desk itself must be honest when nobody tells it otherwise.
func TestDeskIsHonest(t *testing.T) {
	for _, s := range []suite.Suite{Cheap, suite.Default} {
		d := newDesk(t, s, "alice", "bob", "charlie")
		sid := d.create("alice", "bob", "charlie")
		d.say("alice", sid, "one", "two")
		d.say("bob", sid, "three")
		d.settle()
		d.invite("dave")
		d.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
		d.settle()
		d.say("dave", sid, "four")
		d.settle()
		d.same(sid)
		require.Equal(t, []string{"four"}, d.texts("dave", sid))
		require.Len(t, d.texts("charlie", sid), 4)
		require.Equal(t, d.texts("alice", sid), d.texts("charlie", sid))
	}
}
