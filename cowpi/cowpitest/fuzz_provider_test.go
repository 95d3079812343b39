package cowpitest

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// counter is a provider at the point where the recording begins; users and the
// other provider are under the control of the test, with the keys of the real ones.
type counter struct {
	t       testing.TB
	rec     *recording
	index   int
	name    string
	store   *store.Memory
	machine *provider.Provider
	peers   []*visitor // users, then the other provider
	now     uint64
	steps   uint64
	conns   provider.ConnID
	at      map[provider.ConnID]*visitor
	events  []provider.Event
}

// visitor is one who connects to the provider: a user, or the other provider.
type visitor struct {
	*Actor
	conn      provider.ConnID
	link      bool
	self      identity.Self
	templates [][]byte // what it said in the recording
}

func newCounter(t testing.TB, index int, rec *recording) *counter {
	self := rec.Providers[index].Self
	c := &counter{t: t, rec: rec, index: index, name: string(self.ID), store: rec.stores[string(self.ID)].Clone(),
		now: rec.Now, at: map[provider.ConnID]*visitor{}}
	cfg := provider.Config{Suite: rec.Twist.Suite, Self: self, Providers: rec.Set, Limits: rec.opt.Limits}
	var err error
	if index == 0 {
		c.machine, err = provider.NewRouter(cfg)
	} else {
		c.machine, err = provider.NewMirror(cfg)
	}
	require.NoError(t, err)
	for _, u := range rec.Users {
		c.peers = append(c.peers, &visitor{Actor: NewActor(cfg.Suite, u.Self), self: u.Self,
			templates: rec.Messages(string(u.Self.ID), c.name)})
	}
	other := rec.Providers[1-index]
	c.peers = append(c.peers, &visitor{Actor: NewActor(cfg.Suite, other.Self), self: other.Self, link: true,
		templates: rec.Messages(other.name(), c.name)})
	return c
}

// step takes one step. Nothing from outside is an error; a misuse changes nothing.
func (c *counter) step(in provider.Input) {
	c.t.Helper()
	c.steps++
	var seed suite.Seed
	binary.BigEndian.PutUint64(seed[:], c.steps)
	out, err := c.machine.Step(c.store, in, seed, c.now)
	require.NoError(c.t, err, "%T", in)
	c.store.Commit(out.Records)
	c.events = append(c.events, out.Events...)
	for _, e := range out.Effects {
		switch e := e.(type) {
		case provider.Send:
			v := c.at[e.Conn]
			if v == nil {
				continue
			}
			replies, err := v.Take(e.Bytes)
			if err != nil {
				c.leave(v)
				continue
			}
			for _, r := range replies {
				c.step(provider.Received{Conn: v.conn, Bytes: r})
			}
		case provider.Close:
			if v := c.at[e.Conn]; v != nil {
				delete(c.at, e.Conn)
				v.hangUp()
			}
		}
	}
}

// misuse is something that is the operator's own fault.
func (c *counter) misuse(in provider.Input) {
	c.t.Helper()
	before := fingerprint(c.machine)
	out, err := c.machine.Step(c.store, in, suite.Seed{}, c.now)
	var m *fault.Misuse
	require.ErrorAs(c.t, err, &m)
	require.Empty(c.t, out)
	require.Equal(c.t, before, fingerprint(c.machine))
}

func (c *counter) leave(v *visitor) {
	if c.at[v.conn] == v {
		delete(c.at, v.conn)
		v.hangUp()
		c.step(provider.Closed{Conn: v.conn})
	}
}

// connect brings a visitor in; router and mirror greet each other too.
func (c *counter) connect(v *visitor) {
	c.leave(v)
	c.conns++
	v.conn = c.conns
	c.at[v.conn] = v
	v.hangUp()
	if v.link && c.index == 0 {
		c.step(provider.LinkUp{Mirror: 1, Conn: v.conn})
		c.say(v, c.hello())
		return
	}
	c.step(provider.Opened{Conn: v.conn})
	role := channel.RoleUser
	if v.link {
		role = channel.RoleRouter
	}
	msg1, err := v.Dial(role, c.rec.Providers[c.index].Self.Party())
	require.NoError(c.t, err)
	c.bytes(v, msg1)
	if v.link {
		c.say(v, c.hello())
	}
}

// hello is what the other provider says if it is where the recording begins: it
// has taken all that this one wrote, and the reverse.
func (c *counter) hello() []byte {
	var taken, last uint64
	digest := make([]byte, suite.KeySize)
	if raw, _ := c.store.Get([]byte{'L', 'i', byte(1 - c.index)}); raw != nil {
		taken = binary.BigEndian.Uint64(raw[1:])
	}
	if raw, _ := c.store.Get([]byte("Lo")); raw != nil {
		last, digest = binary.BigEndian.Uint64(raw[9:]), raw[len(raw)-suite.KeySize:]
	}
	b := []byte{1}
	for _, n := range []uint64{taken + 1, taken, last} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return append(b, digest...)
}

// bytes sends bytes as they are.
func (c *counter) bytes(v *visitor, b []byte) {
	if c.at[v.conn] == v {
		c.step(provider.Received{Conn: v.conn, Bytes: b})
	}
}

// say sends a payload in a frame.
func (c *counter) say(v *visitor, payload []byte) {
	if f, err := v.Say(payload); err == nil {
		c.bytes(v, f)
	}
}

// again authenticates an upload under the present connection.
func (c *counter) again(v *visitor, payload []byte) []byte {
	m, err := exchange.Parse(c.rec.Twist.Suite, payload)
	u, ok := m.(exchange.Upload)
	if err != nil || !ok || !v.Up() {
		return payload
	}
	d, err := conversation.Parse(c.rec.Twist.Suite, u.Data)
	if err != nil {
		return payload
	}
	u.Auths = slices.Clone(u.Auths)
	for len(u.Auths) < 2 {
		u.Auths = append(u.Auths, exchange.Auth{})
	}
	u.Auths[c.index] = v.Authenticate(d.Sid, u.ID(c.rec.Twist.Suite))
	return exchange.Encode(u)
}

// Operations of a program for a provider.
const (
	pConnect = iota
	pSay
	pChange
	pAgain // changed, and authenticated again
	pRaw
	pBytes
	pUpTo
	pAll
	pLeave
	pTick
	pMisuse
	pCount
)

func (c *counter) run(in []byte) {
	p := &program{rest: in}
	c.step(provider.Tick{})
	for p.more() {
		v := func() *visitor { return c.peers[p.u8()%len(c.peers)] }
		template := func(v *visitor) []byte {
			k := p.u8()
			if len(v.templates) == 0 {
				return nil
			}
			return v.templates[k%len(v.templates)]
		}
		switch code := p.u8() % pCount; code {
		case pConnect:
			c.connect(v())
		case pSay:
			v := v()
			c.say(v, template(v))
		case pChange:
			v := v()
			c.say(v, p.change(template(v)))
		case pAgain:
			v := v()
			c.say(v, c.again(v, p.change(template(v))))
		case pRaw:
			c.say(v(), p.take())
		case pBytes:
			v := v()
			c.bytes(v, p.take())
		case pUpTo:
			v := v()
			k := p.u8()
			for _, m := range v.templates[:min(k, len(v.templates))] {
				c.say(v, m)
			}
		case pAll: // the recording as it was, to a certain point
			k := p.u16()
			for _, f := range c.rec.Frames[:min(k, len(c.rec.Frames))] {
				if f.To != c.name {
					continue
				}
				for _, v := range c.peers {
					if string(v.self.ID) == f.From {
						c.say(v, c.again(v, f.Payload))
					}
				}
			}
		case pLeave:
			c.leave(v())
		case pTick:
			c.now += uint64(p.u16()) * 1000
			c.step(provider.Tick{})
		case pMisuse:
			switch p.u8() % 3 {
			case 0:
				c.misuse(provider.Register{User: identity.Party{ID: "eve"}})
			case 1:
				c.misuse(provider.Register{User: identity.Party{ID: "alice", Key: c.peers[1].self.Key}})
			case 2:
				c.misuse(nil)
			}
		}
	}
	require.Less(c.t, c.store.Len(), 10000)
}

// providerSeeds are programs for the provider at a position.
func providerSeeds(rec *recording, index int) (out [][]byte) {
	c := newCounter(panics{}, index, rec)
	link := len(c.peers) - 1
	var up []byte
	for i := range c.peers {
		up = append(up, op(pConnect, link-i)...)
	}
	all := op(pAll, uint16(len(rec.Frames)))
	out = append(out, nil, up, prog(up, all), prog(up, op(pTick, uint16(60000)), all, op(pTick, uint16(60000))),
		prog(op(pBytes, 0, make([]byte, 32)), op(pConnect, 0), op(pBytes, 0, make([]byte, 300)), op(pLeave, 0)))
	for i := range 3 {
		out = append(out, prog(op(pMisuse, i), up, op(pMisuse, i), all))
	}
	for i, v := range c.peers {
		for k, m := range v.templates {
			if k%5 != i && k > 12 {
				continue // the like was there
			}
			change := op(pChange, i, k, uint16(k*31%len(m)), 1+k)
			again := op(pAgain, i, k, uint16(k*41%len(m)), 1+k)
			out = append(out, prog(up, op(pAll, uint16(4*k)), change, op(pConnect, i), again, op(pConnect, i), op(pSay, i, k), all))
		}
	}
	raw := exchange.Encode(exchange.Fetch{})
	hello := c.hello()
	for i := range c.peers {
		out = append(out, prog(up, op(pRaw, i, raw), op(pRaw, i, hello), op(pConnect, i), op(pRaw, i, []byte{4, 1}),
			op(pRaw, i, []byte{5, 0, 0}), op(pRaw, i, append([]byte{6}, make([]byte, 40)...)), op(pUpTo, i, 20)))
	}
	return out
}

func fuzzProvider(f *testing.F, index int) {
	rec := cheapRecording()
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<14 {
			t.Skip("longer than it need be")
		}
		newCounter(t, index, rec).run(in)
	})
}

// Whatever users and mirrors say to a router, at any time: no panic and no error;
// what its operator gets wrong is a misuse and changes nothing.
func FuzzRouterStep(f *testing.F) {
	corpustest.Add(f, "cowpitest.FuzzRouterStep")
	fuzzProvider(f, 0)
}

// The same for a mirror, its users and its router.
func FuzzMirrorStep(f *testing.F) {
	corpustest.Add(f, "cowpitest.FuzzMirrorStep")
	fuzzProvider(f, 1)
}

// The recording must fit the providers, or the targets would only see refusals.
func TestRecordingFitsProviders(t *testing.T) {
	rec := cheapRecording()
	for index := range 2 {
		c := newCounter(t, index, rec)
		var up []byte
		for i := range c.peers {
			up = append(up, op(pConnect, len(c.peers)-1-i)...)
		}
		c.run(prog(up, op(pAll, uint16(len(rec.Frames)))))
		committed := 0
		for _, e := range c.events {
			switch e := e.(type) {
			case provider.Committed:
				committed++
			case provider.Fault:
				t.Logf("%s: %v", c.name, e.Err)
			}
		}
		t.Log(c.name, committed)
		require.Greater(t, committed, 5, c.name)
	}
}
