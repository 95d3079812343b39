package show

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

func only(t *testing.T, m *Model) *Conversation {
	require.Len(t, m.Conversations, 1)
	return m.Conversations[0]
}

func (c *Conversation) at(t *testing.T, index uint64) *Row {
	i := slices.IndexFunc(c.Rows, func(r *Row) bool { return r.Index == index })
	require.GreaterOrEqual(t, i, 0)
	return c.Rows[i]
}

func ids(list ...identity.ID) []identity.ID { return list }

// The fork of the paper: two deliveries of index 12, from the copy and from all
// others; nobody was misled, and both victims stopped.
func TestModelOfFork(t *testing.T) {
	c := only(t, modelOf(t, "fork", Options{}))
	require.Equal(t, ids("router", "router*", "mirror1", "mirror2"), c.Providers)
	require.Len(t, c.Participants, 4)
	d := c.First
	require.NotNil(t, d)
	require.Equal(t, uint64(12), d.Index)
	require.Len(t, d.Deliveries, 2)
	require.Empty(t, d.Sights)
	require.Equal(t, ids("Charlie", "Dave"), whose(d.Noticed))
	a, b := d.Deliveries[0], d.Deliveries[1]
	require.Equal(t, []string{"A", "B"}, []string{a.Letter, b.Letter})
	require.Equal(t, identity.ID("Bob"), a.Entry.Author)
	require.Equal(t, []int{10, 2}, []int{a.Count, b.Count})
	for _, g := range d.row.Deliveries {
		require.Equal(t, g.From == "router*", g.Variant == b)
		require.True(t, g.Arrived)
	}
	require.Equal(t, identity.ID("router*"), b.Uploads[0].To)
	for _, p := range d.row.Proposals {
		require.Same(t, a, p.Variant)
		require.True(t, p.Committed)
	}
	require.Equal(t, []State{Active, Active, Stopped, Stopped}, states(c))
	require.False(t, c.at(t, 8).Differs)
}

func states(c *Conversation) (out []State) {
	for _, p := range c.Participants {
		out = append(out, p.State)
	}
	return out
}

// With a router alone the fork succeeds: views part, and nobody stops.
func TestModelOfForkThatSucceeds(t *testing.T) {
	c := only(t, modelOf(t, "fork-single", Options{}))
	require.Len(t, c.First.Sights, 2)
	require.Empty(t, c.First.Noticed)
	require.Empty(t, c.Stops)
	head, more := c.headline()
	require.Contains(t, head, fmt.Sprintf("Views part at index %d", c.First.Index))
	require.Contains(t, more, "Nobody stopped there.")
}

// A mirror swaps two texts: what it delivered is found at its true index.
func TestModelOfReorder(t *testing.T) {
	c := only(t, modelOf(t, "reorder", Options{}))
	require.Equal(t, uint64(2), c.First.Index)
	require.Equal(t, uint64(3), *c.First.Deliveries[1].Elsewhere)
	require.Len(t, c.Stops, 1)
	require.True(t, c.Stops[0].Over)
	require.Equal(t, []State{Active, Active}, states(c))
	require.Len(t, c.Participants[1].Spans, 2)
}

// Honest conversations have no difference, whatever happens in them.
func TestModelOfHonestConversations(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash"} {
		m := modelOf(t, name, Options{})
		require.Empty(t, m.Left)
		for _, c := range m.Conversations {
			require.Nil(t, c.First, name)
			require.Empty(t, c.Differences)
			require.Empty(t, c.Left)
			for _, r := range c.Rows {
				require.LessOrEqual(t, len(delivered(r)), 1)
			}
		}
	}
	c := only(t, modelOf(t, "membership", Options{}))
	require.Len(t, c.Epochs, 12-1)
	require.Equal(t, ids("Alice", "Bob", "Dave", "Erin B."), c.Epochs[2].Members)
	require.Contains(t, states(c), Removed)
	crashes := 0
	for _, r := range only(t, modelOf(t, "crash", Options{})).Rows {
		crashes += len(r.Notes)
	}
	require.Positive(t, crashes)
}

// An altered block is a difference too, though the data is the same; and so is a
// text that one participant passed over.
func TestPlainDifferences(t *testing.T) {
	var m transcript.Memory
	m.Head.Providers = []identity.Party{{ID: "router"}}
	roster := []transcript.Member{{ID: "A"}, {ID: "B"}}
	text := func(who identity.ID, index uint64, id byte, text string) {
		m.Records = append(m.Records, transcript.Saw{Who: who, What: transcript.Text, Index: index, Party: "A", ID: content.TextID{id}, Text: []byte(text)})
	}
	for _, who := range ids("A", "B") {
		m.Records = append(m.Records, transcript.Saw{Who: who, What: transcript.Roster, Party: "A", Members: roster})
		text(who, 1, 1, "same")
	}
	text("A", 2, 2, "for A alone")
	text("A", 3, 3, "both")
	text("B", 3, 3, "both")
	read := func() *Conversation {
		model, err := Read(m.Source(), Options{})
		require.NoError(t, err)
		return only(t, model)
	}
	require.Equal(t, uint64(2), read().First.Index)
	require.Equal(t, ids("B"), read().First.Silent)
	text("B", 2, 2, "for A alone")
	require.Nil(t, read().First)
	text("A", 4, 4, "one")
	text("B", 4, 4, "other")
	require.Len(t, read().First.Sights, 2)
}

// long is a transcript of views, made as it is read. From index fork on, B is shown
// other texts than A; late says that B sees everything after A has seen all.
type long struct {
	n, fork uint64
	late    bool
	at      uint64
}

func (l *long) Header() transcript.Header {
	return transcript.Header{Providers: []identity.Party{{ID: "router"}}}
}

func (l *long) Next() (transcript.Record, error) {
	if l.at >= 2*l.n {
		return nil, io.EOF
	}
	who, index := identity.ID("A"), l.at/2
	if l.late {
		index = l.at % l.n
	}
	if l.late && l.at >= l.n || !l.late && l.at%2 == 1 {
		who = "B"
	}
	l.at++
	if index == 0 {
		return transcript.Saw{Who: who, What: transcript.Roster, Party: "A", Members: []transcript.Member{{ID: "A"}, {ID: "B"}}}, nil
	}
	id := content.TextID{byte(index), byte(index >> 8), byte(index >> 16)}
	if who == "B" && l.fork > 0 && index >= l.fork {
		id[15] = 1
	}
	return transcript.Saw{Who: who, What: transcript.Text, Index: index, Party: "A", ID: id, Text: []byte("hello")}, nil
}

// A long transcript is drawn in bounded size and memory; the first difference is
// found and kept wherever it is, and what was left out is said.
func TestLongTranscripts(t *testing.T) {
	for _, l := range []*long{{n: 100_000}, {n: 100_000, fork: 50_000}, {n: 30_000, fork: 15_000, late: true}} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m, err := Read(l, Options{Rows: 100})
		require.NoError(t, err)
		runtime.GC()
		runtime.ReadMemStats(&after)
		require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(1<<24))
		c := only(t, m)
		require.LessOrEqual(t, len(c.Rows), 110)
		require.Contains(t, strings.Join(c.Left, "\n"), "not drawn")
		if l.fork == 0 {
			require.Nil(t, c.First)
			require.Equal(t, l.n-1, c.Rows[len(c.Rows)-1].Index)
		} else {
			require.NotNil(t, c.First)
			require.Equal(t, l.fork, c.First.Index)
			head, _ := c.headline()
			require.Equal(t, l.late, strings.HasPrefix(head, "Things part at index 15000: what came late"), head)
			require.Empty(t, c.First.Silent, "A was shown something there, which was let go")
		}
		shown := uint64(0)
		for _, r := range c.Rows {
			shown += r.Skipped + 1
		}
		require.Equal(t, c.Rows[len(c.Rows)-1].Index+1, shown, "every index is drawn or counted")
		runtime.KeepAlive(m)
	}
}

// What comes later than anything is remembered is counted, not passed over.
func TestTooLateToCompare(t *testing.T) {
	m, err := Read(&long{n: 70_000, late: true}, Options{Rows: 100})
	require.NoError(t, err)
	require.Contains(t, strings.Join(only(t, m).Left, "\n"), "came so late that they could not be compared")
}

// In a large group those with whom something happened get the lanes.
func TestLanesGoToThoseWhoDiffer(t *testing.T) {
	m := &transcript.Memory{}
	var roster []transcript.Member
	for i := range 50 {
		roster = append(roster, transcript.Member{ID: identity.ID(fmt.Sprintf("u%02d", i))})
	}
	for i, u := range roster {
		id := byte(1)
		if i == 42 {
			id = 2
		}
		m.Records = append(m.Records, transcript.Saw{Who: u.ID, What: transcript.Roster, Party: "u00", Members: roster},
			transcript.Saw{Who: u.ID, What: transcript.Text, Index: 1, Party: "u00", ID: content.TextID{id}})
	}
	model, err := Read(m.Source(), Options{Lanes: 4})
	require.NoError(t, err)
	c := only(t, model)
	require.Len(t, c.Participants, 4)
	require.Equal(t, identity.ID("u42"), c.Participants[3].ID)
	require.Contains(t, c.Left[0], "46 participants have no lane")
}
