package verify

import (
	"crypto/sha256"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// link is a router's link with one mirror, over all its connections.
type link struct {
	logs     [2]log // by the direction in which they are told
	proposed map[suite.Hash]proposal
}

// log is a log between router and mirror, as it was told on one link.
type log struct {
	last   uint64 // number of the last message
	digest suite.Hash
	blind  bool // what was before is not known: it was told anew, or there was a gap
	recent map[uint64]logged
}

// logged is a message of a log.
type logged struct {
	message [sha256.Size]byte
	digest  suite.Hash // after it
}

// sharedLog is the router's log, whose messages all mirrors get.
type sharedLog struct{ recent map[uint64][sha256.Size]byte }

// maxLogged bounds the messages of a log that are remembered, for when they are
// sent again. Providers have 64 under way at most.
const maxLogged = 1024

// proposal is what a mirror was asked about last, in one conversation.
type proposal struct {
	first uint64
	data  []suite.Hash
}

func (v *verifier) linkWith(mirror identity.ID) *link {
	l := v.links[mirror]
	if l == nil {
		l = &link{proposed: map[suite.Hash]proposal{}}
		v.links[mirror] = l
	}
	return l
}

// linked judges a packet by the logs.
func (v *verifier) linked(c *conn, d int, p provider.Packet) {
	l := v.linkWith(c.base)
	s := c.subject().by(c.server)
	switch p.Kind {
	case provider.PacketHello:
		v.greeted(&l.logs[1-d], p, s)
	case provider.PacketData:
		v.logged(c, l, d, p, s)
	case provider.PacketAck:
		other := &l.logs[1-d]
		v.needs(LinkLog, other.blind || p.Number <= other.last, s, "message %d is acknowledged, the last one was %d", p.Number, other.last)
	case provider.PacketResync, provider.PacketEnd:
		// A router that came back without its end takes all over from a mirror. What it
		// says then is not followed: the packets hold a provider's tables.
		v.cannot(LinkLog, s, "a router was restored: its logs begin anew")
		l.logs[up], l.logs[down] = log{blind: true}, log{blind: true}
		v.routerLog = &sharedLog{}
	}
}

// greeted judges how far one says that it took the other's log.
func (v *verifier) greeted(of *log, p provider.Packet, s Subject) {
	known, ok := of.recent[p.Number]
	switch {
	case of.blind:
		v.cannot(LinkLog, s, "the log before is not known")
	case p.Number == 0:
		v.judge(LinkLog, p.Digest == suite.Hash{}, s, "a digest of nothing that is not zero")
	case p.Number > of.last:
		v.needs(LinkLog, false, s, "message %d was taken, the last one was %d", p.Number, of.last)
	case !ok:
		v.cannot(LinkLog, s, "the messages are too long ago")
	default:
		v.judge(LinkLog, known.digest == p.Digest, s, "the digest at message %d is another", p.Number)
	}
}

// logged judges a message of a log.
func (v *verifier) logged(c *conn, l *link, d int, p provider.Packet, s Subject) {
	of := &l.logs[d]
	sum := sha256.Sum256(p.Raw)
	if of.blind && of.last == 0 {
		of.last = p.Number - 1
	}
	if p.Number <= of.last {
		if known, ok := of.recent[p.Number]; ok {
			v.judge(LinkLog, known.message == sum, s, "message %d is told again as another one", p.Number)
		} else {
			v.cannot(LinkLog, s, "the messages are too long ago")
		}
		return
	}
	if !v.needs(LinkLog, p.Number == of.last+1, s, "message %d comes after %d", p.Number, of.last) {
		of.blind = true
	}
	of.last = p.Number
	of.digest = provider.LogDigest(v.suite, of.digest, p.Raw)
	if of.recent == nil {
		of.recent = map[uint64]logged{}
	}
	of.recent[p.Number] = logged{sum, of.digest}
	delete(of.recent, p.Number-maxLogged)
	if d == up {
		v.shared(p.Number, sum, s)
	}
	switch m := p.Message.(type) {
	case provider.Proposal:
		v.proposal(l, m, s)
	case provider.Commit:
		v.commit(c, l, m, s)
	case provider.Confirm:
		known, ok := v.stockOf(m.Owner).batches[m.Batch]
		v.needs(PrekeysSame, ok && known == m.Digest, s.of(m.Owner), "the mirror confirms batch %d with another digest than that of what was uploaded", m.Batch)
	}
}

// shared judges that all mirrors are told the same.
func (v *verifier) shared(number uint64, sum [sha256.Size]byte, s Subject) {
	if v.routerLog.recent == nil {
		v.routerLog.recent = map[uint64][sha256.Size]byte{}
	}
	if known, ok := v.routerLog.recent[number]; ok {
		v.judge(LinkLog, known == sum, s, "message %d is another than the one that another mirror was told", number)
		return
	}
	v.routerLog.recent[number] = sum
	delete(v.routerLog.recent, number-maxLogged)
}

// proposal judges that users uploaded what the router proposes.
func (v *verifier) proposal(l *link, m provider.Proposal, s Subject) {
	t := v.talk(m.Sid)
	p := proposal{first: m.First}
	for i, u := range m.Uploads {
		id, known := u.ID(v.suite), false
		h := conversation.HashOf(v.suite, u.Data)
		for _, o := range t.uploads[h] {
			known = known || o.id == id
		}
		p.data = append(p.data, h)
		where := at(m.Sid, m.First+uint64(i)).by(s.Provider).on(s.Conn)
		if !known && t.forgot {
			v.cannot(LinkProposed, where, "uploads were forgotten")
			continue
		}
		v.needs(LinkProposed, known, where, "nobody uploaded what is proposed")
	}
	l.proposed[m.Sid] = p
}

// commit notes what a mirror may deliver.
func (v *verifier) commit(c *conn, l *link, m provider.Commit, s Subject) {
	p, ok := l.proposed[m.Sid]
	delete(l.proposed, m.Sid)
	where := at(m.Sid, m.First).by(s.Provider).on(s.Conn)
	if !v.needs(LinkCommitted, ok && p.first == m.First && m.Count <= len(p.data), where, "what is committed was not proposed") {
		return
	}
	t := v.talk(m.Sid)
	if t.commits[c.base] == nil {
		t.commits[c.base] = map[uint64]suite.Hash{}
	}
	for i, h := range p.data[:m.Count] {
		t.commits[c.base][m.First+uint64(i)] = h
	}
}

// committed judges that a mirror delivers what was committed to it.
func (v *verifier) committed(t *talk, c *conn, x *version, s Subject) {
	l := v.links[c.base]
	h, ok := t.commits[c.base][x.index]
	if !ok && (l == nil || l.logs[up].blind) {
		v.cannot(LinkCommitted, s, "the router's log is not known")
		return
	}
	v.needs(LinkCommitted, ok && h == x.data, s, "the router did not commit this to the mirror")
}
