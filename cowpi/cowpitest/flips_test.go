package cowpitest

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// contents are all records but those under some first bytes.
func contents(t testing.TB, v store.View, without ...byte) map[string]string {
	out := map[string]string{}
	require.NoError(t, v.Scan(nil, nil, func(k, value []byte) bool {
		if !slices.Contains(without, k[0]) {
			out[string(k)] = string(value)
		}
		return true
	}))
	return out
}

// Each single byte of what comes over the wire to a participant, handshake and
// frames: the connection ends with a typed event, nothing else has changed, and
// however often that happens the next connection works. (The prototype let one
// refused message put a pair out of step for ever.)
func TestFlipsOnTheWireToAParticipant(t *testing.T) {
	rec := recorded(t, suite.Default)
	b := newBench(t, "bob", rec)
	b.quiet = true
	seen := map[byte]bool{}
	var frames []int // one of each kind, up to the first delivery; what follows is alike
	for k, m := range b.templates[0] {
		if !seen[m[0]] {
			seen[m[0]] = true
			frames = append(frames, k)
		}
	}
	broken := func(frame []byte, i int) {
		t.Helper()
		before, at, hungUp := contents(t, b.store, 'M'), len(b.events), b.hungUp[0]
		bad := slices.Clone(frame)
		bad[i] ^= 1 << (i % 8)
		b.step(cowpi.Received{Provider: 0, Bytes: bad})
		require.Equal(t, hungUp+1, b.hungUp[0], "byte %d", i)
		require.Equal(t, before, contents(t, b.store, 'M'))
		faults := bodies[cowpi.ProviderFault](b.events[at:])
		require.Len(t, faults, 1)
		require.Contains(t, []fault.Check{fault.H1, fault.W3, fault.F1}, fault.CheckOf(faults[0].Err))
		require.Equal(t, identity.ID("router"), faults[0].Provider)
	}
	router := rec.Providers[0].Self
	for i := 0; ; i++ { // message 2
		b.actors[0] = &Actor{suite: suite.Default, self: router, Mute: true}
		b.connect(0)
		msg2 := b.actors[0].kept
		if i == len(msg2) {
			break
		}
		broken(msg2, i)
	}
	b.actors[0].Mute = false
	for n, k := range frames {
		size := 1
		for i := 0; i < size; i++ {
			b.connect(0)
			if n > 0 {
				b.say(0, b.templates[0][frames[0]])
			}
			f, err := b.actors[0].Say(b.templates[0][k])
			require.NoError(t, err)
			size = len(f)
			broken(f, i)
		}
	}
	b.run(prog(op(opConnect, 0), op(opConnect, 1), op(opUpTo, 255)))
	require.Equal(t, rec.User("alice").View(rec.sid).Texts()[3:6], (&User{Events: b.events}).View(rec.sid).Texts())
}

var allFlips = flag.Bool("allflips", false, "change the bytes of all messages of a conversation, not only one of each shape")

// play is one conversation at a desk in which bob is told everything that
// providers can say. One message, the nth that some providers say to him, is
// changed in one byte; a message that cannot be parsed any more is said all the same.
type play struct {
	*desk
	sid    suite.Hash
	by     []int // who changes it
	nth    int
	at     int // byte
	count  []int
	shapes [3]map[string]bool
	said   exchange.Message // what was changed
	size   int
	kind   string
	done   bool     // it was said: the play may end
	but    []string // shapes that are left alone
}

func newPlay(t testing.TB, s suite.Suite, by []int, nth, at int) *play {
	p := &play{desk: newDesk(t, s), by: by, nth: nth, at: at, count: make([]int, 3)}
	for i := range p.shapes {
		p.shapes[i] = map[string]bool{}
	}
	p.policy = cowpi.Policy{Stock: 10, Floor: 4}
	p.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
		if to != "bob" {
			return []exchange.Message{m}
		}
		if shape := p.shape(m); slices.Contains(p.but, shape) || !*allFlips && p.shapes[i][shape] {
			return []exchange.Message{m}
		} else {
			p.shapes[i][shape] = true
		}
		p.count[i]++
		if p.count[i]-1 != p.nth || !slices.Contains(p.by, i) {
			return []exchange.Message{m}
		}
		p.changed(i, m)
		return nil
	}
	for _, name := range []string{"alice", "bob", "charlie"} {
		p.invite(name)
	}
	return p
}

// shape tells apart messages that are made up of different fields.
func (p *play) shape(m exchange.Message) string {
	d, ok := m.(exchange.Delivery)
	if !ok {
		return fmt.Sprintf("%T", m)
	}
	b, err := conversation.Parse(p.suite, d.Data)
	require.NoError(p.t, err)
	return fmt.Sprintf("delivery %v %d %d", b.Type, len(d.Block), len(d.Assigned))
}

// changed says m with one byte changed. If that ends the connection, nothing has
// happened besides.
func (p *play) changed(i int, m exchange.Message) {
	raw := exchange.Encode(m)
	p.said, p.size, p.kind = m, len(raw), fmt.Sprintf("%T", m)
	if p.at >= len(raw) {
		p.tellPlain(p.guest("bob"), i, m)
		return
	}
	raw[p.at] ^= 1 << (p.at % 8)
	p.done = true
	g := p.guest("bob")
	if g.lines[i].phase != 3 {
		return
	}
	conn, frame, err := g.lines[i].conn.Seal(raw)
	require.NoError(p.t, err)
	g.lines[i].conn = conn
	before, faults := contents(p.t, g.store, 'M'), len(bodies[cowpi.ProviderFault](g.events))
	out := p.step(g, cowpi.Received{Provider: i, Bytes: frame})
	for _, e := range out.Effects {
		if h, ok := e.(cowpi.Hangup); ok && h.Provider == i {
			require.Equal(p.t, before, contents(p.t, g.store, 'M'))
			all := bodies[cowpi.ProviderFault](g.events)
			require.Len(p.t, all, faults+1)
			require.NotEmpty(p.t, fault.CheckOf(all[faults].Err))
		}
	}
}

func (p *play) in(name string) bool {
	g := p.guest(name)
	_, ok, err := g.machine.Head(g.store, p.sid)
	require.NoError(p.t, err)
	return ok
}

// all that happens; whoever is out says nothing.
func (p *play) run() {
	bob := p.guest("bob")
	say := func(name, text string) {
		if p.in(name) {
			p.say(name, p.sid, text)
		}
	}
	p.redial()
	for try := 0; ; try++ {
		p.do("bob", cowpi.Create{With: ids("alice", "charlie")})
		p.redial()
		if len(bodies[cowpi.Created](bob.events)) > 0 {
			break
		}
		require.Less(p.t, try, 2, "%s byte %d: no conversation, and %d failed", p.kind, p.at, len(bodies[cowpi.OperationFailed](bob.events)))
	}
	p.sid = bodies[cowpi.Created](bob.events)[0].Sid
	p.settle()
	p.redial()
	if p.done {
		return
	}
	say("alice", "one")
	p.settle()
	say("bob", "two")
	p.settle()
	p.redial()
	if p.done {
		return
	}
	var key pair.KeyID
	if stock := bob.stockIDs(); len(stock) > 0 {
		key = stock[len(stock)-1]
	}
	p.tellAll(bob, exchange.Handouts{First: 1, List: []exchange.Handout{{Kind: exchange.HandoutFetched, Prekey: key, To: "eve", Sid: suite.Hash{1}},
		{Kind: exchange.HandoutExpired, Prekey: key}}})
	p.tellAll(bob, exchange.LowStock{Count: 9})
	p.tellAll(bob, exchange.FetchFailed{ID: exchange.FetchID{1}, Reason: exchange.ReasonNoStock, User: "eve"})
	p.redial()
	if p.done {
		return
	}
	say("bob", "three")
	if n := len(p.waiting); n > 0 {
		w := p.waiting[n-1]
		p.tell(bob, 0, exchange.Refused{Sid: p.sid, Upload: w.upload.ID(p.suite), Seq: w.block.Seq, Reason: exchange.ReasonRate, From: "router"})
		p.now += 2000
		p.do("bob", cowpi.Tick{})
		p.tell(bob, 0, exchange.Seen{Sid: p.sid, Seq: w.block.Seq})
	}
	p.settle()
	p.redial()
	if p.done {
		return
	}
	p.invite("dave")
	if p.in("alice") {
		p.do("alice", cowpi.Update{Sid: p.sid, Add: ids("dave")})
	}
	p.settle()
	p.redial()
	say("dave", "four")
	say("alice", "five")
	p.settle()
	p.redial()
}

func (p *play) reconnect() {
	for i := range p.selves {
		p.guest("bob").lines[i] = line{}
		p.step(p.guest("bob"), cowpi.LinkDown{Provider: i})
	}
	for i := range p.selves {
		p.dial(p.guest("bob"), i)
	}
}

// redial connects again where bob has hung up, or everywhere if he believes that
// his stock is larger than it is.
func (p *play) redial() {
	if len(p.stocks["bob"]) < 6 {
		p.reconnect()
	}
	for i, l := range p.guest("bob").lines {
		if l.phase == 0 {
			p.dial(p.guest("bob"), i)
		}
	}
	p.settle()
}

// recover lets those who are in restart those who are not, and everybody say
// something, until all are in and have said it. It tells whether a restart was
// needed. A key that was falsely assigned shows only when its owner's peer writes:
// so somebody may stop as late as that.
func (p *play) recover() bool {
	p.reconnect() // a head that is not true lasts as long as its connection
	needed := false
	for round := range lastWords {
		p.redial()
		in, out := p.present()
		if len(out) > 0 {
			needed = true
			require.NotEmpty(p.t, in)
			p.restart(in, out)
			continue
		}
		for _, name := range in {
			if p.in(name) {
				p.say(name, p.sid, lastWord(name, round))
				p.settle()
			}
		}
		p.redial() // the byte may have been changed as late as this
		if _, out = p.present(); len(out) == 0 {
			p.same(p.sid)
			require.Contains(p.t, p.texts("bob", p.sid), lastWord("alice", round), "%s byte %d", p.kind, p.at)
			require.Contains(p.t, p.texts("alice", p.sid), lastWord("bob", round), "%s byte %d of %+v", p.kind, p.at, p.said)
			p.compare()
			return needed
		}
	}
	require.Fail(p.t, "no peace", "%s byte %d", p.kind, p.at)
	return needed
}

const lastWords = 8

func lastWord(name string, round int) string { return fmt.Sprintf("last of %s, %d", name, round) }

// present tells who of the roster takes part, and who does not.
func (p *play) present() (in, out []string) {
	for _, name := range []string{"alice", "bob", "charlie", "dave"} {
		if p.guest(name) == nil || p.books[p.sid].state.Roster.Position(identity.ID(name)) < 0 {
			continue
		}
		if p.in(name) {
			in = append(in, name)
		} else {
			out = append(out, name)
		}
	}
	return in, out
}

// restart lets one who is in restart all who are not.
func (p *play) restart(in, out []string) {
	by := in[0]
	if by == "bob" && len(in) > 1 {
		by = in[1]
	}
	g := p.guest(by)
	did, err := g.machine.Step(g.store, cowpi.Update{Sid: p.sid, Restart: ids(out...)}, suite.Seed(p.random()), p.now)
	if err == nil { // else another update of its own is under way
		g.store.Commit(did.Records)
		g.events, g.effects = append(g.events, did.Events...), append(g.effects, did.Effects...)
		p.perform(g)
	}
	p.settle()
}

// compare holds what everybody was shown against each other, and wants a reason
// from whoever has stopped.
func (p *play) compare() {
	var accounts []Account
	for _, name := range []string{"alice", "bob", "charlie", "dave"} {
		g := p.guest(name)
		if g == nil {
			continue
		}
		if end := p.ended(name, p.sid); end != nil {
			require.NotEmpty(p.t, fault.CheckOf(end.Err), "%s byte %d", p.kind, p.at)
		}
		a := (&User{Self: g.self, Events: g.events}).Account(p.sid)
		require.NoError(p.t, Sound(a, func(identity.ID) bool { return true }, wroteInPlay), "%s byte %d", p.kind, p.at)
		accounts = append(accounts, a)
	}
	require.NoError(p.t, Agree(accounts...), "%s byte %d", p.kind, p.at)
}

// wroteInPlay knows who writes what in a play, and in which order.
func wroteInPlay(author identity.ID, _ suite.Hash, text string) (uint64, bool) {
	list := map[identity.ID][]string{"alice": {"one", "five"}, "bob": {"two", "three"}, "dave": {"four"}}[author]
	for round := range lastWords {
		list = append(list, lastWord(string(author), round))
	}
	i := slices.Index(list, text)
	return uint64(i + 1), i >= 0
}

// flips plays the conversation once for every byte of every message that these
// providers say to bob, and lets every sixteenth play go on until all is well again.
func flips(t *testing.T, by []int, but ...string) (kinds map[string]int, restarts int) {
	honest := newPlay(t, Cheap, nil, -1, 0)
	honest.run()
	require.False(t, honest.recover(), "nothing was changed")
	kinds = map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				nth := int(next.Add(1)) - 1
				if nth >= honest.count[by[0]] || t.Failed() {
					return
				}
				for at := 0; ; at++ {
					p := newPlay(t, Cheap, by, nth, at)
					p.but = but
					p.run()
					p.compare()
					again := (*allFlips || at%16 == nth%16 || at >= p.size) && p.recover()
					if p.said == nil || at >= p.size {
						break
					}
					mu.Lock()
					kinds[p.kind]++
					if again {
						restarts++
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return kinds, restarts
}

// Each single byte of every message that one provider says to a participant,
// inside its frame: refused, or passed over, or the conversation stops for that
// participant with evidence; nobody is shown anything that differs, and with the
// next connection, or a restart, it goes on. (D1, W1 to W3, T2, T3.)
func TestFlipsOfEveryMessageOfOneProvider(t *testing.T) {
	kinds, restarts := flips(t, []int{0})
	t.Logf("%v; %d needed a restart", kinds, restarts)
	for _, m := range []exchange.Message{exchange.Welcome{}, exchange.Stocked{}, exchange.Fetched{}, exchange.Delivery{}, exchange.Handouts{},
		exchange.LowStock{}, exchange.FetchFailed{}, exchange.Refused{}, exchange.Seen{}} {
		require.Positive(t, kinds[fmt.Sprintf("%T", m)], "%T", m)
	}
	require.Positive(t, restarts)
}

// The same where all providers change the same byte: then it is as if the author
// of the block or data block had done it, or they together. (Not the answers to a
// fetch: a false key from all of them is for safety numbers to find.)
func TestFlipsOfEveryMessageOfAllProviders(t *testing.T) {
	kinds, restarts := flips(t, []int{1, 2, 0}, "exchange.Fetched")
	t.Logf("%v; %d needed a restart", kinds, restarts)
	require.Positive(t, restarts)
}
