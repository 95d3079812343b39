package provider

import (
	"errors"
	"flag"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// blameless requires that hostile input made no bug and no misuse, only evidence.
func blameless(t *testing.T, err error) {
	var e *fault.Evidence
	require.True(t, err == nil || errors.As(err, &e), "%v", err)
	var b *fault.Bug
	require.False(t, errors.As(err, &b), "%v", err)
}

// probe handles something on a provider and takes it back.
func (nd *node) probe(t *testing.T, f func(s *step) error) {
	s, err := nd.p.begin(nd.store, suite.Seed{3}, 5_000_000)
	require.NoError(t, err)
	err = f(s)
	if err == nil {
		err = s.end()
	}
	blameless(t, err)
	nd.p.mem.rollback()
}

var update = flag.Bool("update", false, "write the corpora of the fuzz targets anew")

// With -update this writes messages and records of a real conversation into the
// corpora in testdata/fuzz.
func TestCorpora(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	_, _, said := fuzzNet(t)
	corpustest.Write(t, "provider.FuzzStep", said)
	corpustest.Write(t, "provider.FuzzDecoders", fuzzRecords(t))
}

// fuzzNet is a network in the midst of things, and what may be said in it, as the
// messages of users, of links, and of logs.
func fuzzNet(t testing.TB) (*net, []*person, [][]byte) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	g.say(ps[1])
	d, u := g.msg(ps[0], 10)
	_, up := g.update(ps[0], nil, nil, []*person{ps[1]})
	var said [][]byte
	for _, m := range []exchange.Message{u, up, exchange.Ack{Sid: g.sid, Index: 9}, exchange.Withdraw{Batch: 1}, exchange.HandoutAck{Position: 2},
		exchange.Prekeys{Batch: 2, List: somePrekeys(3, 1)}, exchange.Fetch{IDs: nil}, exchange.Welcome{}} {
		said = append(said, exchange.Encode(m))
	}
	e := n.entryOf(up)
	for i, m := range []message{proposal{sid: d.Sid, first: 2, entries: []proposed{e}}, commit{g.sid, 2, 1}, pickFor{user: "ann"},
		expire{user: "ann"}, withdraw{owner: "ann"}, confirm{owner: "ann"}, asked{owner: "bob"}, verdict{sid: g.sid}} {
		said = append(said, packet{kind: packetData, number: uint64(i), message: encodeMessage(m)}.encode(), encodeMessage(m))
	}
	return n, ps, append(said, packet{kind: packetHello, first: 1, last: 3}.encode(), packet{kind: packetResync, full: true}.encode(),
		packet{kind: packetSnapshot, records: []store.Record{{Key: []byte{1}, Value: []byte{2}}}}.encode(), make([]byte, 32))
}

// fuzzRecords are the records of a router and its mirror, each value once, and
// messages that are kept in records.
func fuzzRecords(t testing.TB) (out [][]byte) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 6, "ann", "bob", "cem")
	ps[2].auto = false
	ps[0].found(ps[1:]...)
	ps[0].fetchFor(suite.Hash{1}, "bob")
	seen := map[string]bool{}
	for _, nd := range n.nodes {
		require.NoError(t, nd.store.Scan(nil, nil, func(_, v []byte) bool {
			if !seen[string(v)] {
				out = append(out, slices.Clone(v))
			}
			seen[string(v)] = true
			return true
		}))
	}
	return append(out, packet{kind: packetEnd}.encode(), packet{kind: packetAck, number: 1}.encode(),
		encodeMessage(verdict{refused: true, reason: exchange.ReasonNoStock, user: "ann"}),
		encodeMessage(withdraw{owner: "ann", free: []run{{5, 1}}, fetched: []pair.KeyID{{1}}}))
}

// Whatever anybody says on a connection, before or after the handshake, ends in
// evidence at worst.
func FuzzStep(f *testing.F) {
	corpustest.Add(f, "provider.FuzzStep")
	n, ps, said := fuzzNet(f)
	for _, m := range said {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for i, nd := range n.nodes {
			nd.probe(t, func(s *step) error { // on a new connection
				s.mem.conns.put(1<<40, conn{phase: opened})
				return s.received(1<<40, data)
			})
			nd.probe(t, func(s *step) error { return s.received(ps[0].ids[i], data) })
			nd.probe(t, func(s *step) error { // inside a frame of a user
				m, err := exchange.Parse(def, data)
				if err != nil {
					return err
				}
				return s.fromUser(ps[0].ids[i], "ann", m)
			})
			link := 1 - i
			for phase := linkGreeting; phase <= linkMet; phase++ { // inside one of router or mirror
				nd.probe(t, func(s *step) error {
					s.plain.links[link].phase = phase
					at := s.plain.links[link].conn
					c, _ := s.mem.conns.get(at)
					return s.linkFrame(at, c, channel.Opened{Data: data, HasData: true})
				})
			}
			nd.probe(t, func(s *step) error { // inside the log
				m, err := parseMessage(def, data)
				if err != nil {
					return err
				}
				if i == 0 {
					return s.fromMirror(1, m)
				}
				return s.fromRouter(99, m)
			})
		}
	})
}

// What decodes encodes to the same bytes.
func FuzzDecoders(f *testing.F) {
	corpustest.Add(f, "provider.FuzzDecoders")
	for _, v := range fuzzRecords(f) {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		same := func(what string, err error, encode func() []byte) {
			if err == nil {
				require.Equal(t, data, encode(), what)
			}
		}
		p, err := parsePacket(data)
		same("packet", err, p.encode)
		m, err := parseMessage(def, data)
		same("message", err, func() []byte { return encodeMessage(m) })
		if err != nil {
			require.Nil(t, m)
		}
		us, err := parseUser(data)
		same("user", err, us.encode)
		ring, err := loadRing(recordView{Value: data}, "x")
		if data != nil {
			same("ring", err, func() []byte { return encodeRing(ring) })
		}
		fd, err := parseFetched(data)
		same("fetched", err, fd.encode)
		ft, err := parseFetch(data)
		same("fetch", err, ft.encode)
		cu, err := parseCursor(data)
		same("cursor", err, func() []byte { return encodeCursor(cu) })
		ow, err := parseOwner(data)
		same("owner", err, ow.encode)
		ba, err := parseBatch(data)
		same("batch", err, ba.encode)
		lo, err := parseLogged(1, data)
		same("log", err, lo.encode)
		en, err := parseEntry(data)
		same("entry", err, en.encode)
		pr, err := parseStoredProposal(def, data)
		same("proposal", err, pr.store)
		if data == nil {
			return // no record
		}
		st, err := outlog{recordView{Value: data}}.state()
		same("log", err, func() []byte {
			d := store.NewDraft(&store.Memory{})
			saveState(d, st)
			return d.Records()[0].Value
		})
		number, digest, err := inlog{recordView{Value: data}, 0}.at()
		same("log position", err, func() []byte {
			d := store.NewDraft(&store.Memory{})
			inlog{}.set(d, number, digest)
			return d.Records()[0].Value
		})
		ve, ok, err := (&step{d: store.NewDraft(recordView{Value: data})}).verdictOf(suite.Hash{}, 1)
		if ok {
			same("verdict", err, func() []byte {
				w := record(128)
				ve.encode(w)
				return w.Bytes()
			})
		}
	})
}

// What a mirror tells of its state, record by record: it is well formed, and then a
// router can read it; or that is evidence or, of what it keeps itself, a bug that
// takeOver turns into evidence. Never a panic.
func FuzzWellFormed(f *testing.F) {
	corpustest.Add(f, "provider.FuzzWellFormed")
	n := newNet(f, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	ps[2].auto = false
	ps[0].found(ps[1:]...)
	ps[0].fetchFor(suite.Hash{1}, "bob")
	s, err := n.nodes[0].p.begin(n.nodes[0].store, suite.Seed{}, 1)
	require.NoError(f, err)
	require.NoError(f, s.fill(n.nodes[1].store))
	for _, r := range s.plain.state {
		require.NoError(f, s.wellFormed(r))
		f.Add(r.Key, r.Value)
	}
	f.Fuzz(func(t *testing.T, k, v []byte) {
		err := s.wellFormed(store.Record{Key: k, Value: v})
		var e *fault.Evidence
		var bug *fault.Bug
		require.True(t, err == nil || errors.As(err, &e) || errors.As(err, &bug), "%v", err)
	})
}
