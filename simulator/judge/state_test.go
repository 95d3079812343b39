package judge

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// replace changes bytes wherever they stand in what was opened, so that all copies
// of them agree.
func replace(m *transcript.Memory, old, new []byte) *transcript.Memory {
	c := copyOf(m)
	for i, r := range c.Records {
		if s, ok := r.(transcript.Sent); ok && bytes.Contains(s.Opened.Plain, old) {
			s.Opened.Plain = bytes.ReplaceAll(s.Opened.Plain, old, new)
			c.Records[i] = s
		}
	}
	return c
}

func flipped(b []byte) []byte {
	c := bytes.Clone(b)
	c[len(c)/2] ^= 4
	return c
}

// Some things agree with everything that a transcript shows, and are wrong all the
// same: seals that are under no key, MACs under none. With the state of a message
// one can tell of those that it reaches: of the message itself, of what follows in
// its chains, and of answers to the keys that it offered. What it does not reach it
// must not reach: that is unlinkability.
func TestStateReachesSomeSealsAndNoOthers(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		for _, v := range []simulator.Variant{simulator.FromStart, simulator.JustBefore} {
			sc := transcripttest.Parse(t, "providers 2\nconversation lunch: Alice Bob\nAlice in lunch: one\nAlice in lunch: two\nBob in lunch: three\nAlice in lunch: four\n")
			w, err := simulator.NewWorld(s, sc, [32]byte{1})
			require.NoError(t, err)
			m, witness := &transcript.Memory{}, simulator.NewWitness(s)
			_, err = w.Run(simulator.Job{Script: sc, Coins: [32]byte{4}, Open: simulator.To(m)}, witness)
			require.NoError(t, err)

			var uploads []*said
			for _, x := range read(s, m).all {
				if _, ok := x.message.(exchange.Upload); ok {
					uploads = append(uploads, x)
				}
			}
			first := uploads[0] // the SETUP: all chains begin with it or answer it
			st, err := witness.State(first.from, first.opened.Plain, v)
			require.NoError(t, err)
			e := Evidence{World: w, Transcript: m, State: &st}
			require.Equal(t, CannotTell, Find("state").Judge(e).Answer, Find("state").Judge(e).Reason)

			reached := map[bool]int{}
			for _, x := range uploads {
				u := x.message.(exchange.Upload)
				seal := u.Blocks[0][len(u.Blocks[0])-48:]
				c := Evidence{World: w, Transcript: replace(m, seal, flipped(seal)), State: &st}
				for _, name := range []string{"wires", "providers", "people", "views"} {
					require.Equal(t, CannotTell, Find(name).Judge(c).Answer, "the copies agree")
				}
				reached[Find("state").Judge(c).Answer == Simulated]++
				mac := u.Auths[1].MAC[:]
				c.Transcript, c.cache = replace(m, mac, flipped(mac)), nil
				require.Equal(t, CannotTell, Find("providers").Judge(c).Answer)
				require.Equal(t, x.from == first.from, Find("state").Judge(c).Answer == Simulated, "MACs of its own connection, and no others")
			}
			t.Log(s.Name(), v, "of", len(uploads), "uploads the state of the first reaches", reached[true])
			require.GreaterOrEqual(t, reached[true], 3)
			if h, err := pair.ParseHeader(s, uploads[len(uploads)-1].message.(exchange.Upload).Blocks[0]); err == nil && h.Start {
				require.Positive(t, reached[false], "later chains begin with keys that the message does not give away")
			}
		}
	}
}

// Counting over several transcripts finds what one is too short for: that a bit of
// SETUP nonces is stuck.
func TestSeveralTranscripts(t *testing.T) {
	x := Experiment{Trials: 4, Seed: 2, Suite: cowpitest.Cheap, Samples: 50,
		Script: func(*rand.Rand) script.Script {
			return transcripttest.Parse(t, "providers 2\nconversation lunch: Alice Bob\n")
		},
		Spoil: func(m *transcript.Memory) {
			for i, r := range m.Records {
				if s, ok := r.(transcript.Sent); ok && len(s.Opened.Plain) > 50 && s.Opened.Plain[0] == 4 && s.Opened.Plain[40] == byte(conversation.SETUP) {
					s.Opened.Plain[41] &= 0x7f
					m.Records[i] = s
				}
			}
		}}
	res, err := x.Run(Trusting(Find("statistics")))
	require.NoError(t, err)
	require.Equal(t, 1.0, res.Rows[0].Advantage, res.Rows[0])
}
