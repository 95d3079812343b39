package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// codec is one of the two forms.
type codec struct {
	name  string
	write func(io.Writer, Header) (Sink, error)
	read  func(io.Reader) (Source, error)
}

var codecs = []codec{
	{formBinary, func(w io.Writer, h Header) (Sink, error) { return NewWriter(w, h) },
		func(r io.Reader) (Source, error) { return source(NewReader(r)) }},
	{formJSON, func(w io.Writer, h Header) (Sink, error) { return NewJSONWriter(w, h) },
		func(r io.Reader) (Source, error) { return source(NewJSONReader(r)) }},
}

func (c codec) bytes(t require.TestingT, m *Memory) []byte {
	var b bytes.Buffer
	w, err := c.write(&b, m.Head)
	require.NoError(t, err)
	require.NoError(t, Copy(w, m.Source()))
	return b.Bytes()
}

// buffered is used again by load: most of what a short transcript costs is its buffer.
var buffered = bufio.NewReaderSize(nil, bufferSize)

func (c codec) load(b []byte) (*Memory, error) {
	buffered.Reset(bytes.NewReader(b))
	r, err := c.read(buffered)
	if err != nil {
		return nil, err
	}
	return Load(r)
}

// refused demands an error with its place.
func refused(t require.TestingT, err error, form string, record uint64, what string) {
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, form, e.Form, err)
	require.Equal(t, record, e.Record, err)
	require.Contains(t, err.Error(), what)
	require.False(t, errors.Is(err, io.EOF))
}

// edge draws integers, often the least and the largest.
func edge(most uint64) *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.Uint64Range(0, most), rapid.SampledFrom([]uint64{0, 1, most - 1, most}))
}

func drawID(t *rapid.T, name string) identity.ID {
	s := rapid.OneOf(rapid.StringN(1, 16, maxName), rapid.SampledFrom([]string{"a", `"\<>&/`, "\x00\x1f\x7f\n", "é\u2028\ufffd\U0001f600",
		strings.Repeat("\x01", maxName)})).Draw(t, name)
	return identity.ID(s)
}

func drawIDs(t *rapid.T, name string) (out []identity.ID) {
	for range rapid.IntRange(0, 3).Draw(t, name) {
		out = append(out, drawID(t, name))
	}
	return out
}

func drawBytes(t *rapid.T, name string, least int) []byte {
	b := rapid.SliceOfN(rapid.Byte(), least, 80).Draw(t, name)
	if len(b) == 0 {
		return nil
	}
	return b
}

func draw32[T ~[32]byte](t *rapid.T, name string) T {
	return T(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
}

func drawHeader(t *rapid.T) Header {
	h := Header{SuiteID: rapid.Uint16().Draw(t, "suite id"), Suite: rapid.StringN(0, 10, maxName).Draw(t, "suite"), Timed: rapid.Bool().Draw(t, "timed")}
	for range rapid.IntRange(0, 3).Draw(t, "providers") {
		h.Providers = append(h.Providers, identity.Party{ID: drawID(t, "provider"), Key: draw32[suite.Point](t, "key")})
	}
	return h
}

func drawSaw(t *rapid.T) Saw {
	s := Saw{Who: drawID(t, "who"), Number: edge(math.MaxUint64).Draw(t, "number"), What: What(rapid.IntRange(int(Text), int(Fault)).Draw(t, "what")),
		Sid: draw32[suite.Hash](t, "sid")}
	p := partsOf[s.What]
	if p&partIndex != 0 {
		s.Index = edge(math.MaxUint64).Draw(t, "index")
	}
	if p&partEpoch != 0 {
		s.Epoch = uint32(edge(math.MaxUint32).Draw(t, "epoch"))
	}
	if p&partParty != 0 && rapid.IntRange(0, 9).Draw(t, "named") > 0 {
		s.Party = drawID(t, "party")
	}
	if p&partUpTo != 0 {
		s.UpTo = edge(math.MaxUint64).Draw(t, "upto")
	}
	if p&partID != 0 {
		s.ID = content.TextID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "text id"))
	}
	if p&partText != 0 {
		s.Text = drawBytes(t, "text", 0)
		if rapid.Bool().Draw(t, "valid") {
			if s.Text = []byte(rapid.String().Draw(t, "text")); len(s.Text) == 0 {
				s.Text = nil
			}
		}
	}
	if p&partRoster != 0 {
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			s.Members = append(s.Members, Member{drawID(t, "member"), draw32[suite.Point](t, "key"), uint32(edge(math.MaxUint32).Draw(t, "joined"))})
		}
		s.Added, s.Removed, s.Restarted = drawIDs(t, "added"), drawIDs(t, "removed"), drawIDs(t, "restarted")
	}
	if p&partReason != 0 {
		s.Reason = uint8(edge(math.MaxUint8).Draw(t, "reason"))
		s.Code = rapid.SampledFrom([]string{"", strings.Repeat("0123456789", 6)}).Draw(t, "code")
	}
	if p&partError != 0 {
		s.Check, s.Error = rapid.SampledFrom([]string{"", "W1"}).Draw(t, "check"), rapid.String().Draw(t, "error")
	}
	return s
}

// sayings are messages of every type between user and provider.
var sayings = []exchange.Message{exchange.Prekeys{Batch: 1, List: []exchange.Prekey{{}}}, exchange.Withdraw{Batch: 1},
	exchange.Fetch{IDs: []identity.ID{"bob"}}, upload, exchange.Ack{Sid: sid, Index: 3}, exchange.HandoutAck{Position: 1},
	exchange.Welcome{}, exchange.Stocked{Batch: 1}, exchange.Fetched{}, exchange.FetchFailed{Reason: 6, User: "bob"},
	exchange.Handouts{First: 1}, exchange.LowStock{Count: 9}, exchange.Delivery{Sid: sid, Index: 3, Data: upload.Data},
	exchange.Refused{Sid: sid, Index: 4, Reason: 1, From: "router"}, exchange.Seen{Sid: sid}}

var (
	sid    = suite.Hash{1, 2, 3}
	upload = exchange.Upload{Data: append(append([]byte{1, 0, 1}, sid[:]...), 2), Blocks: [][]byte{append([]byte{2}, make([]byte, pair.ContinueSize-1)...)}}
)

func drawSent(t *rapid.T) Sent {
	s := Sent{Conn: edge(math.MaxUint64).Draw(t, "conn"), ToServer: rapid.Bool().Draw(t, "to server"), Bytes: drawBytes(t, "bytes", 1),
		Opened: Opened{Kind: Kind(rapid.IntRange(0, int(Renewal)).Draw(t, "kind"))}}
	if s.Opened.Kind.hasPlain() {
		s.Opened.Plain = drawBytes(t, "plain", 0)
	}
	if s.Opened.Kind == Renewal {
		s.Opened.Inner = drawBytes(t, "inner", 0)
	}
	if s.Opened.Kind == Data && rapid.Bool().Draw(t, "message") {
		s.Conn = rapid.Uint64Range(1, 3).Draw(t, "conn")
		s.Opened.Plain = rapid.SampledFrom([][]byte{exchange.Encode(rapid.SampledFrom(sayings).Draw(t, "saying")), {1}, {3, 0, 0, 0, 0, 0, 0, 0, 1},
			append([]byte{2, 16: 1, 17: 1, 57: 5}, 1)}).Draw(t, "plain")
	}
	return s
}

// drawRecord draws a record of every type alike.
func drawRecord(t *rapid.T, timed bool) Record {
	conn := rapid.Uint64Range(1, 3).Draw(t, "conn")
	switch rapid.IntRange(0, 11).Draw(t, "type") {
	case 0:
		return Registered{drawID(t, "provider"), identity.Party{ID: drawID(t, "user"), Key: draw32[suite.Point](t, "key")}}
	case 1:
		return Connected{conn, rapid.SampledFrom([]identity.ID{"alice", "router", "router*"}).Draw(t, "client"), drawID(t, "server")}
	case 2:
		return Closed{conn}
	case 3, 4:
		return drawSent(t)
	case 5:
		return Delivered{edge(math.MaxUint64).Draw(t, "conn"), rapid.Bool().Draw(t, "to server")}
	case 6:
		return Crashed{drawID(t, "node")}
	case 7:
		if timed {
			return Clock{edge(math.MaxUint64).Draw(t, "now")}
		}
	case 8:
		return Saved{drawID(t, "node")}
	case 9:
		return Restored{drawID(t, "node")}
	}
	return drawSaw(t)
}

func drawTranscript(t *rapid.T) *Memory {
	m := &Memory{Head: drawHeader(t)}
	if rapid.Bool().Draw(t, "router") {
		m.Head.Providers = append(m.Head.Providers, identity.Party{ID: "router"})
	}
	for range rapid.IntRange(0, 8).Draw(t, "records") {
		m.Records = append(m.Records, drawRecord(t, m.Head.Timed))
	}
	return m
}

// one is a transcript with at least one record of every type and every event.
func one(timed bool) *Memory {
	alice := identity.Party{ID: "alice", Key: suite.Point{9}}
	m := &Memory{Head: Header{1, "CoWPI-1", timed, []identity.Party{{ID: "router", Key: suite.Point{1}}, {ID: "mirror", Key: suite.Point{2}}}}}
	add := func(r ...Record) { m.Records = append(m.Records, r...) }
	add(Registered{"router", alice}, Connected{1, "alice", "router"}, Connected{2, "router", "mirror"})
	add(Sent{1, true, []byte{1, 2}, Opened{Kind: Hello}}, Delivered{1, true}, Sent{1, false, []byte{3}, Opened{Kind: Handshake, Plain: []byte{4}}},
		Sent{1, true, []byte{5}, Opened{}}, Sent{1, true, []byte{6}, Opened{Kind: Renewal, Plain: []byte{7}, Inner: []byte{8}}},
		Sent{2, true, []byte{9}, Opened{Kind: Data, Plain: append([]byte{2, 16: 1, 17: 1, 57: 5}, 1)}})
	for _, s := range sayings {
		add(Sent{1, true, []byte{10}, Opened{Kind: Data, Plain: exchange.Encode(s)}})
	}
	add(Saw{Who: "alice", Number: 1, What: Roster, Sid: sid, Epoch: 1, Party: "bob", Members: []Member{{"alice", suite.Point{3}, 1}},
		Added: []identity.ID{"alice"}, Removed: []identity.ID{"eve"}, Restarted: []identity.ID{"bob"}},
		Saw{Who: "alice", Number: 2, What: Text, Sid: sid, Index: 1, Epoch: 1, Party: "bob", ID: content.TextID{5}, Text: []byte("hé\x01\n\"")},
		Saw{Who: "alice", Number: 3, What: Text, Sid: sid, Index: 2, Epoch: 1, Party: "bob", ID: content.TextID{6}, Text: []byte{0xff}},
		Saw{Who: "alice", Number: 4, What: Repeat, Sid: sid, Index: 3, Epoch: 1, Party: "bob", ID: content.TextID{5}},
		Saw{Who: "alice", Number: 5, What: Unreadable, Sid: sid, Index: 4, Epoch: 1, Party: "bob"},
		Saw{Who: "alice", Number: 6, What: Ack, Sid: sid, Index: 5, Party: "bob", UpTo: 4},
		Saw{Who: "alice", Number: 7, What: PeerStopped, Sid: sid, Index: 6, Party: "bob", UpTo: 5},
		Saw{Who: "alice", Number: 8, What: Ended, Sid: sid, Index: 6, Epoch: 1, Reason: 1, Code: strings.Repeat("0123456789", 6), Check: "D1", Error: "forked"},
		Saw{Who: "alice", Number: 9, What: Fault, Party: "router", Check: "D1", Error: "forked"},
		Crashed{"alice"}, Saved{"router"}, Restored{"router"}, Closed{2}, Closed{1})
	if timed {
		add(Clock{1700000000000})
	}
	return m
}

func TestOneHasEverything(t *testing.T) {
	tags, events, kinds := map[byte]bool{}, map[What]bool{}, map[Kind]bool{}
	for _, r := range one(true).Records {
		tags[r.tag()] = true
		if s, ok := r.(Saw); ok {
			events[s.What] = true
		}
		if s, ok := r.(Sent); ok {
			kinds[s.Opened.Kind] = true
		}
	}
	require.Len(t, tags, len(shapes)-1) // all but the end
	require.Len(t, events, int(Fault))
	require.Len(t, kinds, len(kindNames))
}
