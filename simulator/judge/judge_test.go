package judge

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// A result depends on the seed, and not on how many trials run at the same time.
func TestExperimentsAreReproducible(t *testing.T) {
	for _, g := range []Game{Deniability, Unlinkability} {
		x := Experiment{Game: g, Trials: 12, Seed: 5, Suite: cowpitest.Cheap, Workers: 1}
		one, err := x.Run()
		require.NoError(t, err)
		x.Workers = 4
		four, err := x.Run()
		require.NoError(t, err)
		require.Equal(t, one, four)
		x.Seed = 6
		other, err := x.Run()
		require.NoError(t, err)
		require.NotEqual(t, one, other)
	}
}

// Each kind of forger plays, and forgers that slip are caught: here the last thing
// that anybody saw is missing.
func TestSpoiltForgeriesAreCaught(t *testing.T) {
	for _, kind := range []Forgers{Outsiders, Participants, Providers} {
		x := Experiment{Trials: 12, Seed: 5, Suite: cowpitest.Cheap, Forgers: kind, Spoil: func(m *transcript.Memory) {
			for i, r := range slices.Backward(m.Records) {
				if _, ok := r.(transcript.Saw); ok {
					m.Records = slices.Delete(m.Records, i, i+1)
					return
				}
			}
		}}
		res, err := x.Run(Trusting(Find("views")))
		require.NoError(t, err)
		require.Equal(t, 1.0, res.Row("views").Advantage)
	}
}

// Of two transcripts, all say which is forged if one has a slip, and none if not.
func TestCompare(t *testing.T) {
	real, forged := pairOf(t, cowpitest.Cheap, transcripttest.Parse(t, lunch), 1)
	for _, c := range Compare(real, forged) {
		require.Zero(t, c.Forged, "%+v", c)
	}
	forged.Transcript.Records = forged.Transcript.Records[:len(forged.Transcript.Records)/2]
	i := slices.IndexFunc(forged.Transcript.Records, func(r transcript.Record) bool { _, ok := r.(transcript.Delivered); return ok })
	forged.Transcript.Records = slices.Delete(forged.Transcript.Records, i, i+1)
	one, two := 0, 0
	for _, c := range Compare(real, forged) {
		if c.Forged == 2 {
			one++
		}
	}
	for _, c := range Compare(forged, real) {
		if c.Forged == 1 {
			two++
		}
	}
	require.Positive(t, one)
	require.Equal(t, one, two)
}

// Whatever a transcript holds, and with whatever keys, distinguishers answer.
func TestAnyTranscriptIsAnswered(t *testing.T) {
	good, _ := pairOf(t, cowpitest.Cheap, transcripttest.Parse(t, everything), 1)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 60 {
		e := Evidence{World: good.World, Transcript: copyOf(good.Transcript)}
		m := e.Transcript
		for range 1 + r.IntN(4) {
			at := r.IntN(len(m.Records))
			switch r.IntN(6) {
			case 0:
				m.Records = slices.Delete(m.Records, at, min(at+1+r.IntN(40), len(m.Records)))
			case 1:
				other := r.IntN(len(m.Records))
				m.Records[at], m.Records[other] = m.Records[other], m.Records[at]
			case 2:
				m.Records = slices.Insert(m.Records, r.IntN(len(m.Records)), m.Records[at])
			case 3:
				if s, ok := m.Records[at].(transcript.Sent); ok {
					s.Opened.Plain = s.Opened.Plain[:r.IntN(len(s.Opened.Plain)+1)]
					m.Records[at] = s
				}
			case 4:
				if s, ok := m.Records[at].(transcript.Sent); ok {
					s.Bytes = s.Bytes[:r.IntN(len(s.Bytes)+1)]
					m.Records[at] = s
				}
			case 5:
				if s, ok := m.Records[at].(transcript.Sent); ok && len(s.Opened.Plain) > 0 {
					s.Opened.Plain[r.IntN(len(s.Opened.Plain))] ^= byte(1 + r.IntN(255))
				}
			}
		}
		if i%5 == 0 {
			e.World = simulator.World{Suite: e.World.Suite}
		}
		if i%7 == 0 {
			e.State = &transcript.MessageState{Author: "Alice", Upload: []byte{4, 1, 2}}
		}
		require.Len(t, Examine(e), len(All()))
	}
	Examine(Evidence{Transcript: &transcript.Memory{}})
}

// Names are words of their own, and everybody says what it looks at.
func TestAllAreNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		require.NotEmpty(t, d.What())
		require.False(t, seen[d.Name()])
		seen[d.Name()] = true
		require.Equal(t, d.Name(), Find(d.Name()).Name())
	}
	require.Nil(t, Find("nobody"))
}
