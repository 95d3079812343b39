package judge

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi/exchange"
)

// says is a message to a provider.
func (p *people) says(u *person, at int, m *said) {
	l := &u.links[at]
	if l.conn != m.conn.number || !l.welcomed {
		p.sent("%s: it was not welcomed yet", m)
		return
	}
	switch x := m.message.(type) {
	case exchange.Ack, exchange.HandoutAck:
		if len(l.owed) == 0 || !bytes.Equal(l.owed[0], m.opened.Plain) {
			p.sent("%s acknowledges %+v, which was not the next to acknowledge", m, x)
			return
		}
		l.owed = l.owed[1:]
	case exchange.Prekeys:
		p.stock(u, at, m, x)
	case exchange.Withdraw:
		if x.Batch < u.gone || x.Batch > u.gone && x.Batch < u.batch {
			p.sent("%s: batches up to %d are withdrawn, after %d, and there are %d", m, x.Batch, u.gone, u.batch)
		}
		u.gone = max(u.gone, x.Batch)
	case exchange.Fetch:
		if old, again := u.asked[x.ID]; !again {
			u.asked[x.ID], u.fetches[x.ID] = string(m.opened.Plain), x
			for i := range u.links { // it goes to all at once
				u.owe(i, x)
			}
		} else if old != string(m.opened.Plain) {
			p.sent("%s: two fetches of one id", m)
		}
		if len(l.owed) > 0 && bytes.Equal(l.owed[0], m.opened.Plain) {
			l.owed = l.owed[1:]
		}
		for _, id := range x.IDs {
			if _, ok := p.world[id]; !ok || id == u.id {
				p.sent("%s: it fetches keys of %q", m, id)
			}
		}
	case exchange.Upload:
		p.upload(u, m, x)
	}
}

// stock is a batch of prekeys.
func (p *people) stock(u *person, at int, m *said, x exchange.Prekeys) {
	old, again := u.batches[x.Batch]
	if again && !slices.Equal(old, x.List) && !(p.restored && within(x.List, old)) {
		p.sent("%s: it differs from batch %d to another provider", m, x.Batch)
	}
	if last := max(u.batch, u.gone); !again && x.Batch != last+1 {
		p.sent("%s: batch %d after %d", m, x.Batch, last)
	}
	if !again {
		u.batches[x.Batch], u.batch = x.List, max(u.batch, x.Batch)
	}
	if x.Batch <= u.offered[at] {
		p.sent("%s: batch %d again", m, x.Batch)
	}
	u.offered[at] = x.Batch
}

// within says whether a list is what is left of another. A router that was restored
// may say that it has not got a batch of which some prekeys are gone by now.
func within(list, of []exchange.Prekey) bool {
	for _, k := range of {
		if len(list) > 0 && list[0] == k {
			list = list[1:]
		}
	}
	return len(list) == 0
}
