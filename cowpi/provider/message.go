package provider

import (
	"bytes"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// message is one entry of a log between router and mirrors.
type message interface {
	tag() byte
	encode(w *wire.Writer)
}

const (
	tagPropose  = 1
	tagCommit   = 2
	tagPick     = 3
	tagExpire   = 4
	tagWithdraw = 5

	tagConfirm = 16
	tagAsked   = 17
	tagVerdict = 18
)

func encodeMessage(m message) []byte {
	w := wire.NewWriter(256).U8(m.tag())
	m.encode(w)
	return w.Bytes()
}

// parseMessage reverses encodeMessage. Failures are evidence.
func parseMessage(s suite.Suite, data []byte) (message, error) {
	r := wire.NewReader("log message", data)
	var m message
	var err error
	switch t := r.U8("type"); t {
	case tagPropose:
		m, err = readProposal(s, r)
	case tagCommit:
		m = commit{wire.Array32[suite.Hash](r, "sid"), r.U64("first"), int(r.U16("count"))}
	case tagPick:
		m = readPick(r)
	case tagExpire:
		m = readExpire(r)
	case tagWithdraw:
		m = readWithdraw(r)
	case tagConfirm:
		m = confirm{identity.ReadID(r, "owner"), r.U32("batch"), wire.Array32[suite.Hash](r, "digest")}
	case tagAsked:
		m = asked{identity.ReadID(r, "owner"), r.U32("batch")}
	case tagVerdict:
		m = readVerdict(r)
	default:
		r.Fail("type", "%d is unknown", t)
	}
	if done := r.Done(); done != nil {
		return nil, done
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// proposal is a batch of uploads for the next indices of a conversation. It is
// also how a provider stores what is in flight.
type proposal struct {
	sid     suite.Hash
	first   uint64
	entries []proposed

	link uint64 // its number in the router's log; not part of the message
}

// proposed is one of them.
type proposed struct {
	upload exchange.Upload
	picks  [][]run // of each owner of conversation.Assignments, in its order

	block  *conversation.DataBlock
	id     suite.Hash
	author identity.ID // once it was judged
}

func (proposal) tag() byte { return tagPropose }
func (p proposal) encode(w *wire.Writer) {
	w.Fixed(p.sid[:]).U64(p.first).Count(len(p.entries))
	for _, e := range p.entries {
		w.Field(exchange.Encode(e.upload)).Count(len(e.picks))
		for _, runs := range e.picks {
			encodeRuns(w, runs)
		}
	}
}

func readProposal(s suite.Suite, r *wire.Reader) (message, error) {
	p := proposal{sid: wire.Array32[suite.Hash](r, "sid"), first: r.U64("first")}
	n := r.Count("entries", maxMessage/64, 6)
	for range n {
		raw := r.Bytes("upload", maxMessage)
		var picks [][]run
		for range r.Count("owners", conversation.MaxRoster, 2) {
			picks = append(picks, readRuns(r))
		}
		if r.Failed() {
			return nil, nil
		}
		e, err := newProposed(s, raw, picks)
		if err != nil {
			return nil, err
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
}

func newProposed(s suite.Suite, raw []byte, picks [][]run) (proposed, error) {
	m, err := exchange.Parse(s, raw)
	if err != nil {
		return proposed{}, err
	}
	u, ok := m.(exchange.Upload)
	if !ok {
		return proposed{}, fault.Refute(fault.W1, "an entry of a proposal is no upload")
	}
	d, err := conversation.Parse(s, u.Data)
	if err != nil {
		return proposed{}, err
	}
	return proposed{upload: u, picks: picks, block: d, id: u.ID(s)}, nil
}

// commit makes the first count entries of the proposal in flight final, and
// drops the rest.
type commit struct {
	sid   suite.Hash
	first uint64
	count int
}

func (commit) tag() byte               { return tagCommit }
func (m commit) encode(w *wire.Writer) { w.Fixed(m.sid[:]).U64(m.first).U16(uint16(m.count)) }

// pickFor answers a fetch.
type pickFor struct {
	user  identity.ID
	fetch exchange.FetchID
	sid   suite.Hash
	picks []picked
}

// picked is one prekey of one owner.
type picked struct {
	owner identity.ID
	no    stockNo
}

func (pickFor) tag() byte { return tagPick }
func (m pickFor) encode(w *wire.Writer) {
	w.Fixed(m.user.Field()).Fixed(m.fetch[:]).Fixed(m.sid[:]).Count(len(m.picks))
	for _, p := range m.picks {
		w.Fixed(p.owner.Field())
		p.no.encode(w)
	}
}

func readPick(r *wire.Reader) message {
	m := pickFor{user: identity.ReadID(r, "user"), fetch: wire.Array16[exchange.FetchID](r, "fetch"),
		sid: wire.Array32[suite.Hash](r, "sid")}
	for range r.Count("picks", exchange.MaxFetch, identity.IDFieldSize+6) {
		m.picks = append(m.picks, picked{identity.ReadID(r, "owner"), readStockNo(r)})
	}
	for i := 1; i < len(m.picks); i++ {
		if m.picks[i-1].owner >= m.picks[i].owner {
			r.Fail("picks", "owners are not in order")
		}
	}
	return m
}

// expire ends a fetch: what it brought and was not used cannot be used any more.
type expire struct {
	user   identity.ID
	fetch  exchange.FetchID
	unused []unused
}

type unused struct {
	owner  identity.ID
	prekey pair.KeyID
}

func (expire) tag() byte { return tagExpire }
func (m expire) encode(w *wire.Writer) {
	w.Fixed(m.user.Field()).Fixed(m.fetch[:]).Count(len(m.unused))
	for _, p := range m.unused {
		w.Fixed(p.owner.Field()).Fixed(p.prekey[:])
	}
}

func readExpire(r *wire.Reader) message {
	m := expire{user: identity.ReadID(r, "user"), fetch: wire.Array16[exchange.FetchID](r, "fetch")}
	for range r.Count("unused", exchange.MaxFetch, identity.IDFieldSize+8) {
		m.unused = append(m.unused, unused{identity.ReadID(r, "owner"), wire.Array8[pair.KeyID](r, "prekey id")})
	}
	for i := 1; i < len(m.unused); i++ {
		if m.unused[i-1].owner >= m.unused[i].owner {
			r.Fail("unused", "owners are not in order")
		}
	}
	return m
}

// withdraw takes prekeys out of stock, and out of use if they were fetched.
type withdraw struct {
	owner   identity.ID
	free    []run
	fetched []pair.KeyID
}

func (withdraw) tag() byte { return tagWithdraw }
func (m withdraw) encode(w *wire.Writer) {
	w.Fixed(m.owner.Field())
	encodeRuns(w, m.free)
	w.Count(len(m.fetched))
	for _, id := range m.fetched {
		w.Fixed(id[:])
	}
}

func readWithdraw(r *wire.Reader) message {
	m := withdraw{owner: identity.ReadID(r, "owner"), free: readRuns(r)}
	for range r.Count("fetched", 1<<16-1, 8) {
		m.fetched = append(m.fetched, wire.Array8[pair.KeyID](r, "prekey id"))
	}
	for i := 1; i < len(m.fetched); i++ {
		if bytes.Compare(m.fetched[i-1][:], m.fetched[i][:]) >= 0 {
			r.Fail("fetched", "prekey ids are not in order")
		}
	}
	return m
}

// confirm: the mirror holds this batch.
type confirm struct {
	owner  identity.ID
	batch  uint32
	digest suite.Hash
}

func (confirm) tag() byte { return tagConfirm }
func (m confirm) encode(w *wire.Writer) {
	w.Fixed(m.owner.Field()).U32(m.batch).Fixed(m.digest[:])
}

// asked: the owner asked the mirror to withdraw up to this batch.
type asked struct {
	owner identity.ID
	batch uint32
}

func (asked) tag() byte               { return tagAsked }
func (m asked) encode(w *wire.Writer) { w.Fixed(m.owner.Field()).U32(m.batch) }

// verdict: the mirror accepts the first accepted entries of a proposal, and if
// these are not all, refuses the next one.
type verdict struct {
	link     uint64 // number of the proposal in the router's log
	sid      suite.Hash
	first    uint64
	accepted int
	refused  bool
	reason   exchange.Reason
	user     identity.ID // whose keys or stock are the reason
}

func (verdict) tag() byte { return tagVerdict }
func (m verdict) encode(w *wire.Writer) {
	w.U64(m.link).Fixed(m.sid[:]).U64(m.first).U16(uint16(m.accepted)).Bool(m.refused)
	if m.refused {
		w.U8(uint8(m.reason)).Bool(m.user != "")
		if m.user != "" {
			w.Fixed(m.user.Field())
		}
	}
}

func readVerdict(r *wire.Reader) message {
	m := verdict{link: r.U64("link"), sid: wire.Array32[suite.Hash](r, "sid"), first: r.U64("first"),
		accepted: int(r.U16("accepted")), refused: r.Bool("refused")}
	if m.refused {
		m.reason = exchange.Reason(r.U8("reason"))
		if m.reason < exchange.ReasonInvalid || m.reason > exchange.ReasonProviderSet {
			r.Fail("reason", "%d is unknown", m.reason)
		}
		if r.Bool("has user") {
			m.user = identity.ReadID(r, "user")
		}
	}
	return m
}
