package explore

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// outcome is what one step of one node in one state does. A machine is a function:
// whatever the rest of the network does meanwhile, the same step has the same
// outcome, so each is made once.
type outcome struct {
	node     int32    // the node after it; -1: nothing happens, the move is none
	toUsers  []letter // from the honest provider
	toServer []int32  // from a participant to it: numbers of inputs
	learned  []int32  // uploads that the adversary gets to see by it
	broken   error    // the machine failed, or misbehaves
}

type letter struct {
	user  int
	input int32
}

var nothing = &outcome{node: -1}

// step is the outcome of a move for one node.
func (e *engine) step(node int32, m move) (out *outcome) {
	defer func() {
		if r := recover(); r != nil {
			out = &outcome{node: node, broken: fmt.Errorf("a machine panics: %v", r)}
		}
	}()
	var err error
	if m.kind.ofPerson() {
		out, err = e.stepPerson(e.people.at(node), m)
	} else {
		out, err = e.stepServer(e.servers.at(node), m)
	}
	if err != nil {
		return &outcome{node: node, broken: err}
	}
	return out
}

// inputOf is what a participant is given by a move; nil: nothing.
func (e *engine) inputOf(p *person, m move) cowpi.Input {
	sid := e.world.sid
	switch m.kind {
	case hand:
		return cowpi.Send{Sid: sid, Text: []byte(e.textOf(p, m))}
	case aside:
		if m.arg < 0 {
			return cowpi.Send{Sid: sid, Text: []byte(e.text(p.user, p.spent.texts) + " aside")}
		}
		return cowpi.Update{Sid: sid, Remove: []identity.ID{e.world.users[m.arg].ID}}
	case remove:
		return cowpi.Update{Sid: sid, Remove: []identity.ID{e.world.users[m.arg].ID}}
	case leave:
		return cowpi.Leave{Sid: sid}
	case bring:
		if v := e.world.users[m.arg].ID; p.roster.Position(v) < 0 {
			return cowpi.Update{Sid: sid, Add: []identity.ID{v}}
		} else {
			return cowpi.Update{Sid: sid, Restart: []identity.ID{v}}
		}
	case tick:
		return cowpi.Tick{}
	case hear:
		return received(m.from, e.inputs.at(m.arg).payload)
	case refuse:
		u := e.uploads.at(m.arg)
		return received(m.from, exchange.Encode(exchange.Refused{Sid: sid, Upload: u.ID(cheap), Seq: u.block.Seq,
			Index: p.next - 1, Epoch: u.block.Epoch, Reason: reasons[m.extra], From: providerName(int(m.from))}))
	case tell:
		d, ok := e.invented(p, m)
		if !ok {
			return nil
		}
		return received(m.from, exchange.Encode(d))
	}
	panic(fmt.Sprintf("explore: %v is no move of a participant", m))
}

func received(from int8, payload []byte) cowpi.Input {
	return cowpi.Received{Provider: int(from), Bytes: frame(payload)}
}

// reasons for which a corrupt provider refuses: one that passes, and one that ends
// the wish for an UPDATE.
var reasons = []exchange.Reason{exchange.ReasonInvalid, exchange.ReasonKeyDiffers}

// invented is what a corrupt provider makes of an upload that it knows, as the next
// index of a participant: with h computed to fit, and the block that is due.
func (e *engine) invented(p *person, m move) (exchange.Delivery, bool) {
	u := e.uploads.at(m.arg)
	d := exchange.Delivery{Sid: e.world.sid, Index: p.next, Head: p.next, Before: p.digest, Data: u.Data}
	self := e.world.users[p.user].ID
	if u.author != p.user {
		if p.roster == nil || u.block.Type == conversation.MSG || u.block.Type == conversation.RCPT {
			if int(u.block.Author) >= p.roster.Len() {
				return d, false
			}
		}
		for i, id := range conversation.Recipients(p.roster, u.block) {
			if id == self && i < len(u.Blocks) {
				d.Block = u.Blocks[i]
			}
		}
		if d.Block == nil {
			return d, false
		}
	}
	switch m.extra {
	case anotherDigest:
		d.Before[0] ^= 1
	case anotherBlock:
		if len(u.Blocks) < 2 || d.Block == nil {
			return d, false
		}
		for _, b := range u.Blocks {
			if string(b) != string(d.Block) {
				d.Block = b
			}
		}
	}
	return d, true
}

func (e *engine) stepPerson(p *person, m move) (*outcome, error) {
	in := e.inputOf(p, m)
	if in == nil {
		return nothing, nil
	}
	cfg := e.world.config(p.user)
	if e.corrupt(p.user) {
		misbehave(&cfg)
	}
	machine, err := p.machine.UnsafeCopy(cfg)
	if err != nil {
		return nil, err
	}
	if e.b.plant != nil {
		e.b.plant(p.user, in)
	}
	at := cowpi.Time(now)
	if m.kind == tick {
		at += 1000 // what a refused upload waits
	}
	out, err := machine.Step(p.store, in, p.seed, at)
	if misuse(err) {
		return nothing, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.world.users[p.user].ID, err)
	}
	q := &person{user: p.user, machine: machine, store: p.store.with(out.Records), events: append(p.events[:len(p.events):len(p.events)], out.Events...),
		spent: p.spent, wake: p.wake && m.kind != tick}
	switch m.kind {
	case hand:
		q.spent.texts++
	case remove, leave:
		q.spent.changes++
	case bring:
		q.spent.restarts++
	case refuse:
		q.spent.refusals++
	case tell:
		if e.b.Honest >= 0 || m.extra != fitting {
			q.spent.lies++
		}
	case hear:
		if err := e.fetched(q, m, &out); err != nil {
			return nil, err
		}
	}
	o := &outcome{}
	for _, eff := range out.Effects {
		switch eff := eff.(type) {
		case cowpi.Transmit:
			if msg, err := exchange.Parse(cheap, payload(eff.Bytes)); err != nil {
				return nil, fmt.Errorf("%s sends what does not parse: %w", e.world.users[p.user].ID, err)
			} else if u, ok := msg.(exchange.Upload); ok {
				n := e.upload(p.user, u)
				if e.b.Honest == 0 {
					o.toServer = append(o.toServer, e.input(fromUser+p.user, payload(eff.Bytes)))
				} else {
					o.learned = append(o.learned, n)
				}
			} else if _, ok := msg.(exchange.Fetch); ok && eff.Provider == e.b.Honest {
				o.toServer = append(o.toServer, e.input(fromUser+p.user, payload(eff.Bytes)))
			}
		case cowpi.WakeAt:
			q.wake = true
		case cowpi.Hangup:
			if eff.Provider == e.b.Honest {
				return nil, fmt.Errorf("%s hangs up on the honest %s: %v", e.world.users[p.user].ID, providerName(eff.Provider), out.Events)
			}
			return nothing, nil // the liar connects again, and is where it was
		}
	}
	if m.kind == aside {
		if len(o.learned) == 0 {
			return nothing, nil
		}
		same := *p
		same.spent.lies++
		o.node, err = e.addPerson(&same, *e.views.at(p.view))
		return o, err
	}
	v := e.views.at(p.view).after(e.world.sid, q.events, len(out.Events))
	if m.kind == hand {
		v.Wrote = append(v.Wrote[:len(v.Wrote):len(v.Wrote)], e.textOf(p, m))
	}
	o.node, err = e.addPerson(q, v)
	return o, err
}

// fetched goes on where the honest provider has answered a fetch: the corrupt ones
// answer the same. (Other answers end the operation, T2.)
func (e *engine) fetched(q *person, m move, out *cowpi.Output) error {
	data := e.inputs.at(m.arg).payload
	if msg, err := exchange.Parse(cheap, data); err != nil || int(m.from) != e.b.Honest {
		return nil
	} else if _, ok := msg.(exchange.Fetched); !ok {
		return nil
	}
	for i := range e.world.set.Len() {
		if i == e.b.Honest {
			continue
		}
		s := stored(q.store, true)
		more, err := q.machine.Step(q.store, received(int8(i), data), seedOf(s), now)
		if err != nil {
			return fmt.Errorf("%s: %w", e.world.users[q.user].ID, err)
		}
		q.store, q.events = q.store.with(more.Records), append(q.events, more.Events...)
		out.Events, out.Effects = append(out.Events, more.Events...), append(out.Effects, more.Effects...)
	}
	return nil
}

// seedOf is the seed of a step upon what is stored.
func seedOf(d digest) (s suite.Seed) {
	copy(s[:], d[:])
	return s
}

func misuse(err error) bool {
	var m *fault.Misuse
	return errors.As(err, &m)
}
