package judge

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

const aTalk = "providers 2\nconversation lunch: Alice Bob\nAlice: one\n"

func timed(t *testing.T, text string) corpus {
	return forgeJob(t, simulator.Job{Script: transcripttest.Parse(t, text), Schedule: 5, Timed: true})
}

// clocks lists where the clock moves, after its beginning.
func clocks(m *transcript.Memory) (at []int) {
	for i, r := range m.Records {
		if _, ok := r.(transcript.Clock); ok && i > 0 {
			at = append(at, i)
		}
	}
	return at
}

// at is a transcript with another time at one place.
func (c corpus) at(i int, by int64) *transcript.Memory {
	m := copyOf(c.seen)
	m.Records[i] = transcript.Clock{Now: m.Records[i].(transcript.Clock).Now + uint64(by)}
	return m
}

// A provider says at the very time what is due then, and does not dial before its
// pause is over; a participant sends again when its pause is over. A clock that is
// one millisecond wrong is noticed.
func TestClockIsHeldAgainstWhatIsDue(t *testing.T) {
	t.Run("expiry", func(t *testing.T) {
		c := timed(t, aTalk+"wait 800h\n")
		list := clocks(c.seen)
		require.NotEmpty(t, list)
		for _, by := range []int64{-1, 1} {
			require.Contains(t, c.notice(c.at(list[0], by), true), "providers", by)
		}
	})
	t.Run("redial", func(t *testing.T) {
		c := timed(t, aTalk+"mirror1 crashes\n")
		list := clocks(c.seen)
		require.Len(t, list, 1)
		require.IsType(t, transcript.Connected{}, c.seen.Records[list[0]+1])
		require.Equal(t, []string{"providers"}, c.notice(c.at(list[0], -1), true))
	})
	t.Run("retry", func(t *testing.T) {
		c, at := retried(t)
		require.Empty(t, c.notice(c.seen, true))
		for _, by := range []int64{-1, 1} {
			require.Equal(t, []string{"people"}, c.notice(c.at(at, by), true), by)
		}
	})
}

// retried is a transcript in which an upload that was refused is sent again; at is
// where the clock moves for it. How far things have gone by then is left to chance.
func retried(t *testing.T) (c corpus, at int) {
	for n := 1; n < 100; n++ {
		c := timed(t, fmt.Sprintf("%susers Charlie\ntogether\nBob adds Charlie\nrun 12\nAlice: two\nrun %d\nwait 2s\nend\n", aTalk, n))
		st := read(c.world.Suite, c.seen)
		sent := map[string]bool{}
		for _, m := range st.all {
			if _, clock := c.seen.Records[m.record-1].(transcript.Clock); clock && m.toServer && sent[string(m.opened.Plain)] {
				return c, m.record - 1
			}
			sent[string(m.opened.Plain)] = true
		}
	}
	require.Fail(t, "nothing is sent again")
	return c, 0
}

// When somebody wishes for something, and how long it takes to connect, follows
// from nothing. There nobody can tell a time from another one, even in principle:
// the transcript with the other time is that of another script.
func TestClockOfWishesIsAnybodysGuess(t *testing.T) {
	same := func(a, b *transcript.Memory) bool { return reflect.DeepEqual(a.Records, b.Records) }
	t.Run("a wish", func(t *testing.T) {
		c := timed(t, aTalk+"wait 90s\nAlice: two\n")
		list := clocks(c.seen)
		require.Len(t, list, 1)
		later := c.at(list[0], 1)
		require.False(t, same(c.seen, later))
		require.True(t, same(timed(t, aTalk+"wait 90001ms\nAlice: two\n").seen, later))
		require.Empty(t, c.notice(later, true))
	})
	t.Run("a connection", func(t *testing.T) {
		c := timed(t, aTalk+"mirror1 crashes\n")
		later := c.at(clocks(c.seen)[0], 1)
		for n := range 200 { // until all but that has happened, and not longer
			if same(timed(t, fmt.Sprintf("%stogether\nmirror1 crashes\nrun %d\nwait 1001ms\nend\n", aTalk, n+1)).seen, later) {
				require.Empty(t, c.notice(later, true))
				return
			}
		}
		require.Fail(t, "no script brings it about")
	})
}
