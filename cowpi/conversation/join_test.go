package conversation

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
)

// joinBreach breaks one check of an UPDATE that is valid to g, who joins by it at
// index 5.
type joinBreach struct {
	check fault.Check
	name  string
	index uint64
	self  identity.Party
	block func(*DataBlock)
}

func TestEveryCheckOfValidJoin(t *testing.T) {
	st := inEpoch1(t)
	g := person("g")
	for _, b := range []joinBreach{
		{fault.V3, "a MSG", 5, g, func(d *DataBlock) { *d = *follow(st, MSG, "b") }},
		{fault.V3, "a RCPT", 5, g, func(d *DataBlock) { *d = *follow(st, RCPT, "b") }},
		{fault.V4, "last epoch", 5, g, func(d *DataBlock) { d.Epoch = math.MaxUint32 }},
		{fault.V5, "author left", 5, g, func(d *DataBlock) { d.Roster = mustRoster("c0", "d0", "e1", "g2") }},
		{fault.V5, "author of no roster", 5, g, func(d *DataBlock) { d.AuthorID = "j" }},
		{fault.V7, "k of its own index", 5, g, func(d *DataBlock) { d.K = 5 }},
		{fault.V7, "index 0", 0, g, func(d *DataBlock) { d.K = 0 }},
		{fault.V7, "k far ahead", 5, g, func(d *DataBlock) { d.K = math.MaxUint64 }},
		{fault.V10, "another from the future", 5, g, func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Joined = 3 })
		}},
		{fault.V10, "self not in it", 5, person("h"), func(d *DataBlock) {}},
		{fault.V10, "self not fresh", 5, person("c"), func(d *DataBlock) {}},
		{fault.V10, "another key for self", 5, identity.Party{ID: "g", Key: person("j").Key}, func(d *DataBlock) {}},
		{fault.V13, "another provider set", 5, g, func(d *DataBlock) { d.Providers[7] ^= 1 }},
	} {
		t.Run(string(b.check)+" "+b.name, func(t *testing.T) {
			d := follow(st, UPDATE, "b")
			d.Roster = roster(t, "b0", "c0", "d0", "e1", "g2")
			good := reparse(t, d)
			require.NoError(t, ValidJoin(g, providers, 5, good)) // negative control, before
			bad := *d
			b.block(&bad)
			err := ValidJoin(b.self, providers, b.index, reparse(t, &bad))
			require.Equal(t, b.check, fault.CheckOf(err), "%v", err)
			require.NoError(t, ValidJoin(g, providers, 5, good)) // negative control, after
		})
	}
}

// A restarted participant judges its restart as a joiner does; so does an author
// that restarts itself.
func TestValidJoinOfTheRestarted(t *testing.T) {
	st := inEpoch1(t)
	d := follow(st, UPDATE, "b")
	d.Roster = roster(t, "a0", "b2", "c2", "d0", "e1")
	up := reparse(t, d)
	require.NoError(t, Valid(st, up, 4))
	require.NoError(t, ValidJoin(person("c"), providers, st.Next, up))
	require.NoError(t, ValidJoin(person("b"), providers, st.Next, up))
	err := ValidJoin(person("d"), providers, st.Next, up)
	require.Equal(t, fault.V10, fault.CheckOf(err))
}
