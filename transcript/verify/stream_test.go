package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// long is a script with so many texts.
func long(n int) string {
	var b strings.Builder
	b.WriteString("conversation protest: Alice Bob Charlie\n")
	for i := range n {
		fmt.Fprintf(&b, "%s: text %d\n", []string{"Alice", "Bob", "Charlie"}[i%3], i)
	}
	return b.String()
}

// most counts what is kept of a transcript at its worst, but for what is per user.
func most(t testing.TB, m *transcript.Memory) (kept int) {
	set, err := identity.UnsafeProviders(suite.Default, m.Head.Providers...)
	require.NoError(t, err)
	v := newVerifier(Options{Suite: suite.Default, Window: 1 << 20}, set)
	for _, r := range m.Records {
		v.take(r)
		n := 0
		for _, k := range v.talks {
			for _, list := range k.versions {
				n += len(list)
			}
			n += k.waiting + len(k.branches) + len(k.rosters)
			for _, of := range k.commits {
				n += len(of)
			}
		}
		for _, c := range v.conns {
			n += len(c.sides[up].flying) + len(c.sides[down].flying) + len(c.last)
		}
		kept = max(kept, n)
	}
	require.True(t, v.finish().Holds())
	for _, k := range v.talks {
		for _, b := range k.branches {
			n := 0
			for x := b.tip; x != nil; x = x.parent {
				n++
			}
			require.Less(t, n, 30, "old versions hang on new ones")
		}
	}
	return kept
}

// What is kept does not grow with the transcript.
func TestMemoryIsBounded(t *testing.T) {
	short := most(t, transcripttest.Record(t, transcripttest.Parse(t, long(20))))
	longer := most(t, transcripttest.Record(t, transcripttest.Parse(t, long(200))))
	require.LessOrEqual(t, longer, short+10)
}

// A window drops what somebody who is away has not acknowledged; what comes later
// of it is then not established, and nothing is called broken.
func TestWindow(t *testing.T) {
	m := transcripttest.Record(t, transcripttest.Script(t, "offline"))
	r, err := Run(m.Source(), Options{Window: 2})
	require.NoError(t, err)
	require.True(t, r.Holds(), r.String())
	require.Equal(t, NotEstablished, worst(r, ProviderSame))
	require.Equal(t, Established, worst(run(t, m, nil), ProviderSame)) // control
}

// worst is NotEstablished if anything of a check is not.
func worst(r *Report, c Check) Status {
	out := Established
	for _, f := range r.Findings {
		if f.Check == c && f.Status != Established && f.Count > 0 {
			out = f.Status
		}
	}
	return out
}

// What was not opened is not established, and is nobody's fault.
func TestDark(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	all := copyOf(honest)
	for i, r := range all.Records {
		if s, ok := r.(transcript.Sent); ok && s.Opened.Kind != transcript.Hello {
			s.Opened = transcript.Opened{}
			all.Records[i] = s
		}
	}
	r := run(t, all, nil)
	require.True(t, r.Holds(), r.String())
	require.Equal(t, NotEstablished, worst(r, Opened))

	rnd := rand.New(rand.NewPCG(3, 4))
	for range 40 { // single ones
		m := copyOf(honest)
		i := rnd.IntN(len(m.Records))
		s, ok := m.Records[i].(transcript.Sent)
		if !ok || s.Opened.Kind != transcript.Data {
			continue
		}
		s.Opened = transcript.Opened{}
		m.Records[i] = s
		r := run(t, m, nil)
		require.True(t, r.Holds(), "record %d: %s", i+1, r)
	}
}

// A transcript that begins in the middle of a conversation: what was before is
// believed, and that is said.
func TestBeginsInTheMiddle(t *testing.T) {
	m := copyOf(transcripttest.Record(t, transcripttest.Parse(t, story)))
	from := uint64(0)
	for _, r := range m.Records {
		if s, ok := r.(transcript.Saw); ok && from == 0 && s.What == transcript.Roster && s.Epoch == 1 {
			from = s.Index // Charlie adds Dave
		}
	}
	require.NotZero(t, from)
	for _, s := range each(m) {
		if d, ok := s.parsed.(exchange.Delivery); ok && d.Index < from {
			say(m, s.at, exchange.Encode(exchange.LowStock{}))
		}
	}
	m.Records = slices.DeleteFunc(m.Records, func(r transcript.Record) bool {
		s, ok := r.(transcript.Saw)
		return ok && s.Index < from
	})
	r := run(t, m, nil)
	require.Empty(t, found(r, DigestChain))
	require.Equal(t, NotEstablished, worst(r, DigestChain))
	require.Empty(t, found(r, Valid))
}

// Who joins may be the only one who is connected: an index is then delivered
// before the one before it, and judged when that has come. If it never comes,
// nothing is established.
func TestDeliveredBeforeItsPast(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	sid := suite.Hash{}
	index := func(s said) int {
		if d, ok := s.parsed.(exchange.Delivery); ok && (sid == d.Sid || sid == suite.Hash{}) {
			sid = d.Sid
			return int(d.Index)
		}
		return -1
	}
	m := copyOf(honest)
	var early []byte // index 4, told where somebody is told index 3 first
	var at said
	for _, s := range each(honest) {
		if index(s) == 3 && at.at == 0 {
			at = s
		}
		if index(s) == 4 && s.conn.Client == at.conn.Client && s.conn.Server == at.conn.Server {
			early = s.sent.Opened.Plain
			say(m, s.at, at.sent.Opened.Plain)
		}
	}
	say(m, at.at, early)
	r := run(t, m, nil)
	require.Empty(t, found(r, DigestChain), r.String())
	require.Empty(t, found(r, Valid), r.String())
	require.NotEmpty(t, found(r, DeliveryOrder), "on this connection it was out of order, of course")

	m = copyOf(honest)
	for _, s := range each(honest) {
		if index(s) == 3 {
			say(m, s.at, exchange.Encode(exchange.LowStock{}))
		}
	}
	r = run(t, m, nil)
	require.Empty(t, found(r, DigestChain), r.String())
	require.Equal(t, NotEstablished, worst(r, DigestChain))
}

// Whatever is in a transcript, verifying it ends, with a report.
func TestNoPanicOnAnything(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	flip := func(b []byte) []byte {
		b = slices.Clone(b)
		if len(b) > 0 {
			b[rnd.IntN(len(b))] ^= byte(1 << rnd.IntN(8))
		}
		return b
	}
	for range rounds {
		m := copyOf(honest)
		for range 1 + rnd.IntN(8) {
			i, j := rnd.IntN(len(m.Records)), rnd.IntN(len(m.Records))
			switch rnd.IntN(4) {
			case 0:
				m.Records[i], m.Records[j] = m.Records[j], m.Records[i]
			case 1:
				m.Records = slices.Delete(m.Records, i, i+1)
			case 2:
				m.Records = slices.Insert(m.Records, i, m.Records[j])
			default:
				if s, ok := m.Records[i].(transcript.Sent); ok {
					s.Opened.Plain = flip(s.Opened.Plain)
					m.Records[i] = s
				}
			}
		}
		require.NotEmpty(t, run(t, m, nil).String())
	}
}

// Every byte of a delivery counts, but for the highest index, of which providers
// may say anything that is not lower.
func TestEveryByteOfADelivery(t *testing.T) {
	honest := transcripttest.Record(t, transcripttest.Parse(t, story))
	const head = 1 + 32 + 8
	seen := 0
	for _, s := range each(honest) {
		d, ok := s.parsed.(exchange.Delivery)
		if !ok || d.Index != 4 && len(d.Assigned) == 0 || seen == 4 {
			continue
		}
		seen++
		for i := 0; i < len(s.sent.Opened.Plain); i += 7 {
			if i >= head && i < head+8 {
				continue
			}
			m := copyOf(honest)
			payload := slices.Clone(s.sent.Opened.Plain)
			payload[i] ^= 1
			say(m, s.at, payload)
			require.False(t, run(t, m, nil).Holds(), "byte %d of delivery %d", i, d.Index)
		}
	}
	require.Equal(t, 4, seen)
}

// BenchmarkVerify verifies a conversation of 300 texts, and reports what that
// costs a text, and how it relates to playing it. (Recording is in package
// recorder.)
func BenchmarkVerify(b *testing.B) {
	const texts = 300
	s := transcripttest.Parse(b, long(texts))
	begin := time.Now()
	_, err := play.Play(s, play.Options{Seed: 1})
	require.NoError(b, err)
	played := time.Since(begin)
	m := transcripttest.Record(b, s)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		run(b, m, nil)
	}
	each := float64(b.Elapsed()) / float64(b.N)
	b.ReportMetric(each/1000/texts, "µs/text")
	b.ReportMetric(each/float64(played), "verify/play")
	b.ReportMetric(0, "ns/op")
}
