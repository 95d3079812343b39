package judge

import (
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
	"cowpi.example/transcript"
)

// judgeWires looks at connections and sizes, and at who is who.
func judgeWires(e Evidence) Opinion {
	st := e.story()
	w := &wires{st: st, key: map[identity.ID]suite.Point{}, renewing: map[*connection]renewing{}, registered: map[[2]identity.ID]bool{}, out: append([]string(nil), st.wrong...)}
	for _, s := range e.everybody() {
		w.key[s.ID] = s.Key
	}
	w.header(e)
	if len(st.records) > 0 && st.head.Timed && st.records[0] != (transcript.Clock{Now: cowpitest.Start}) {
		w.say("the clock does not begin at %d", uint64(cowpitest.Start))
	}
	dark, opened := map[*connection]int{}, map[*connection]int{}
	for i, rec := range st.records {
		switch rec := rec.(type) {
		case transcript.Registered:
			w.registers(rec)
		case transcript.Connected:
			w.connects(rec)
		case transcript.Crashed:
			if _, ok := w.key[rec.Node]; !ok {
				w.say("%q crashes, which is nobody", rec.Node)
			}
		case transcript.Saved:
			if _, ok := st.providers[rec.Node]; !ok {
				w.say("%q is saved, which is no provider", rec.Node)
			}
		case transcript.Restored:
			if _, ok := st.providers[rec.Node]; !ok {
				w.say("%q is restored, which is no provider", rec.Node)
			}
		case transcript.Clock:
			if !st.head.Timed || rec.Now <= w.now {
				w.say("the clock says %d after %d", rec.Now, w.now)
			}
			w.now = rec.Now
		case transcript.Sent:
			if m := st.sent[i]; m != nil {
				if m.opened.Kind == transcript.Dark {
					dark[m.conn]++
				} else {
					opened[m.conn]++
					w.message(m)
				}
			}
		}
	}
	for _, p := range st.head.Providers {
		for _, u := range e.World.Users {
			if !w.registered[[2]identity.ID{p.ID, u.ID}] {
				w.say("%s is not registered with %s", u.ID, p.ID)
			}
		}
	}
	for c, n := range dark {
		if opened[c] > 0 {
			w.say("on connection %d, %d messages were not opened, and others were", c.number, n)
		}
	}
	if len(dark) > 0 && len(w.out) == 0 {
		return cannotTell("nothing was opened on %d connections", len(dark))
	}
	return contradictions(w.out)
}

type wires struct {
	st         *story
	key        map[identity.ID]suite.Point
	renewing   map[*connection]renewing
	registered map[[2]identity.ID]bool
	now        uint64
	out        []string
}

func (w *wires) say(format string, args ...any) { w.out = append(w.out, fmt.Sprintf(format, args...)) }

func (w *wires) header(e Evidence) {
	h := w.st.head
	if h.SuiteID != w.st.suite.ID() || h.Suite != w.st.suite.Name() {
		w.say("the suite is %d %q", h.SuiteID, h.Suite)
	}
	if len(h.Providers) != len(e.World.Providers) {
		w.say("%d providers, not %d", len(h.Providers), len(e.World.Providers))
		return
	}
	for i, p := range h.Providers {
		if p != e.World.Providers[i].Party() {
			w.say("provider %d is %q, with another id or key", i, p.ID)
		}
	}
}

func (w *wires) registers(r transcript.Registered) {
	at := [2]identity.ID{r.Provider, r.User.ID}
	if _, ok := w.st.providers[r.Provider]; !ok || w.key[r.User.ID] != r.User.Key || w.registered[at] {
		w.say("%q is registered with %q under another key, or twice", r.User.ID, r.Provider)
	}
	w.registered[at] = true
}

func (w *wires) connects(r transcript.Connected) {
	_, provider := w.st.providers[r.Client]
	if _, ok := w.key[r.Client]; !ok || !provider && !w.registered[[2]identity.ID{r.Server, r.Client}] {
		w.say("%q connects to %q, where it is not known", r.Client, r.Server)
	}
}

// message looks at one message: its kind by its place, its size, its handshake.
func (w *wires) message(m *said) {
	want, size := transcript.Data, 0
	switch {
	case m.nth == 0 && m.toServer:
		want, size = transcript.Hello, channel.Msg1Size
	case m.nth == 0:
		want, size = transcript.Handshake, channel.Msg2Size
	case m.nth == 1 && m.toServer:
		want, size = transcript.Handshake, channel.Msg3Size
	default:
		size = wire.Padme(max(5+len(m.opened.Plain), channel.MinFrameSize-suite.TagSize)) + suite.TagSize
	}
	if m.opened.Kind != want && !(want == transcript.Data && m.opened.Kind == transcript.Renewal) {
		w.say("%s is of kind %d, not %d", m, m.opened.Kind, want)
		return
	}
	if len(m.bytes) != size {
		w.say("%s has %d bytes, not %d", m, len(m.bytes), size)
		return
	}
	renewed := want == transcript.Data && w.renews(m)
	if empty := m.opened.Kind == transcript.Data && len(m.opened.Plain) == 0; empty != (m.nth == 2 && m.toServer || renewed) {
		w.say("%s: the first frame under new keys is empty, and no other", m)
	}
	if m.opened.Kind != transcript.Renewal && len(m.opened.Inner) > 0 {
		w.say("%s: something is within what is in it", m)
	}
	switch want {
	case transcript.Hello:
		w.point(m, m.bytes)
	case transcript.Handshake:
		w.handshake(m, m.bytes, m.opened.Plain)
	}
}

// handshake looks at message 2 or 3 of a handshake: who names itself how?
func (w *wires) handshake(m *said, bytes, sealed []byte) {
	s := w.st.suite
	if !m.toServer {
		w.point(m, bytes[:32])
		if p := sealed; len(p) != 97 || string(p[:65]) != string(m.from.Field()) || s.CheckPoint(suite.Point(p[65:])) != nil {
			w.say("%s: the provider names itself otherwise", m)
		}
		return
	}
	role := channel.RoleUser
	if !m.conn.user {
		role = channel.RoleRouter
	}
	key := w.key[m.from]
	if p := sealed; len(p) != 130 || p[0] != byte(role) || string(p[1:66]) != string(m.from.Field()) ||
		string(p[66:98]) != string(key[:]) || s.CheckPoint(suite.Point(p[98:])) != nil {
		w.say("%s: the client names itself otherwise", m)
	}
}

func (w *wires) point(m *said, b []byte) {
	if err := w.st.suite.CheckPoint(suite.Point(b)); err != nil {
		w.say("%s: its key: %v", m, err)
	}
}
