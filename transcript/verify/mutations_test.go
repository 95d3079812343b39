package verify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

const story = `conversation protest: Alice Bob Charlie
Alice: one
Bob: two
Charlie adds Dave
Dave: three
Alice removes Bob
expect Bob removed
Charlie: four
`

// smallOrder is a point of order 1.
var smallOrder suite.Point

// A change of any field of a record is found by the check that is there for it,
// at the record where it stands. Each mutation returns that record, or 0 where it
// shows elsewhere.
func TestMutationsAreFound(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	require.True(t, run(t, honest, nil).Holds()) // control: without a change nothing is found
	type M = *transcript.Memory
	delivery := func(f func(s said, d *exchange.Delivery) bool) func(testing.TB, M) uint64 {
		return func(t testing.TB, m M) uint64 {
			return change(t, m, func(s said, d *exchange.Delivery) bool { return d.Index > 2 && f(s, d) })
		}
	}
	data := func(f func(d *conversation.DataBlock) bool) func(testing.TB, M) uint64 {
		return delivery(func(s said, d *exchange.Delivery) bool {
			b, err := conversation.Parse(suite.Default, d.Data)
			require.NoError(t, err)
			if !f(b) {
				return false
			}
			d.Data = b.Seal(suite.Default).Raw()
			return true
		})
	}
	saw := func(what transcript.What, f func(s *transcript.Saw)) func(testing.TB, M) uint64 {
		return func(t testing.TB, m M) uint64 {
			return changeRecord(t, m, func(s *transcript.Saw) bool {
				if s.What != what || s.Index == 0 {
					return false
				}
				f(s)
				return true
			})
		}
	}
	sent := func(f func(s *transcript.Sent) bool) func(testing.TB, M) uint64 {
		return func(t testing.TB, m M) uint64 { return changeRecord(t, m, f) }
	}
	kind := func(k transcript.Kind, toServer bool, f func(s *transcript.Sent)) func(testing.TB, M) uint64 {
		return sent(func(s *transcript.Sent) bool {
			if s.Opened.Kind != k || s.ToServer != toServer {
				return false
			}
			s.Bytes, s.Opened.Plain = slices.Clone(s.Bytes), slices.Clone(s.Opened.Plain)
			f(s)
			return true
		})
	}
	for name, c := range map[string]struct {
		check Check
		f     func(testing.TB, M) uint64
	}{
		"connection again": {ConnectionOrder, func(t testing.TB, m M) uint64 {
			return changeRecord(t, m, func(r *transcript.Connected) bool { r.Conn--; return r.Conn > 2 })
		}},
		"another server": {ConnectionOrder, func(t testing.TB, m M) uint64 {
			return changeRecord(t, m, func(r *transcript.Connected) bool { r.Server = "elsewhere"; return r.Conn > 2 })
		}},
		"a mirror dials": {ConnectionOrder, func(t testing.TB, m M) uint64 {
			return changeRecord(t, m, func(r *transcript.Connected) bool { r.Client = "mirror1"; return r.Conn > 2 })
		}},
		"another client": {HandshakeIdentity, func(t testing.TB, m M) uint64 {
			changeRecord(t, m, func(r *transcript.Connected) bool { was := r.Client; r.Client = "Bob"; return was == "Alice" })
			return 0
		}},
		"closed before": {ConnectionOpen, func(t testing.TB, m M) uint64 {
			last := m.Records[len(m.Records)-1].(transcript.Delivered).Conn
			for i := len(m.Records) / 2; ; i++ {
				if s, ok := m.Records[i].(transcript.Sent); ok && s.Conn == last {
					insert(m, i, transcript.Closed{Conn: last})
					return uint64(i + 2)
				}
			}
		}},
		"closed twice": {ConnectionOpen, func(t testing.TB, m M) uint64 {
			m.Records = append(m.Records, transcript.Closed{Conn: 1000})
			return uint64(len(m.Records))
		}},
		"arrives unsent": {ArrivalOrder, func(t testing.TB, m M) uint64 {
			for i, r := range m.Records {
				if c, ok := r.(transcript.Connected); ok {
					insert(m, i+1, transcript.Delivered{Conn: c.Conn})
					return uint64(i + 2)
				}
			}
			return 0
		}},
		"hello is short":     {HandshakeForm, kind(transcript.Hello, true, func(s *transcript.Sent) { s.Bytes = s.Bytes[1:] })},
		"hello of order 1":   {HandshakePoints, kind(transcript.Hello, true, func(s *transcript.Sent) { s.Bytes = smallOrder[:] })},
		"message 2 is short": {HandshakeForm, kind(transcript.Handshake, false, func(s *transcript.Sent) { s.Bytes = s.Bytes[1:] })},
		"message 2, E_s":     {HandshakePoints, kind(transcript.Handshake, false, func(s *transcript.Sent) { clear(s.Bytes[:32]) })},
		"message 2, Y_s":     {HandshakeIdentity, kind(transcript.Handshake, false, func(s *transcript.Sent) { clear(s.Opened.Plain[65:]) })},
		"message 2, id":      {HandshakeIdentity, kind(transcript.Handshake, false, func(s *transcript.Sent) { s.Opened.Plain[1] ^= 1 })},
		"message 2, cut":     {HandshakeIdentity, kind(transcript.Handshake, false, func(s *transcript.Sent) { s.Opened.Plain = s.Opened.Plain[1:] })},
		"message 3 is short": {HandshakeForm, kind(transcript.Handshake, true, func(s *transcript.Sent) { s.Bytes = s.Bytes[1:] })},
		"message 3, role":    {HandshakeIdentity, kind(transcript.Handshake, true, func(s *transcript.Sent) { s.Opened.Plain[0] ^= 3 })},
		"message 3, id":      {HandshakeIdentity, kind(transcript.Handshake, true, func(s *transcript.Sent) { s.Opened.Plain[2] ^= 1 })},
		"message 3, A": {HandshakeIdentity, kind(transcript.Handshake, true, func(s *transcript.Sent) {
			p := suite.Default.Public(suite.Scalar{5})
			copy(s.Opened.Plain[66:], p[:])
		})},
		"message 3, X_c": {HandshakeIdentity, kind(transcript.Handshake, true, func(s *transcript.Sent) { clear(s.Opened.Plain[98:]) })},
		"frame is longer": {FrameSize, sent(func(s *transcript.Sent) bool {
			if s.Opened.Kind == transcript.Data {
				s.Bytes = append(slices.Clone(s.Bytes), 0)
			}
			return s.Opened.Kind == transcript.Data
		})},
		"first frame not empty": {FrameFirst, sent(func(s *transcript.Sent) bool {
			first := s.Opened.Kind == transcript.Data && s.Opened.Plain == nil
			s.Opened.Plain = []byte{1}
			return first
		})},
		"no welcome": {FrameFirst, func(t testing.TB, m M) uint64 {
			for _, s := range each(m) {
				if _, ok := s.parsed.(exchange.Welcome); ok {
					say(m, s.at, exchange.Encode(exchange.Stocked{}))
					return uint64(s.at + 1)
				}
			}
			return 0
		}},
		"data before confirmation": {FrameOrder, func(t testing.TB, m M) uint64 {
			for i, r := range m.Records {
				if s, ok := r.(transcript.Sent); ok && s.Opened.Kind == transcript.Data && s.ToServer {
					ack := transcript.Sent{Conn: s.Conn, ToServer: true, Opened: transcript.Opened{Kind: transcript.Data, Plain: exchange.Encode(exchange.Ack{})}}
					ack.Bytes = make([]byte, channel.FrameSize(len(ack.Opened.Plain)))
					insert(m, i+1, ack)
					return uint64(i + 2)
				}
			}
			return 0
		}},
		"garbage": {MessageForm, func(t testing.TB, m M) uint64 {
			s := each(m)[5]
			say(m, s.at, []byte{99})
			return uint64(s.at + 1)
		}},
		"empty again": {MessageForm, func(t testing.TB, m M) uint64 {
			s := each(m)[20]
			say(m, s.at, nil)
			return uint64(s.at + 1)
		}},
		"a provider's word": {MessageDirection, func(t testing.TB, m M) uint64 {
			for _, s := range each(m) {
				if _, ok := s.parsed.(exchange.Ack); ok {
					say(m, s.at, exchange.Encode(exchange.LowStock{}))
					return uint64(s.at + 1)
				}
			}
			return 0
		}},
		"another key registered": {RegistrationSame, func(t testing.TB, m M) uint64 {
			changeRecord(t, m, func(r *transcript.Registered) bool {
				r.User.Key = suite.Default.Public(suite.Scalar{7})
				return r.Provider == "mirror1"
			})
			return 0
		}},
		"registered elsewhere": {RegistrationSame, func(t testing.TB, m M) uint64 {
			return changeRecord(t, m, func(r *transcript.Registered) bool { r.Provider = "elsewhere"; return true })
		}},

		"upload, data": {UploadForm, func(t testing.TB, m M) uint64 {
			return change(t, m, func(_ said, u *exchange.Upload) bool { u.Data = u.Data[1:]; return true })
		}},
		"upload, auths": {UploadForm, func(t testing.TB, m M) uint64 {
			return change(t, m, func(_ said, u *exchange.Upload) bool { u.Auths = u.Auths[1:]; return true })
		}},
		"upload, author": {UploadAuthor, func(t testing.TB, m M) uint64 {
			return change(t, m, func(_ said, u *exchange.Upload) bool {
				b, err := conversation.Parse(suite.Default, u.Data)
				require.NoError(t, err)
				b.Author = (b.Author + 1) % 3
				u.Data = b.Seal(suite.Default).Raw()
				return b.Type == conversation.MSG
			})
		}},
		"upload, blocks": {UploadBlocks, func(t testing.TB, m M) uint64 {
			return change(t, m, func(_ said, u *exchange.Upload) bool { u.Blocks = u.Blocks[1:]; return true })
		}},
		"upload, one block": {DeliveryBlock, func(t testing.TB, m M) uint64 {
			change(t, m, func(_ said, u *exchange.Upload) bool {
				u.Blocks[0] = slices.Clone(u.Blocks[0])
				u.Blocks[0][len(u.Blocks[0])-1] ^= 1
				return true
			})
			return 0
		}},

		"delivery, data":      {DataBlock, delivery(func(_ said, d *exchange.Delivery) bool { d.Data = d.Data[1:]; return true })},
		"delivery, sid":       {DataBlock, delivery(func(_ said, d *exchange.Delivery) bool { d.Sid[0] ^= 1; return true })},
		"delivery, before":    {DigestChain, delivery(func(_ said, d *exchange.Delivery) bool { d.Before[0] ^= 1; return true })},
		"delivery, index":     {DigestChain, delivery(func(_ said, d *exchange.Delivery) bool { d.Index++; d.Head++; return true })},
		"delivery, head":      {DeliveryOrder, delivery(func(_ said, d *exchange.Delivery) bool { d.Head = d.Index - 1; return true })},
		"delivery, late":      {DeliveryOrder, delivery(func(_ said, d *exchange.Delivery) bool { d.Index++; d.Head++; return true })},
		"delivery, no block":  {DeliveryBlock, delivery(func(_ said, d *exchange.Delivery) bool { had := d.Block != nil; d.Block = nil; return had })},
		"delivery, a block":   {DeliveryBlock, delivery(func(_ said, d *exchange.Delivery) bool { had := d.Block != nil; d.Block = block(); return !had })},
		"delivery, the block": {DeliveryBlock, delivery(func(_ said, d *exchange.Delivery) bool { had := d.Block != nil; d.Block = block(); return had })},
		"delivery, assigned less": {PrekeysAssigned, delivery(func(_ said, d *exchange.Delivery) bool {
			had := len(d.Assigned) > 0
			d.Assigned = nil
			return had
		})},
		"delivery, assigned key": {PrekeyStock, delivery(func(_ said, d *exchange.Delivery) bool {
			if len(d.Assigned) > 0 {
				d.Assigned[0].Theirs.Y = suite.Default.Public(suite.Scalar{8})
			}
			return len(d.Assigned) > 0
		})},
		"delivery, assigned id": {PrekeyStock, delivery(func(_ said, d *exchange.Delivery) bool {
			if len(d.Assigned) > 0 {
				d.Assigned[0].Theirs.ID[0] ^= 1
			}
			return len(d.Assigned) > 0
		})},
		"delivery, own assigned id": {PrekeyStock, delivery(func(_ said, d *exchange.Delivery) bool {
			if len(d.Assigned) > 0 {
				d.Assigned[0].Mine[0] ^= 1
			}
			return len(d.Assigned) > 0
		})},
		"data, seq":    {Valid, data(func(d *conversation.DataBlock) bool { d.Seq++; return true })},
		"data, k":      {Valid, data(func(d *conversation.DataBlock) bool { d.K += 1000; return true })},
		"data, epoch":  {Valid, data(func(d *conversation.DataBlock) bool { d.Epoch++; return true })},
		"data, author": {Uploaded, data(func(d *conversation.DataBlock) bool { d.Author = (d.Author + 1) % 3; return true })},
		"data, com":    {Uploaded, data(func(d *conversation.DataBlock) bool { d.Com[0] ^= 1; return d.Type == conversation.MSG })},
		"data, C":      {LinkCommitted, dataBy("mirror2", func(d *conversation.DataBlock) bool { d.Sealed[0] ^= 1; return true })},
		"data, C once": {ProviderSame, dataBy("mirror1", func(d *conversation.DataBlock) bool { d.Sealed[0] ^= 1; return true })},
		"data, C, all": {ProvidersAgree, dataBy("router", func(d *conversation.DataBlock) bool { d.Sealed[0] ^= 1; return true })},

		"batch": {PrekeysSame, func(t testing.TB, m M) uint64 {
			change(t, m, func(s said, p *exchange.Prekeys) bool { p.List = p.List[1:]; return true })
			return 0
		}},
		"batch, key": {PrekeysSame, func(t testing.TB, m M) uint64 {
			change(t, m, func(s said, p *exchange.Prekeys) bool { p.List[0].ID = p.List[1].ID; return true })
			return 0
		}},
		"fetch, ids": {FetchSame, func(t testing.TB, m M) uint64 {
			change(t, m, func(s said, p *exchange.Fetch) bool { p.IDs = p.IDs[1:]; return true })
			return 0
		}},
		"fetch, purpose": {FetchSame, func(t testing.TB, m M) uint64 {
			change(t, m, func(s said, p *exchange.Fetch) bool { p.Sid[0] ^= 1; return true })
			return 0
		}},
		"fetch never made": {FetchSame, func(t testing.TB, m M) uint64 {
			return change(t, m, func(s said, p *exchange.Fetched) bool { p.ID[0] ^= 1; return true })
		}},
		"fetched, key": {FetchKeys, func(t testing.TB, m M) uint64 {
			return change(t, m, func(s said, p *exchange.Fetched) bool {
				p.Keys[0].Key = suite.Default.Public(suite.Scalar{9})
				return true
			})
		}},
		"fetched, prekey": {PrekeyStock, func(t testing.TB, m M) uint64 {
			return change(t, m, func(s said, p *exchange.Fetched) bool {
				p.Keys[0].Prekey.Y = suite.Default.Public(suite.Scalar{9})
				return true
			})
		}},
		"fetched, for another": {PrekeysFetched, func(t testing.TB, m M) uint64 {
			for range 3 { // at every provider alike: only the block tells
				change(t, m, func(s said, p *exchange.Fetch) bool { was := p.Sid[0]; p.Sid[0] = 0xAA; return was != 0xAA })
			}
			return 0
		}},
		"handed out twice": {PrekeyOnce, func(t testing.TB, m M) uint64 {
			return change(t, m, func(s said, h *exchange.Handouts) bool { h.List[0].To = "Eve"; return len(h.List[0].To) > 0 })
		}},
		"handout": {HandoutsSame, func(t testing.TB, m M) uint64 {
			change(t, m, func(s said, h *exchange.Handouts) bool {
				h.List[0] = exchange.Handout{Kind: exchange.HandoutExpired, Prekey: h.List[0].Prekey}
				return true
			})
			return 0
		}},

		"a text":          {ViewContent, saw(transcript.Text, func(s *transcript.Saw) { s.Text = make([]byte, 100) })},
		"a text's author": {ViewContent, saw(transcript.Text, func(s *transcript.Saw) { s.Party = "Eve" })},
		"a text's epoch":  {ViewContent, saw(transcript.Text, func(s *transcript.Saw) { s.Epoch++ })},
		"a text's index":  {ViewBacked, saw(transcript.Text, func(s *transcript.Saw) { s.Index++ })},
		"a text's number": {ViewOrder, saw(transcript.Text, func(s *transcript.Saw) { s.Number = 1 })},
		"a text's sid":    {ViewBacked, saw(transcript.Text, func(s *transcript.Saw) { s.Sid[0] ^= 1 })},
		"who sees it":     {ViewBacked, saw(transcript.Text, func(s *transcript.Saw) { s.Who = "Eve" })},
		"a receipt":       {ViewContent, saw(transcript.Ack, func(s *transcript.Saw) { s.UpTo++ })},
		"a roster":        {ViewContent, saw(transcript.Roster, func(s *transcript.Saw) { s.Members = s.Members[1:] })},
		"who came":        {ViewContent, saw(transcript.Roster, func(s *transcript.Saw) { s.Added, s.Removed = s.Removed, s.Added })},
		"the code": {ViewCode, saw(transcript.Ended, func(s *transcript.Saw) {
			s.Code = identity.ConversationCode(suite.Default, suite.Hash{1}).Digits()
		})},
		"shown before": {ViewBacked, func(t testing.TB, m M) uint64 { // it is shown as soon as one provider has delivered it
			for _, s := range each(m) {
				d, ok := s.parsed.(exchange.Delivery)
				if ok && d.Index > 2 && s.conn.Client == "Alice" {
					insert(m, s.at+1, transcript.Saw{Who: "Alice", Number: 1 << 40, What: transcript.Ack, Sid: d.Sid, Index: d.Index, Party: "Bob"})
					return uint64(s.at + 2)
				}
			}
			return 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := copyOf(honest)
			at := c.f(t, m)
			r := run(t, m, nil)
			list := found(r, c.check)
			require.NotEmpty(t, list, r.String())
			if at != 0 && !slices.Contains([]Check{ProvidersAgree, ProviderSame}, c.check) {
				require.True(t, slices.ContainsFunc(list, func(f Finding) bool { return f.Subject.Record == at }), "record %d: %s", at, r)
			}
			require.False(t, r.Holds())
		})
	}
}

// block is a block of the right form that nobody uploaded.
func block() []byte {
	b := make([]byte, pair.ContinueSize)
	b[0] = 2
	return b
}

// dataBy changes the data block of a text that one provider delivers.
func dataBy(provider identity.ID, f func(d *conversation.DataBlock) bool) func(testing.TB, *transcript.Memory) uint64 {
	return func(t testing.TB, m *transcript.Memory) uint64 {
		return change(t, m, func(s said, d *exchange.Delivery) bool {
			b, err := conversation.Parse(suite.Default, d.Data)
			require.NoError(t, err)
			if s.conn.Server != provider || d.Index < 3 || b.Type != conversation.MSG || !f(b) {
				return false
			}
			d.Data = b.Seal(suite.Default).Raw()
			return true
		})
	}
}
