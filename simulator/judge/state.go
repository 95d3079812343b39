package judge

import (
	"bytes"
	"fmt"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// judgeState opens with the state of one message all that follows from it, and
// holds what comes out against the transcript.
func judgeState(e Evidence) Opinion {
	if e.State == nil {
		return cannotTell("there is no message whose state is known")
	}
	o := &opener{e: e, s: e.suite(), st: e.story(), state: e.State}
	o.run()
	if len(o.out) > 0 {
		return contradictions(o.out)
	}
	return cannotTell("the state opens %d seals and %d MACs, all as they should be", o.opened, o.macs)
}

// opener opens what one message's state opens.
type opener struct {
	e            Evidence
	s            suite.Suite
	st           *story
	state        *transcript.MessageState
	upload       exchange.Upload
	data         *conversation.DataBlock
	author       identity.Self
	opened, macs int
	out          []string
}

func (o *opener) say(format string, args ...any) { o.out = append(o.out, fmt.Sprintf(format, args...)) }

func (o *opener) run() {
	m, err := exchange.Parse(o.s, o.state.Upload)
	u, ok := m.(exchange.Upload)
	if err != nil || !ok {
		o.say("the message is no upload: %v", err)
		return
	}
	o.upload = u
	if o.data, err = conversation.Parse(o.s, u.Data); err != nil {
		o.say("the message is malformed: %v", err)
		return
	}
	if o.author, ok = o.e.World.Self(o.state.Author); !ok || len(u.Blocks) != len(o.state.Blocks) || len(u.Auths) != len(o.state.Auths) {
		o.say("the state is not that of the message")
		return
	}
	o.present()
	o.text()
	o.setup()
	for i := range o.state.Blocks {
		o.chain(o.state.Blocks[i], u.Blocks[i])
	}
	o.authentication()
}

// present wants the message to stand in the transcript just as it is.
func (o *opener) present() {
	for _, m := range o.st.all {
		if m.from == o.state.Author && bytes.Equal(m.opened.Plain, o.state.Upload) {
			return
		}
	}
	o.say("the message does not stand in the transcript")
}

// text opens the text, and finds it shown.
func (o *opener) text() {
	if o.data.Type != conversation.MSG {
		if o.state.Key != (suite.Key{}) {
			o.say("k_m of a message without content")
		}
		return
	}
	if err := content.Fits(o.s, o.data, o.state.Key); err != nil {
		o.say("%v", err)
		return
	}
	plain, err := content.Open(o.s, o.data, o.state.Key)
	if err != nil {
		o.say("%v", err)
		return
	}
	o.opened++
	o.shown(o.data, plain)
}

// shown wants everybody who saw a message to have seen this text.
func (o *opener) shown(d *conversation.DataBlock, plain content.Plain) {
	for _, m := range o.st.all {
		x, ok := m.message.(exchange.Delivery)
		if !ok || !bytes.Equal(x.Data, d.Raw()) {
			continue
		}
		for _, r := range o.st.records {
			if s, ok := r.(transcript.Saw); ok && s.What == transcript.Text && s.Sid == x.Sid && s.Index == x.Index &&
				(s.ID != plain.ID || !bytes.Equal(s.Text, plain.Text)) {
				o.say("%s saw %q, and what was sealed is %q", s.Who, s.Text, plain.Text)
			}
		}
		return
	}
}

// setup wants the SETUP to be that of the transcript.
func (o *opener) setup() {
	for _, m := range o.st.all {
		if x, ok := m.message.(exchange.Upload); ok && bytes.Equal(x.Data, o.state.Setup) {
			return
		}
	}
	o.say("the SETUP of the message does not stand in the transcript")
}

// roster is the one that the message was written under, its own for a SETUP.
func (o *opener) roster() *conversation.Roster {
	if o.data.Type == conversation.SETUP {
		return o.data.Roster
	}
	r, err := conversation.ParseRoster(o.s, o.state.Roster)
	if err != nil || r.Digest() != o.data.RosterDigest {
		return nil
	}
	return r
}

// joins are the join epochs of a pair, in the roster after the message if both are in it.
func (o *opener) joins(to identity.ID) (author, peer uint32) {
	for _, r := range []*conversation.Roster{o.roster(), o.data.Roster} {
		if r == nil {
			continue
		}
		a, ok1 := r.Find(o.state.Author)
		b, ok2 := r.Find(to)
		if ok2 {
			peer = b.Joined
		}
		if ok1 && ok2 {
			author = a.Joined
		}
	}
	return author, peer
}

// chain opens a block, and all that comes after it in its chain.
func (o *opener) chain(b transcript.BlockState, block []byte) {
	h, err := pair.ParseHeader(o.s, block)
	to, ok := o.e.World.Self(b.To)
	if err != nil || !ok || b.At > h.N {
		o.say("the state of the block for %s: %v", b.To, err)
		return
	}
	plain, ok := openBlock(o.s, b.Chain, h.N-b.At, o.data, o.author.Party(), to.Party(), block)
	if !ok {
		o.say("the block for %s does not open", b.To)
		return
	}
	o.opened++
	if !bytes.Equal(plain[:32], o.state.Key[:]) {
		o.say("the block for %s holds another k_m", b.To)
	}
	author, peer := o.joins(b.To)
	if b.Start != nil {
		o.start(b, h, to, [2]uint32{author, peer})
	}
	if h.Start {
		if b.Offered == nil {
			o.say("the key offered to %s is missing", b.To)
			return
		}
		R := o.s.Public(b.Offered.Scalar)
		if o.s.H1(b.Offered.ESK, o.author.Secret) != b.Offered.Scalar || !bytes.Equal(plain[32:40], b.Offered.ID[:]) || !bytes.Equal(plain[40:], R[:]) {
			o.say("the key offered to %s is not that of its secrets", b.To)
		}
		o.answers(to, R, *b.Offered, [2]uint32{peer, author})
	}
	o.rest(b, block, to)
}

// start makes the first key of a chain again.
func (o *opener) start(b transcript.BlockState, h pair.Header, to identity.Self, joins [2]uint32) {
	s, x := o.s, b.Start.X
	z1, err1 := s.DH(o.author.Secret, b.Start.Named)
	z2, err2 := s.DH(x, to.Key)
	z3, err3 := s.DH(x, b.Start.Named)
	if s.H1(b.Start.ESK, o.author.Secret) != x || s.Public(x) != h.X || err1 != nil || err2 != nil || err3 != nil {
		o.say("the chain to %s was not started with x = H1(esk, a)", to.ID)
		return
	}
	if b.At == 0 && chainKey(s, o.data.Sid, joins, h.Ref, o.author.Party(), to.Party(), h.X, b.Start.Named, z1, z2, z3) != b.Chain {
		o.say("the first key of the chain to %s does not follow from x and the key named", to.ID)
	}
	for _, m := range o.st.all {
		if p, ok := m.message.(exchange.Prekeys); ok && h.Ref.Kind == pair.Prekey && m.from == to.ID {
			for _, k := range p.List {
				if k.ID == h.Ref.ID && k.Y != b.Start.Named {
					o.say("the prekey of %s has another Y", to.ID)
				}
			}
		}
	}
}
