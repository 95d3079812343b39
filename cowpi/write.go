package cowpi

import (
	"encoding/binary"
	"errors"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// maxUnresolved bounds our uploads of one conversation that are on their way.
const maxUnresolved = 32

// outbox is what write needs to know of a conversation.
type outbox struct {
	local
	sid     suite.Hash
	state   conversation.State
	self    conversation.Entry
	pos     uint16
	flying  []pending // unresolved and not dropped
	updates bool      // one of them is an UPDATE
}

func (s *step) outbox(sid suite.Hash, c local) (outbox, error) {
	o := outbox{local: c, sid: sid}
	st, ok, err := s.keep.Load(s.draft, sid, 0)
	if err != nil {
		return o, err
	}
	if !ok {
		return o, fault.Bugf("an active conversation without a public state")
	}
	pos := st.Roster.Position(s.self.ID)
	if pos < 0 {
		return o, fault.Bugf("an active conversation without us in it")
	}
	o.state, o.pos, o.self = st, uint16(pos), st.Roster.At(pos)
	if o.state.Last, err = s.keep.Author(s.draft, st.Head, o.pos); err != nil {
		return o, err
	}
	all, err := s.pendings(sid)
	for _, p := range all {
		if !p.Dropped {
			o.flying = append(o.flying, p)
			o.updates = o.updates || p.Type == conversation.UPDATE
		}
	}
	return o, err
}

// next is the frame of our next data block.
func (o outbox) next(t conversation.Type) *conversation.DataBlock {
	return &conversation.DataBlock{Sid: o.sid, Type: t, Epoch: o.state.Epoch, RosterDigest: o.state.Roster.Digest(),
		Author: o.pos, Seq: o.state.Last.Seq + 1 + uint64(len(o.flying)), K: o.state.Next - 1}
}

// mayFly says whether one more upload may go out: nothing behind our own UPDATE,
// at most 32, and after a change of epoch one until one is accepted.
func (o outbox) mayFly() bool {
	return !o.updates && len(o.flying) < maxUnresolved && (o.state.Last.Seq > 0 || len(o.flying) == 0)
}

// mayWriteText is the joiner's rule (SPEC.md, 10.4). It is void while nobody is
// there whose upload would satisfy it.
func (o outbox) mayWriteText(self identity.ID) bool {
	if o.HeldTexts {
		return false
	}
	if o.MayWrite || o.Adder == "" {
		return true
	}
	for _, p := range o.state.Roster.Entries() {
		if p.ID != self && (o.SelfRestart || p.ID == o.Adder || p.Joined < o.Joined) {
			return false
		}
	}
	return true
}

// write makes the uploads that may be made now, texts first, in order. It writes
// only when caught up with the head that every provider names.
func (s *step) write(sid suite.Hash) error {
	defer s.tidy(sid)
	c, err := s.local(sid)
	if err != nil || c.Phase != phaseActive {
		return err
	}
	if held, err := s.draft.Get(sidKey(keyHold, sid)); err != nil || held != nil {
		return err
	}
	o, err := s.outbox(sid, c)
	if err != nil {
		return err
	}
	if !s.caughtUp(sid, o.state.Next) {
		return nil
	}
	for o.mayFly() {
		before := len(o.flying)
		if err := s.writeOne(&o); exhausted(err) {
			// An author fails closed before its recipients would have to skip too many
			// keys. Only new pairs help: somebody must restart one of the two.
			return s.stop(sid, err)
		} else if err != nil {
			return err
		}
		if len(o.flying) == before {
			return nil
		}
	}
	return nil
}

// exhausted says that a chain of ours may carry no more blocks.
func exhausted(err error) bool { return errors.Is(err, pair.ErrExhausted) }

// writeOne makes the next upload, if one is due.
func (s *step) writeOne(o *outbox) error {
	if o.mayWriteText(s.self.ID) {
		n, q, ok, err := s.nextText(o.sid)
		if err != nil {
			return err
		}
		if ok {
			return s.writeText(o, n, q)
		}
	}
	if wrote, err := s.writeUpdate(o); wrote || err != nil {
		return err
	}
	if c, err := s.local(o.sid); c.Phase != phaseActive || err != nil {
		return err // the last participant has left
	}
	return s.writeReceipt(o)
}

// nextText finds the first text that no upload carries.
func (s *step) nextText(sid suite.Hash) (n uint64, q queued, found bool, err error) {
	prefix := sidKey(keyText, sid)
	var parsed error
	err = s.draft.Scan(prefix, store.PrefixEnd(prefix), func(k, v []byte) bool {
		n = binary.BigEndian.Uint64(k[len(prefix):])
		q, parsed = parseText(v)
		found = parsed == nil && !q.Written
		return parsed == nil && !found
	})
	if err == nil {
		err = parsed
	}
	return n, q, found, err
}

func (s *step) writeText(o *outbox, n uint64, q queued) error {
	d := o.next(conversation.MSG)
	km := suite.Key(s.coin("k_m"))
	plain := content.Plain(q.Text)
	if s.corrupt.text != nil {
		plain = s.corrupt.text(o.sid, plain)
	}
	if err := content.Seal(s.suite, d, km, plain); err != nil {
		return err
	}
	q.Written = true
	s.putText(o.sid, n, q)
	return s.upload(o, d, km, n, nil)
}

// writeReceipt writes the receipt that is due, unless something on its way says
// as much.
func (s *step) writeReceipt(o *outbox) error {
	if o.Owed == 0 {
		return nil
	}
	for _, p := range o.flying {
		if p.K+1 >= o.Owed || p.Type == conversation.RCPT {
			return nil
		}
	}
	if s.now < o.DueAt {
		s.wakeAt(o.DueAt)
		return nil
	}
	return s.upload(o, o.next(conversation.RCPT).Seal(s.suite), suite.Key{}, 0, nil)
}

// writeStopped sends the last receipt of a conversation, past all order.
func (s *step) writeStopped(sid suite.Hash) error {
	c, err := s.local(sid)
	if err != nil {
		return err
	}
	o, err := s.outbox(sid, c)
	if err != nil {
		return err
	}
	d := o.next(conversation.RCPT)
	d.Stopped = true
	return s.upload(&o, d.Seal(s.suite), suite.Key{}, 0, nil)
}

// upload makes the blocks for a data block, records the upload, and sends it.
// keys are the fetched keys by which fresh pairs begin.
func (s *step) upload(o *outbox, d *conversation.DataBlock, km suite.Key, text uint64, keys []exchange.FetchedKey) error {
	if s.corrupt.data != nil {
		s.corrupt.data(d)
	}
	o.Serial++
	e := entry{d: d, before: o.state, own: true, author: s.self.ID}
	e.m.Sid = d.Sid
	blocks, err := s.blocks(e, km, o.Serial, keys)
	if err != nil {
		return err
	}
	u := exchange.Upload{Data: d.Raw(), Blocks: blocks}
	p := pending{Serial: o.Serial, Epoch: d.Epoch, Seq: d.Seq, K: d.K, Type: d.Type, Text: text,
		Data: d.Hash(), Upload: exchange.UploadID(s.suite, d.Hash(), blocks)}
	s.putPending(d.Sid, p)
	s.putBody(d.Sid, p.Serial, u)
	s.putLocal(d.Sid, o.local)
	o.flying = append(o.flying, p)
	o.updates = o.updates || d.Type == conversation.UPDATE
	return s.send(d.Sid, p, u)
}

// send sends an upload to the router, with authentication for each provider made
// under the keys of the connections that there are now.
func (s *step) send(sid suite.Hash, p pending, u exchange.Upload) error {
	if !s.online() {
		return nil // it is sent when we are
	}
	id := p.Upload
	if s.tamper != nil {
		u = s.tamper(u)
		id = u.ID(s.suite)
	}
	for _, l := range s.links {
		u.Auths = append(u.Auths, exchange.Authenticate(s.suite, l.conn.AK(), l.conn.AuthKeyID(), sid, id))
	}
	return s.say(0, u)
}

// resend sends all that is unresolved again, in order. What is accepted already
// is answered with Seen and changes nothing.
func (s *step) resend(sid suite.Hash) error {
	all, err := s.pendings(sid)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Dropped {
			continue
		}
		u, err := s.body(sid, p.Serial)
		if err != nil {
			return err
		}
		if err := s.send(sid, p, u); err != nil {
			return err
		}
	}
	return nil
}

// resendAll is resend for every conversation, once every provider is connected.
// It also looks at what may be written.
func (s *step) resendAll() error {
	return s.scan([]byte{keyLocal}, func(tail, _ []byte) error {
		sid := suite.Hash(tail)
		s.due[sid] = true
		return s.resend(sid)
	})
}

// tick looks at what is due by time.
func (s *step) tick() error {
	for _, sid := range s.allBoxes() {
		if b := s.look(sid); b.retry != 0 {
			if s.now < b.retry {
				s.wakeAt(b.retry)
				continue
			}
			s.box(sid).retry = 0
			if err := s.resend(sid); err != nil {
				return err
			}
		}
	}
	return s.scan([]byte{keyLocal}, func(tail, _ []byte) error {
		c, err := s.local(suite.Hash(tail))
		if c.Phase == phaseActive && c.Owed > 0 {
			s.due[suite.Hash(tail)] = true
		}
		return err
	})
}

// tidy drops a box that says nothing any more.
func (s *step) tidy(sid suite.Hash) {
	b := s.look(sid)
	if b == nil || b.retry != 0 {
		return
	}
	for i := range b.got {
		if len(b.got[i]) > 0 {
			return
		}
	}
	c, err := s.local(sid)
	if err != nil {
		return
	}
	next, _, err := s.nextIndex(sid, c)
	if err != nil {
		return
	}
	for _, h := range b.heads {
		if h > next {
			return
		}
	}
	s.boxes[sid] = nil
}

// refused takes a provider's refusal, by the router, of an upload of ours. It
// resolves nothing: a corrupt router could order the upload all the same.
func (s *step) refused(i int, m exchange.Refused) error {
	if i != 0 {
		return fault.Refute(fault.W1, "a mirror refuses an upload")
	}
	all, err := s.pendings(m.Sid)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Dropped || p.Upload != m.Upload {
			continue
		}
		if admission(m.Reason) && (p.Type == conversation.UPDATE || p.Type == conversation.SETUP) {
			p.Dropped = true
			s.putPending(m.Sid, p)
			s.emit(OperationFailed{Sid: m.Sid, Reason: m.Reason, User: m.User, Why: "refused by " + string(m.From) + ": " + m.Reason.String()})
			s.due[m.Sid] = true
			return s.dropIntent(m.Sid, p.Serial)
		}
		b := s.box(m.Sid)
		if b.retry == 0 {
			b.retry = s.now + s.policy.Retry
		}
		s.wakeAt(b.retry)
		return nil
	}
	return nil
}

// admission says whether a reason to refuse is final for a SETUP or UPDATE. The
// others pass with time, with a new authentication, or with a new epoch.
func admission(r exchange.Reason) bool {
	switch r {
	case exchange.ReasonUnknownUser, exchange.ReasonKeyDiffers, exchange.ReasonNoStock, exchange.ReasonPrekey,
		exchange.ReasonTooLarge, exchange.ReasonProviderSet:
		return true
	}
	return false
}
