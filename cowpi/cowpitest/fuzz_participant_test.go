package cowpitest

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// bench is bob's machine at the point where the recording begins, and providers
// under the control of the test, which have the keys of the real ones.
type bench struct {
	t         testing.TB
	rec       *recording
	store     *store.Memory
	machine   *cowpi.Participant
	actors    []*Actor
	templates [][][]byte // by provider: what it said to bob in the recording
	now       cowpi.Time
	steps     uint64
	events    []cowpi.Event
	hungUp    []int
	quiet     bool // no comparison of states
}

func newBench(t testing.TB, who string, rec *recording) *bench {
	b := &bench{t: t, rec: rec, store: rec.stores[who].Clone(), now: Start + 10_000_000, hungUp: make([]int, len(rec.Providers))}
	var err error
	b.machine, err = cowpi.New(cowpi.Config{Suite: rec.Twist.Suite, Self: rec.User(who).Self, Providers: rec.Set, Policy: rec.opt.Policy})
	require.NoError(t, err)
	for _, p := range rec.Providers {
		b.actors = append(b.actors, NewActor(rec.Twist.Suite, p.Self))
		b.templates = append(b.templates, rec.Messages(p.name(), who))
	}
	return b
}

// step takes one step. Nothing from outside is an error; what the application
// gets wrong is a misuse, and changes nothing.
func (b *bench) step(in cowpi.Input) {
	b.t.Helper()
	b.steps++
	var seed suite.Seed
	binary.BigEndian.PutUint64(seed[:], b.steps)
	var before [32]byte
	_, received := in.(cowpi.Received)
	if !received && !b.quiet {
		before = fingerprint(b.machine)
	}
	out, err := b.machine.Step(b.store, in, seed, b.now)
	if err != nil {
		require.False(b.t, received, "%v", err)
		var m *fault.Misuse
		require.ErrorAs(b.t, err, &m)
		require.Empty(b.t, out)
		require.Equal(b.t, before, fingerprint(b.machine), "%T", in)
		return
	}
	b.store.Commit(out.Records)
	b.events = append(b.events, out.Events...)
	for _, e := range out.Effects {
		switch e := e.(type) {
		case cowpi.Transmit:
			replies, err := b.actors[e.Provider].Take(e.Bytes)
			if err != nil { // we have said things out of order
				b.actors[e.Provider].hangUp()
				b.step(cowpi.LinkDown{Provider: e.Provider})
				return
			}
			for _, r := range replies {
				b.step(cowpi.Received{Provider: e.Provider, Bytes: r})
			}
		case cowpi.Hangup:
			b.hungUp[e.Provider]++
			b.actors[e.Provider].hangUp()
		}
	}
}

func (b *bench) connect(p int) {
	b.actors[p].hangUp()
	b.step(cowpi.LinkUp{Provider: p})
}

// say says a payload as a provider, if it is connected.
func (b *bench) say(p int, payload []byte) {
	b.t.Helper()
	if f, err := b.actors[p].Say(payload); err == nil {
		b.step(cowpi.Received{Provider: p, Bytes: f})
	}
}

// Operations of a program for the participant.
const (
	opConnect = iota
	opSay
	opChange
	opRaw
	opBytes
	opChangeAll
	opUpTo
	opDown
	opTick
	opSend
	opUpdate
	opApp
	opReplay // the same again, later
	opCount
)

func (b *bench) run(in []byte) {
	p := &program{rest: in}
	n := len(b.actors)
	names := []string{"alice", "bob", "charlie", "dave", "nobody"}
	for p.more() {
		switch code := p.u8() % opCount; code {
		case opConnect:
			b.connect(p.u8() % n)
		case opSay, opChange, opReplay:
			i := p.u8() % n
			m := b.templates[i][p.u8()%len(b.templates[i])]
			if code == opChange {
				m = p.change(m)
			}
			b.say(i, m)
		case opRaw:
			b.say(p.u8()%n, p.take())
		case opBytes:
			b.step(cowpi.Received{Provider: p.u8() % n, Bytes: p.take()})
		case opChangeAll: // all providers agree on something else
			k := p.u8()
			was := *p
			for i := range n {
				*p = was
				b.say(i, p.change(b.templates[i][k%len(b.templates[i])]))
			}
		case opUpTo:
			k := p.u8()
			for j := range k {
				for i := range n {
					if j < len(b.templates[i]) {
						b.say(i, b.templates[i][j])
					}
				}
			}
		case opDown:
			i := p.u8() % n
			b.actors[i].hangUp()
			b.step(cowpi.LinkDown{Provider: i})
		case opTick:
			b.now += cowpi.Time(p.u8()) * 100
			b.step(cowpi.Tick{})
		case opSend:
			b.step(cowpi.Send{Sid: b.rec.sid, Text: p.take()})
		case opUpdate:
			up := cowpi.Update{Sid: b.rec.sid}
			list := []*[]identity.ID{&up.Add, &up.Remove, &up.Restart}[p.u8()%3]
			*list = ids(names[p.u8()%len(names)])
			b.step(up)
		case opApp:
			b.app(p, names)
		}
	}
	require.Less(b.t, b.store.Len(), 5000)
}

func (b *bench) app(p *program, names []string) {
	who := identity.ID(names[p.u8()%len(names)])
	switch p.u8() % 9 {
	case 0:
		b.step(cowpi.Create{With: []identity.ID{who}})
	case 1:
		b.step(cowpi.Leave{Sid: b.rec.sid})
	case 2:
		b.step(cowpi.ReleaseTexts{Sid: b.rec.sid})
	case 3:
		b.step(cowpi.DiscardTexts{Sid: b.rec.sid, IDs: []content.TextID{{}}[:p.u8()%2]})
	case 4, 5:
		var key suite.Point
		for _, e := range b.events {
			if k, ok := e.Body.(cowpi.KeyChanged); ok {
				who, key = k.User, k.Offered
			}
		}
		b.step(cowpi.DecideKey{User: who, Key: key, Accept: p.u8()%2 == 0})
	case 6:
		b.step(cowpi.MarkVerified{User: who, Key: suite.Point{byte(p.u8())}})
	case 7:
		b.step(cowpi.ReplaceStock{})
	case 8:
		b.step(cowpi.RenewChannels{})
	}
}

// participantSeeds are programs that get far, in as many directions as there are.
func participantSeeds(rec *recording) (out [][]byte) {
	b := newBench(panics{}, "bob", rec)
	up := prog(op(opConnect, 0), op(opConnect, 1))
	longest := max(len(b.templates[0]), len(b.templates[1]))
	out = append(out, nil, up, prog(up, op(opUpTo, longest)))
	out = append(out, prog(op(opBytes, 0, make([]byte, 32)), op(opConnect, 0), op(opBytes, 0, make([]byte, 145)),
		op(opConnect, 1), op(opBytes, 1, make([]byte, 300)), op(opDown, 0), op(opTick, 9)))
	for i, list := range b.templates {
		for k, m := range list {
			rest := prog(op(opUpTo, k), op(opChange, i, k, uint16(1+k*37%len(m)), 1+k), op(opConnect, i), op(opUpTo, longest))
			out = append(out, prog(up, rest))
			if i == 0 {
				out = append(out, prog(up, op(opUpTo, k), op(opChangeAll, k, uint16(1+k*53%len(m)), 1), op(opUpTo, longest)))
			}
		}
	}
	var apps [][]byte
	for i := range 9 {
		apps = append(apps, op(opApp, i, i, i%2), op(opTick, 200))
	}
	out = append(out, prog(up, op(opUpTo, 3), op(opSend, []byte("text")), op(opUpdate, 0, 3), op(opUpdate, 1, 0),
		op(opTick, 50), op(opUpTo, longest), prog(apps...), op(opReplay, 0, 2), op(opReplay, 1, 2)))
	for _, m := range []exchange.Message{exchange.Ack{}, exchange.LowStock{}, exchange.Stocked{Batch: 9}, exchange.Welcome{},
		exchange.Handouts{First: 1 << 63}, exchange.Delivery{Index: 1<<64 - 1, Head: 1<<64 - 1}, exchange.Fetched{}} {
		raw := exchange.Encode(m)
		out = append(out, prog(up, op(opRaw, 0, raw), op(opRaw, 1, raw), op(opUpTo, 1), op(opRaw, 0, raw), op(opRaw, 1, raw), op(opUpTo, longest)))
	}
	return out
}

// Whatever providers say, before the handshake, within it and after, and whatever
// the application asks for: no panic, no error but a misuse of the application's
// own, and that changes nothing.
func FuzzParticipantStep(f *testing.F) {
	corpustest.Add(f, "cowpitest.FuzzParticipantStep")
	rec := cheapRecording()
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<14 {
			t.Skip("longer than it need be")
		}
		newBench(t, "bob", rec).run(in)
	})
}

// The recording must fit: without it the target would only see refusals.
func TestRecordingFitsParticipant(t *testing.T) {
	b := newBench(t, "bob", cheapRecording())
	b.run(prog(op(opConnect, 0), op(opConnect, 1), op(opUpTo, 255)))
	texts := (&User{Events: b.events}).View(b.rec.sid).Texts()
	all := b.rec.User("alice").View(b.rec.sid).Texts()
	require.Equal(t, all[3:6], texts) // the next is bob's own, which he has not written here
	require.Equal(t, []int{0, 0}, b.hungUp)
	require.NotEmpty(t, bodies[cowpi.Ended](b.events)) // and so is the UPDATE: D4
	require.Equal(t, fault.D4, fault.CheckOf(bodies[cowpi.Ended](b.events)[0].Err))
}
