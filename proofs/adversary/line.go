package adversary

import (
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// line is what a corrupt provider says to one victim in place of the line of
// deliveries of a conversation: some of them changed, left out or put in, and all
// numbered and chained so that the digests fit. Corrupt providers that follow one plan
// say the same, and only an honest one gives them away.
type line struct {
	suite  suite.Suite
	sid    suite.Hash
	victim identity.ID
	seen   uint64 // the next index that was really ordered
	next   uint64 // and how it is called
	digest suite.Hash
	held   []exchange.Delivery
	done   bool
	past   bool // the victim joins, and is told of another past
	// plan says what becomes of what was held back; done is false while it waits for more.
	plan func(held []exchange.Delivery) (out []exchange.Delivery, done bool)
}

// lieTo makes all corrupt providers follow a plan towards one victim.
func lieTo(o *game.Oracles, victim string, sid suite.Hash, plan func([]exchange.Delivery) ([]exchange.Delivery, bool)) {
	h, ok := o.Head(victim, sid)
	if !ok {
		return
	}
	for _, p := range o.Providers() {
		l := &line{suite: o.Suite(), sid: sid, victim: identity.ID(victim), seen: h.Next, next: h.Next, digest: h.Digest, plan: plan}
		p.Corrupt = cowpitest.Tamper(l.tamper)
	}
}

func (l *line) tamper(to identity.ID, m exchange.Message) []exchange.Message {
	d, ok := m.(exchange.Delivery)
	switch {
	case !ok || to != l.victim || d.Sid != l.sid:
		return []exchange.Message{m}
	case d.Index < l.seen:
		return nil // again, after a connection
	}
	if l.past && l.seen == 0 {
		l.next, l.digest = d.Index, d.Before
		l.digest[0] ^= 1
	}
	l.seen = d.Index + 1
	l.held = append(l.held, d)
	say := l.held
	if !l.done {
		if say, l.done = l.plan(l.held); !l.done {
			return nil
		}
	}
	l.held = nil
	var out []exchange.Message
	for _, d := range say {
		d.Sid, d.Index, d.Head, d.Before = l.sid, l.next, max(d.Head, l.next), l.digest
		l.next++
		l.digest = conversation.NextDigestOf(l.suite, l.digest, conversation.HashOf(l.suite, d.Data))
		out = append(out, d)
	}
	return out
}

// kindOf is the type of the data block of a delivery; 0 if it is none.
func kindOf(s suite.Suite, d exchange.Delivery) conversation.Type {
	b, err := conversation.Parse(s, d.Data)
	if err != nil {
		return 0
	}
	return b.Type
}
