package simulator

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

const happened = `
conversation lunch: Alice Bob Charlie
Alice: Are you going to the protests?
Bob: No...
Alice: Have you had lunch yet?
Charlie: Yes.
`

const invented = `
conversation lunch: Alice Bob Charlie
Alice: It rains.
Bob: It does, and it will go on for the whole week, I am afraid.
Alice: (here stands the real one)
Charlie: Whoever would have thought?
`

// textsOf lists what one participant was shown.
func textsOf(m *transcript.Memory, who string) (out []string) {
	for _, r := range m.Records {
		if s, ok := r.(transcript.Saw); ok && s.What == transcript.Text && string(s.Who) == who {
			out = append(out, string(s.Text))
		}
	}
	return out
}

// holds says whether these bytes were opened in something that was sent.
func holds(m *transcript.Memory, opened []byte) bool {
	for _, r := range m.Records {
		if s, ok := r.(transcript.Sent); ok && bytes.Equal(s.Opened.Plain, opened) {
			return true
		}
	}
	return false
}

// theLunch is the real upload of "Have you had lunch yet?": the second text of Alice.
func theLunch(t testing.TB, r real) message {
	n := 0
	for _, m := range messages(r.world.Suite, r.seen) {
		p, err := r.witness.plan(m.Bytes)
		require.NoError(t, err)
		if m.Author == "Alice" && p.key != nil {
			if n++; n == 2 {
				require.Equal(t, "Have you had lunch yet?", string(p.said))
				return m
			}
		}
	}
	t.Fatal("it was not said")
	return message{}
}

// One real message stands unchanged in a conversation that says something else, on
// another schedule and with other coins; every forger can do that.
func TestPlaceInAConversationThatSaysSomethingElse(t *testing.T) {
	for _, base := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		r := happen(t, base, transcripttest.Parse(t, happened), 4)
		target := theLunch(t, r)
		for who, f := range r.world.forgers() {
			for _, v := range []Variant{FromStart, JustBefore} {
				st, err := r.witness.State(target.Author, target.Bytes, v)
				require.NoError(t, err)
				m := &transcript.Memory{}
				_, err = f.Forge(Job{Script: transcripttest.Parse(t, invented), Schedule: 77, Coins: [32]byte{8, 8}, Open: To(m), Place: []transcript.MessageState{st}})
				require.NoError(t, err, "%s, %v", who, v)
				require.True(t, holds(m, target.Bytes))
				for _, reader := range []string{"Alice", "Bob", "Charlie"} {
					require.Equal(t, []string{"It rains.", "It does, and it will go on for the whole week, I am afraid.",
						"Have you had lunch yet?", "Whoever would have thought?"}, textsOf(m, reader))
				}
				// The SETUP is given, as a data block; nothing else of the real one is there.
				for _, other := range messages(base, r.seen) {
					require.Equal(t, bytes.Equal(other.Bytes, target.Bytes), holds(m, other.Bytes))
				}
			}
		}
	}
}

// A script that does not lead to the message is refused, with what was looked for.
func TestPlaceNeedsAScriptThatLeadsThere(t *testing.T) {
	r := happen(t, cowpitest.Cheap, transcripttest.Parse(t, happened), 4)
	target := theLunch(t, r)
	st, err := r.witness.State(target.Author, target.Bytes, FromStart)
	require.NoError(t, err)
	o := Outsider{r.world.Public()}
	try := func(text string, st transcript.MessageState) error {
		_, err := o.Forge(Job{Script: transcripttest.Parse(t, text), Coins: [32]byte{1}, Open: To(&transcript.Memory{}), Place: []transcript.MessageState{st}})
		return err
	}
	require.NoError(t, try(invented, st)) // the control
	for name, text := range map[string]string{
		"somebody else": "conversation lunch: Alice Bob Charlie\nBob: one\nAlice: two\n",
		"another group": "users Charlie\nconversation lunch: Alice Bob\nAlice: one\nBob: two\nAlice: three\n",
		"too early":     "conversation lunch: Alice Bob Charlie\nAlice: one\nAlice: two\n",
	} {
		require.ErrorContains(t, try(text, st), "does not lead to the message", name)
	}
	require.ErrorIs(t, try("conversation lunch: Alice Bob Charlie\nAlice: one\nBob: two\nAlice: one\n", st), errNotUnique)

	// What is given must be whole, and of this message.
	for name, spoil := range map[string]func(*transcript.MessageState){
		"another key":      func(s *transcript.MessageState) { s.Key[0] ^= 1 },
		"a block less":     func(s *transcript.MessageState) { s.Blocks = s.Blocks[1:] },
		"an AK less":       func(s *transcript.MessageState) { s.Auths = s.Auths[1:] },
		"another AK":       func(s *transcript.MessageState) { s.Auths[0][0] ^= 1 },
		"no upload":        func(s *transcript.MessageState) { s.Upload = s.Upload[1:] },
		"another chain":    func(s *transcript.MessageState) { s.Blocks[0].Chain[0] ^= 1 },
		"another setup":    func(s *transcript.MessageState) { s.Setup[len(s.Setup)-1] ^= 1 },
		"nothing at all":   func(s *transcript.MessageState) { *s = transcript.MessageState{} },
		"another author":   func(s *transcript.MessageState) { s.Author = "Bob" },
		"a stranger to it": func(s *transcript.MessageState) { s.Author = "Mallory" },
	} {
		bad, err := r.witness.State(target.Author, bytes.Clone(target.Bytes), FromStart)
		require.NoError(t, err)
		bad.Setup = bytes.Clone(bad.Setup)
		spoil(&bad)
		require.Error(t, try(invented, bad), name)
	}
}

// A forger whose tape is not quite that of the real run makes another transcript:
// the comparison would notice.
func TestPerfectSimulationNoticesEveryKindOfCoin(t *testing.T) {
	r := happen(t, cowpitest.Cheap, transcripttest.Parse(t, happened), 4)
	purposes := map[string]Draw{}
	for d := range r.tape.coins {
		purposes[string(d.Purpose)] = d
	}
	require.Greater(t, len(purposes), 12)
	for name, d := range purposes {
		forged := &transcript.Memory{}
		job := r.job
		job.Open, job.Tape = To(forged), askew{r.tape, d}
		_, _ = Outsider{r.world.Public()}.Forge(job)
		require.NotEqual(t, -1, firstDifference(r.seen, forged), name)
	}
}

// askew is a tape with one other coin.
type askew struct {
	Tape
	at Draw
}

func (a askew) Coin(d Draw) suite.Coin {
	c := a.Tape.Coin(d)
	if d == a.at {
		c[0] ^= 1
	}
	return c
}
