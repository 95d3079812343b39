package compare

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

func collect(t testing.TB, m *transcript.Memory) Collection {
	c, err := Collect(m.Source())
	require.NoError(t, err)
	return c
}

// sids lists the conversations of a collection.
func sids(c Collection) (out []suite.Hash) {
	for _, of := range c {
		for sid := range of {
			if !slices.Contains(out, sid) {
				out = append(out, sid)
			}
		}
	}
	return out
}

// Whatever a provider or a participant does in these scripts, views agree. (What
// the corrupt participant saw itself is its own business.)
func TestViewsOfScriptsAgree(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash", "participant", "provider", "reorder", "fork", "upkeep"} {
		c := collect(t, transcripttest.RecordScript(t, name))
		delete(c, "Mallory")
		compared := 0
		for a := range c {
			for b := range c {
				for _, sid := range sids(c) {
					r := Views(c[a][sid], c[b][sid])
					require.True(t, r.Holds, "%s: %s", name, r.Words)
					compared += len(r.Compared)
				}
			}
		}
		require.Positive(t, compared, name)
	}
}

// A router alone forks: the result says where, and what each was shown.
func TestForkIsFound(t *testing.T) {
	c := collect(t, transcripttest.RecordScript(t, "fork-single"))
	sid := sids(c)[0]
	require.True(t, Views(c["Alice"][sid], c["Bob"][sid]).Holds)
	require.True(t, Views(c["Charlie"][sid], c["Dave"][sid]).Holds)
	r := Views(c["Alice"][sid], c["Charlie"][sid])
	require.False(t, r.Holds)
	require.Contains(t, r.Words, "part at index")
	// By hand: the first index at which the two were shown something else.
	one, other := c["Alice"][sid].Stays[0], c["Charlie"][sid].Stays[0]
	at := func(s integrity.Stay, i uint64) (out integrity.Entry) {
		for _, e := range s.Entries {
			if e.Index == i {
				return e
			}
		}
		return out
	}
	for i := range r.First.Index {
		require.True(t, at(one, i).Equal(at(other, i)))
	}
	require.False(t, at(one, r.First.Index).Equal(at(other, r.First.Index)))
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	var back Result
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, r, back)
}

// Who joins later, or goes, has less; that is said and is no breach.
func TestOnly(t *testing.T) {
	stay := func(first, last uint64) integrity.Stay {
		s := integrity.Stay{First: first, Last: last}
		for i := first; i <= last; i++ {
			s.Entries = append(s.Entries, integrity.Entry{Index: i, Kind: integrity.Text, Author: "ann"})
		}
		return s
	}
	a := View{Who: "ann", Stays: []integrity.Stay{stay(0, 9)}}
	b := View{Who: "bob", Stays: []integrity.Stay{stay(2, 4), stay(7, 11)}}
	r := Views(a, b)
	require.True(t, r.Holds)
	require.Equal(t, []Stretch{{2, 4}, {7, 9}}, r.Compared)
	require.Equal(t, []Only{{"ann", Stretch{0, 1}}, {"ann", Stretch{5, 6}}, {"bob", Stretch{10, 11}}}, r.Only)
	require.Contains(t, r.Words, "6 indices")

	b.Stays[1].Entries[1].Text = "x"
	r = Views(a, b)
	require.False(t, r.Holds)
	require.Equal(t, uint64(8), r.First.Index)
	r = Views(b, View{Who: "eve", Stays: []integrity.Stay{stay(5, 6)}})
	require.True(t, r.Holds)
	require.Contains(t, r.Words, "never in the conversation together")
	require.Contains(t, Views(a, View{Sid: suite.Hash{1}}).Words, "two conversations")
}

func streams(t testing.TB, m *transcript.Memory) StreamCollection {
	c, err := CollectStreams(m.Source(), suite.Default)
	require.NoError(t, err)
	return c
}

// Honest providers deliver the same; a copy of the router parts from mirrors
// where it forks, and from the router at the same index.
func TestStreams(t *testing.T) {
	for _, name := range []string{"default", "membership", "crash", "offline"} {
		c := streams(t, transcripttest.RecordScript(t, name))
		for a := range c {
			for b := range c {
				for sid := range c[a] {
					r := Streams(c[a][sid], c[b][sid])
					require.True(t, r.Same, "%s: %s", name, r.Words)
					require.NotNil(t, r.Compared)
				}
			}
		}
	}
	c := streams(t, transcripttest.RecordScript(t, "fork"))
	require.Contains(t, c, identity.ID("router*"))
	for sid := range c["router*"] {
		for _, with := range []identity.ID{"router", "mirror1", "mirror2"} {
			r := Streams(c[with][sid], c["router*"][sid])
			require.False(t, r.Same, with)
			require.Equal(t, uint64(12), r.First.Index, "as the script says")
			require.Equal(t, "data", r.First.Field)
			_, err := json.Marshal(r)
			require.NoError(t, err)
		}
		require.True(t, Streams(c["mirror1"][sid], c["mirror2"][sid]).Same)
	}
	c = streams(t, transcripttest.RecordScript(t, "reorder"))
	for sid := range c["router"] {
		r := Streams(c["router"][sid], c["mirror1"][sid])
		require.Equal(t, "versions", r.First.Field)
		require.Contains(t, r.Words, "mirror1 delivered different data")
		require.True(t, Streams(c["router"][sid], c["mirror2"][sid]).Same)
	}
}

// change changes the deliveries of one provider in a transcript.
func change(m *transcript.Memory, provider identity.ID, f func(d *exchange.Delivery) bool) *transcript.Memory {
	out := &transcript.Memory{Head: m.Head, Records: slices.Clone(m.Records)}
	servers := map[uint64]identity.ID{}
	kept := out.Records[:0]
	for _, r := range m.Records {
		switch r2 := r.(type) {
		case transcript.Connected:
			servers[r2.Conn] = r2.Server
		case transcript.Sent:
			if servers[r2.Conn] == provider && !r2.ToServer && len(r2.Opened.Plain) > 0 {
				if got, err := exchange.Parse(suite.Default, r2.Opened.Plain); err == nil {
					if d, ok := got.(exchange.Delivery); ok {
						if !f(&d) {
							continue
						}
						r2.Opened.Plain = exchange.Encode(d)
						r = r2
					}
				}
			}
		}
		kept = append(kept, r)
	}
	out.Records = kept
	return out
}

// Each field of a stream that is changed is found, at its index.
func TestStreamDifferences(t *testing.T) {
	m := transcripttest.RecordScript(t, "default")
	for field, f := range map[string]func(d *exchange.Delivery) bool{
		"":      func(d *exchange.Delivery) bool { d.Head++; return true },
		"index": func(d *exchange.Delivery) bool { return d.Index != 3 },
		"h": func(d *exchange.Delivery) bool {
			if d.Index == 3 {
				d.Before[0] ^= 1
			}
			return true
		},
		"data": func(d *exchange.Delivery) bool {
			if b, err := conversation.Parse(suite.Default, d.Data); err == nil && d.Index == 3 {
				b.Seq++
				d.Data = b.Seal(suite.Default).Raw()
			}
			return true
		},
	} {
		c := streams(t, change(m, "mirror2", f))
		for sid := range c["router"] {
			r := Streams(c["router"][sid], c["mirror2"][sid])
			if field == "" {
				require.True(t, r.Same)
				continue
			}
			require.Equal(t, uint64(3), r.First.Index, field)
			require.Equal(t, field, r.First.Field)
		}
	}
}
