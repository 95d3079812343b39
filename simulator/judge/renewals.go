package judge

import (
	"cowpi.example/cowpi/channel"
	"cowpi.example/transcript"
)

// renewing is how far a connection is with new keys (SPEC.md, section 5.3): what
// was sent last of it.
type renewing int

const (
	atRest     renewing = iota
	sentMsg1            // by the client
	sentMsg2            // by the server
	sentMsg3            // by the client, whose next frame is empty, under its new keys
	clientDone          // that frame
	sentDone            // by the server, whose next frame is empty, under its new keys
)

// renews looks at a frame as a part of a renewal. It says whether it must be the
// empty one with which somebody begins to use new keys.
func (w *wires) renews(m *said) (begins bool) {
	at, size := w.renewing[m.conn], len(m.opened.Plain)
	if m.opened.Kind == transcript.Data {
		switch {
		case at == sentMsg3 && m.toServer:
			w.renewing[m.conn] = clientDone
			return true
		case at == sentDone && !m.toServer:
			w.renewing[m.conn] = atRest
			return true
		}
		return false
	}
	next, inner := atRest, 0
	switch {
	case at == atRest && m.toServer && size == channel.Msg1Size:
		w.point(m, m.opened.Plain)
		next = sentMsg1
	case at == sentMsg1 && !m.toServer && size == channel.Msg2Size:
		next, inner = sentMsg2, len(m.opened.Inner)
		w.handshake(m, m.opened.Plain, m.opened.Inner)
	case at == sentMsg2 && m.toServer && size == channel.Msg3Size:
		next, inner = sentMsg3, len(m.opened.Inner)
		w.handshake(m, m.opened.Plain, m.opened.Inner)
	case at == clientDone && !m.toServer && size == 0:
		next = sentDone
	default:
		w.say("%s: %d bytes of a handshake come at the wrong time", m, size)
	}
	if len(m.opened.Inner) != inner {
		w.say("%s: something is within what is in it", m)
	}
	w.renewing[m.conn] = next
	return false
}
