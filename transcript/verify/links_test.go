package verify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// packets calls f with each packet between router and mirrors, to change its bytes
// or not, until f is true. It says at which record.
func packets(t testing.TB, m *transcript.Memory, f func(toMirror bool, p provider.Packet, raw []byte) bool) uint64 {
	conns := map[uint64]bool{}
	for i, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			conns[r.Conn] = r.Client == m.Head.Providers[0].ID
		case transcript.Sent:
			if !conns[r.Conn] || r.Opened.Kind != transcript.Data || len(r.Opened.Plain) == 0 {
				continue
			}
			p, err := provider.ParsePacket(suite.Default, r.Opened.Plain)
			require.NoError(t, err)
			raw := slices.Clone(r.Opened.Plain)
			if f(r.ToServer, p, raw) {
				say(m, i, raw)
				return uint64(i + 1)
			}
		}
	}
	require.Fail(t, "nothing to change")
	return 0
}

// Where the fields of packets stand.
const (
	atNumber  = 1         // of Data and Ack
	atMessage = 1 + 8 + 8 // of Data
	atTaken   = 1 + 8 + 8 // of Hello
	atDigest  = atTaken + 8
	atFirst   = atMessage + 1 + 32
)

// What is changed in the logs between router and mirrors is found.
func TestLinkMutationsAreFound(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Script(t, "crash"))
	require.True(t, run(t, honest, nil).Holds())
	for name, c := range map[string]struct {
		check Check
		f     func(toMirror bool, p provider.Packet, raw []byte) bool
	}{
		"a gap": {LinkLog, func(_ bool, p provider.Packet, raw []byte) bool {
			raw[atNumber+7] += 9
			return p.Kind == provider.PacketData
		}},
		"another to one mirror": {LinkLog, func(up bool, p provider.Packet, raw []byte) bool {
			raw[len(raw)-1] ^= 1
			_, ok := p.Message.(provider.Commit)
			return ok && up
		}},
		"an ack too far": {LinkLog, func(_ bool, p provider.Packet, raw []byte) bool {
			raw[atNumber] = 1
			return p.Kind == provider.PacketAck
		}},
		"a hello's digest": {LinkLog, func(_ bool, p provider.Packet, raw []byte) bool {
			if p.Kind != provider.PacketHello || p.Number == 0 {
				return false
			}
			raw[atDigest] ^= 1
			return true
		}},
		"a hello's first digest": {LinkLog, func(_ bool, p provider.Packet, raw []byte) bool {
			raw[atDigest] ^= 1
			return p.Kind == provider.PacketHello
		}},
		"a hello too far": {LinkLog, func(_ bool, p provider.Packet, raw []byte) bool {
			raw[atTaken] = 1
			return p.Kind == provider.PacketHello
		}},
		"an upload nobody made": {LinkProposed, func(_ bool, p provider.Packet, raw []byte) bool {
			m, ok := p.Message.(provider.Proposal)
			if !ok {
				return false
			}
			// the last byte of the last block of the first upload: before its authentication
			auths := len(m.Uploads[0].Auths) * 40
			enc := len(exchange.Encode(m.Uploads[0]))
			raw[atFirst+8+2+4+enc-auths-2-1] ^= 1
			return true
		}},
		"a commit of another index": {LinkCommitted, func(_ bool, p provider.Packet, raw []byte) bool {
			_, ok := p.Message.(provider.Commit)
			if ok {
				raw[atFirst+7]++
			}
			return ok
		}},
		"a commit of more": {LinkCommitted, func(_ bool, p provider.Packet, raw []byte) bool {
			_, ok := p.Message.(provider.Commit)
			if ok {
				raw[atFirst+8+1] += 50
			}
			return ok
		}},
		"a confirmed digest": {PrekeysSame, func(_ bool, p provider.Packet, raw []byte) bool {
			_, ok := p.Message.(provider.Confirm)
			raw[len(raw)-1] ^= 1
			return ok
		}},
		"garbage":         {MessageForm, func(_ bool, p provider.Packet, raw []byte) bool { raw[0] = 9; return p.Kind == provider.PacketData }},
		"a mirror's word": {MessageDirection, nil},
		"a hello again":   {FrameFirst, nil},
	} {
		m := copyOf(honest)
		var at uint64
		switch name {
		case "a mirror's word":
			at = replacePacket(t, m, true, []byte{byte(provider.PacketSnapshot), 0, 0})
		case "a hello again":
			hello := append([]byte{byte(provider.PacketHello)}, make([]byte, 8+8+8+32)...)
			hello[8] = 1
			at = replacePacket(t, m, false, hello)
		default:
			at = packets(t, m, c.f)
		}
		r := run(t, m, nil)
		list := found(r, c.check)
		require.NotEmpty(t, list, "%s: %s", name, r)
		if name != "another to one mirror" { // which of two is told first does not matter
			require.True(t, slices.ContainsFunc(list, func(f Finding) bool { return f.Subject.Record == at }), "%s: record %d: %s", name, at, r)
		}
	}
}

// replacePacket puts other bytes in the place of the first ack.
func replacePacket(t testing.TB, m *transcript.Memory, toMirror bool, payload []byte) uint64 {
	at := packets(t, m, func(up bool, p provider.Packet, _ []byte) bool { return up == toMirror && p.Kind == provider.PacketAck })
	say(m, int(at-1), payload)
	return at
}

// renewed inserts an inner handshake on the first user's connection: its messages,
// as they would look. change may spoil it.
func renewed(t testing.TB, m *transcript.Memory, change func(list []transcript.Record) []transcript.Record) *transcript.Memory {
	out := copyOf(m)
	var conn uint64
	var inner [2][]byte // what is sealed in messages 2 and 3
	end := 0
	for i, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			if conn == 0 && r.Client != m.Head.Providers[0].ID {
				conn = r.Conn
			}
		case transcript.Sent:
			if r.Conn == conn && r.Opened.Kind == transcript.Handshake {
				inner[direction(r.ToServer)] = r.Opened.Plain
			}
			if r.Conn == conn {
				end = i
			}
		}
	}
	require.NotZero(t, conn)
	frame := func(up bool, kind transcript.Kind, plain, inside []byte) transcript.Record {
		if len(plain) > 0 {
			p := suite.Default.Public(suite.Scalar{3})
			copy(plain, p[:])
		}
		return transcript.Sent{Conn: conn, ToServer: up, Bytes: make([]byte, channel.FrameSize(len(plain))),
			Opened: transcript.Opened{Kind: kind, Plain: plain, Inner: inside}}
	}
	list := []transcript.Record{
		frame(true, transcript.Renewal, make([]byte, channel.Msg1Size), nil),
		frame(false, transcript.Renewal, make([]byte, channel.Msg2Size), inner[down]),
		frame(true, transcript.Renewal, make([]byte, channel.Msg3Size), inner[up]),
		frame(true, transcript.Data, nil, nil),
		frame(false, transcript.Renewal, nil, nil),
		frame(false, transcript.Data, nil, nil),
	}
	insert(out, end, change(list)...)
	return out
}

// An inner handshake is followed; its order, and what is in it, is judged.
func TestRenewal(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	r := run(t, renewed(t, honest, func(l []transcript.Record) []transcript.Record { return l }), nil)
	require.True(t, r.Holds(), r.String())
	require.True(t, slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Check == Renewing && f.Status == Established }))
	for name, c := range map[string]struct {
		check  Check
		change func(l []transcript.Record) []transcript.Record
	}{
		"no message 1":    {Renewing, func(l []transcript.Record) []transcript.Record { return l[1:] }},
		"no message 2":    {Renewing, func(l []transcript.Record) []transcript.Record { return slices.Delete(l, 1, 2) }},
		"no message 3":    {Renewing, func(l []transcript.Record) []transcript.Record { return slices.Delete(l, 2, 3) }},
		"no empty frame":  {Renewing, func(l []transcript.Record) []transcript.Record { return slices.Delete(l, 3, 4) }},
		"no done":         {MessageForm, func(l []transcript.Record) []transcript.Record { return slices.Delete(l, 4, 5) }},
		"message 1 again": {Renewing, func(l []transcript.Record) []transcript.Record { return slices.Insert(l, 1, l[0]) }},
		"of another size": {Renewing, func(l []transcript.Record) []transcript.Record {
			return set(l, 0, func(s *transcript.Sent) { s.Opened.Plain = make([]byte, 33) })
		}},
		"small order": {HandshakePoints, func(l []transcript.Record) []transcript.Record {
			return set(l, 0, func(s *transcript.Sent) { s.Opened.Plain = make([]byte, 32) })
		}},
		"of somebody else": {HandshakeIdentity, func(l []transcript.Record) []transcript.Record {
			return set(l, 2, func(s *transcript.Sent) { s.Opened.Inner = slices.Clone(s.Opened.Inner); s.Opened.Inner[3] ^= 1 })
		}},
	} {
		r := run(t, renewed(t, honest, c.change), nil)
		require.NotEmpty(t, found(r, c.check), "%s: %s", name, r)
	}
}

func set(l []transcript.Record, i int, f func(s *transcript.Sent)) []transcript.Record {
	s := l[i].(transcript.Sent)
	f(&s)
	l[i] = s
	return l
}
