package cowpitest

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// rewind remembers where a guest stands; the function that it returns puts the
// guest back there, connected again: so that the message that was broken can be
// shown to be accepted when it is not.
func (d *desk) rewind(g *guest) func() {
	kept, events, batch, waiting := g.store.Clone(), slices.Clone(g.events), slices.Clone(g.batch), slices.Clone(d.waiting)
	due := slices.Clone(g.due)
	acked := make([]map[suite.Hash]uint64, len(g.acked))
	for i := range acked {
		acked[i] = maps.Clone(g.acked[i])
	}
	return func() {
		d.tamper = nil
		g.store, g.events, g.batch, g.due, d.waiting = kept, events, batch, due, waiting
		for i := range acked {
			g.acked[i] = maps.Clone(acked[i])
		}
		d.start(g)
		d.connect(g)
	}
}

// broken is one delivery as some providers change it.
type broken struct {
	name   string
	by     []int // nil: every provider
	change func(m exchange.Delivery) exchange.Delivery
	check  fault.Check
	role   fault.Role
}

var everyone = []int{0, 1, 2}

// breakDelivery gives an upload its place. One guest gets it broken, and must end
// the conversation with the evidence named; put back to before, it gets it whole,
// and must go on. The others are not concerned.
func (d *desk) breakDelivery(a arrival, victim string, x broken) {
	d.t.Helper()
	g := d.guest(victim)
	if x.by == nil {
		x.by = everyone
	}
	var whole exchange.Delivery
	for _, due := range d.deliveries(a) {
		if due.to == g {
			whole = due.m
			continue
		}
		due.to.due = append(due.to.due, due.m)
		d.tellAll(due.to, due.m)
	}
	require.NotEmpty(d.t, whole.Data)
	back := d.rewind(g)
	for i := range d.selves {
		m := whole
		if slices.Contains(x.by, i) {
			m = x.change(whole)
		}
		d.tellPlain(g, i, m)
	}
	sid := a.block.Sid
	end := d.ended(victim, sid)
	require.NotNil(d.t, end, "%s: not noticed", x.name)
	require.Contains(d.t, []cowpi.EndReason{cowpi.EndStopped, cowpi.EndDeclined}, end.Reason)
	require.Equal(d.t, x.check, fault.CheckOf(end.Err), "%s: %v", x.name, end.Err)
	var ev *fault.Evidence
	require.ErrorAs(d.t, end.Err, &ev)
	require.Equal(d.t, x.role, ev.Who.Role, x.name)
	require.NotEmpty(d.t, ev.Where)
	require.Len(d.t, ev.Exhibits, len(d.selves), "what each provider delivered")
	_, in, err := g.machine.Head(g.store, sid)
	require.NoError(d.t, err)
	require.False(d.t, in)

	back()
	g.due = append(g.due, whole)
	d.tellAll(g, whole)
	require.Nil(d.t, d.ended(victim, sid), "%s: the untampered message is refused", x.name)
	h, in, err := g.machine.Head(g.store, sid)
	require.NoError(d.t, err)
	require.True(d.t, in)
	require.Equal(d.t, d.books[sid].state.Head, h)
}

// forge returns a data block of its author, with the next seq, that its author
// never wrote.
func (d *desk) forge(sid suite.Hash, author string, kind conversation.Type) *conversation.DataBlock {
	st := d.books[sid].state
	id := d.guest(author).self.ID
	last, ok := d.books[sid].last[id]
	if !ok {
		last = st.First()
	}
	pos := st.Roster.Position(id)
	require.GreaterOrEqual(d.t, pos, 0)
	return &conversation.DataBlock{Sid: sid, Type: kind, Epoch: st.Epoch, RosterDigest: st.Roster.Digest(),
		Author: uint16(pos), Seq: last.Seq + 1, K: st.Next - 1}
}
