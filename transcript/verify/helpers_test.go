package verify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

func run(t testing.TB, m *transcript.Memory, secrets *Secrets) *Report {
	r, err := Run(m.Source(), Options{Secrets: secrets})
	require.NoError(t, err)
	return r
}

// copyOf returns a transcript whose records can be changed.
func copyOf(m *transcript.Memory) *transcript.Memory {
	return &transcript.Memory{Head: m.Head, Records: slices.Clone(m.Records)}
}

// said is an opened message of an exchange, with where it stands.
type said struct {
	at     int // the record
	conn   transcript.Connected
	sent   transcript.Sent
	parsed exchange.Message
}

// each lists what users and providers say to each other.
func each(m *transcript.Memory) (out []said) {
	conns := map[uint64]transcript.Connected{}
	router := m.Head.Providers[0].ID
	for i, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			conns[r.Conn] = r
		case transcript.Sent:
			c := conns[r.Conn]
			if r.Opened.Kind != transcript.Data || len(r.Opened.Plain) == 0 || c.Client == router {
				continue
			}
			if p, err := exchange.Parse(suite.Default, r.Opened.Plain); err == nil {
				out = append(out, said{at: i, conn: c, sent: r, parsed: p})
			}
		}
	}
	return out
}

// say puts another message, or other bytes, in the place of one.
func say(m *transcript.Memory, at int, payload []byte) {
	r := m.Records[at].(transcript.Sent)
	r.Opened.Plain = payload
	r.Bytes = make([]byte, channel.FrameSize(len(payload)))
	r.Bytes[0] = 1
	m.Records[at] = r
}

// change changes the first message of one type for which f is true; f may change
// what it is given. It says at which record, or fails the test.
func change[M exchange.Message](t testing.TB, m *transcript.Memory, f func(s said, msg *M) bool) uint64 {
	for _, s := range each(m) {
		if msg, ok := s.parsed.(M); ok && f(s, &msg) {
			say(m, s.at, exchange.Encode(msg))
			return uint64(s.at + 1)
		}
	}
	require.Fail(t, "nothing to change")
	return 0
}

// changeRecord is the same for records.
func changeRecord[R transcript.Record](t testing.TB, m *transcript.Memory, f func(r *R) bool) uint64 {
	for i, r := range m.Records {
		if r, ok := r.(R); ok && f(&r) {
			m.Records[i] = r
			return uint64(i + 1)
		}
	}
	require.Fail(t, "nothing to change")
	return 0
}

// insert puts records in before a place.
func insert(m *transcript.Memory, at int, r ...transcript.Record) {
	m.Records = slices.Insert(m.Records, at, r...)
}

// found says whether a report names a check as broken, and where.
func found(r *Report, c Check) []Finding {
	var out []Finding
	for _, f := range r.Broken() {
		if f.Check == c {
			out = append(out, f)
		}
	}
	return out
}
