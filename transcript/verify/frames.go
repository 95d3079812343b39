package verify

import (
	"bytes"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/transcript"
)

// renewal is where an inner handshake stands (SPEC.md, 5.3): what was sent last of
// it. What comes next of it is sent by one side, and some of it at once.
type renewal uint8

const (
	noRenewal renewal = iota // next: message 1, by the client
	renewing1                // message 2, by the server
	renewing2                // message 3, by the client
	renewing3                // empty, the client's first under its new keys, at once
	clientNew                // done, by the server
	renewDone                // empty, the server's first under its new keys, at once
)

// frame judges a frame, and returns what its arrival means.
func (v *verifier) frame(c *conn, d, n int, r transcript.Sent) any {
	x := &c.sides[d]
	x.frames++
	v.judge(FrameOrder, x.frames <= channel.MaxFrames, c.subject(), "frame %d under keys that last for %d", x.frames, channel.MaxFrames)
	// Data flows once the frame of the other side that confirms it has arrived; the
	// client's own first one is empty and comes before that.
	first := d == up && n == 2 || d == down && n == 1
	confirmed := d == up && (n == 2 || c.sides[down].arrived >= 2) || d == down && c.sides[up].arrived >= 3
	v.inOrder(FrameOrder, c, confirmed, "a frame before the other side has shown that it has the keys")

	o := r.Opened
	switch o.Kind {
	case transcript.Dark:
		v.judge(FrameSize, len(r.Bytes) >= channel.MinFrameSize && len(r.Bytes) <= channel.MaxFrameSize, c.subject(), "a frame of %d bytes", len(r.Bytes))
		v.cannot(Opened, c.subject(), "a frame was not opened")
		v.dark = true
		return nil
	case transcript.Data, transcript.Renewal:
	default:
		v.fail(HandshakeForm, c.subject(), "a message of kind %d where a frame is due", o.Kind)
		return nil
	}
	v.ok(Opened)
	v.judge(FrameSize, len(o.Plain) <= channel.MaxPayload && len(r.Bytes) == channel.FrameSize(len(o.Plain)), c.subject(),
		"a frame of %d bytes with a payload of %d, which makes %d", len(r.Bytes), len(o.Plain), channel.FrameSize(len(o.Plain)))
	if first && d == up {
		v.judge(FrameFirst, o.Kind == transcript.Data && len(o.Plain) == 0, c.subject(), "the client's first frame is not empty")
		return nil
	}
	if o.Kind == transcript.Renewal {
		v.judge(FrameFirst, !first, c.subject(), "the first frame belongs to an inner handshake")
		v.renew(c, d, o)
		return nil
	}
	if v.newKeys(c, d, len(o.Plain) == 0) {
		return nil
	}
	if len(o.Plain) == 0 {
		v.fail(MessageForm, c.subject(), "an empty frame that no inner handshake asks for")
		return nil
	}
	if c.link {
		return v.packet(c, d, first, o.Plain)
	}
	return v.exchange(c, d, first, o.Plain)
}

// renew judges a frame of an inner handshake.
func (v *verifier) renew(c *conn, d int, o transcript.Opened) {
	size := len(o.Plain)
	switch {
	case c.renewal == noRenewal && d == up && size == channel.Msg1Size:
		v.point(c, o.Plain, "message 1")
		c.renewal = renewing1
	case c.renewal == renewing1 && d == down && size == channel.Msg2Size:
		v.handshake(c, d, o.Plain, o, true)
		c.renewal = renewing2
	case c.renewal == renewing2 && d == up && size == channel.Msg3Size:
		v.handshake(c, d, o.Plain, o, true)
		c.renewal = renewing3
	case c.renewal == clientNew && d == down && size == 0:
		c.renewal = renewDone
	default:
		v.fail(Renewing, c.subject(), "%d bytes of an inner handshake come at the wrong time", size)
		return
	}
	v.ok(Renewing)
}

// newKeys says whether a data frame is the empty one that begins new keys.
func (v *verifier) newKeys(c *conn, d int, empty bool) bool {
	due := c.renewal == renewing3 && d == up || c.renewal == renewDone && d == down
	if !due {
		return false
	}
	v.judge(Renewing, empty, c.subject(), "the first frame under new keys is not empty")
	c.sides[d].frames = 1
	if d == up {
		c.renewal = clientNew
	} else {
		c.renewal = noRenewal
	}
	return empty
}

// exchange judges what user and provider say.
func (v *verifier) exchange(c *conn, d int, first bool, payload []byte) any {
	s := c.subject().by(c.server).of(c.client)
	m, err := exchange.Parse(v.suite, payload)
	if err != nil {
		v.fail(MessageForm, s, "%v", err)
		return nil
	}
	v.judge(MessageForm, bytes.Equal(exchange.Encode(m), payload), s, "it encodes to other bytes")
	_, welcome := m.(exchange.Welcome)
	if d == down {
		v.judge(FrameFirst, welcome == first, s, "a %T, where a Welcome is due first and never again", m)
	}
	right := exchange.FromUser(m) == (d == up)
	switch m.(type) {
	case exchange.Upload, exchange.Refused, exchange.Seen, exchange.FetchFailed:
		right = right && c.place == 0
	}
	if !v.judge(MessageDirection, right, s, "a %T, which is not said in this direction, or not by a mirror", m) {
		return nil
	}
	switch m := m.(type) {
	case exchange.Upload:
		v.upload(c, m, payload)
	case exchange.Delivery:
		return v.delivery(c, m)
	case exchange.Ack, exchange.HandoutAck:
		return m
	case exchange.Prekeys:
		v.prekeys(c, m)
	case exchange.Fetch:
		v.fetch(c, m)
	case exchange.Fetched:
		v.fetched(c, m)
	case exchange.Handouts:
		v.handouts(c, m)
	case exchange.Refused:
		v.refused(c, m)
	}
	return nil
}

// arrived takes what a message meant that has arrived.
func (v *verifier) arrived(c *conn, cargo any) {
	switch m := cargo.(type) {
	case exchange.Ack:
		v.acked(c, m)
	case exchange.HandoutAck:
		v.handoutsAcked(c, m)
	case *version:
		m.got[c.client] |= 1 << c.place
	}
}

// packet judges what router and mirror say.
func (v *verifier) packet(c *conn, d int, first bool, payload []byte) any {
	s := c.subject().by(c.server)
	p, err := provider.ParsePacket(v.suite, payload)
	if err != nil {
		v.fail(MessageForm, s, "%v", err)
		return nil
	}
	v.judge(MessageForm, bytes.Equal(p.Encode(), payload), s, "it encodes to other bytes")
	if d == down {
		v.judge(FrameFirst, (p.Kind == provider.PacketHello) == first, s, "a packet of kind %d, where a Hello is due first and never again", p.Kind)
	}
	right := p.FromMirror()
	if d == up {
		right = p.FromRouter()
	}
	if v.judge(MessageDirection, right, s, "a packet of kind %d, which is not said in this direction", p.Kind) {
		v.linked(c, d, p)
	}
	return nil
}
