package game

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// told is a world in which people were shown, besides all that is in order, what a test
// says.
type told struct {
	*Challenger
	sid suite.Hash
}

func newTold(t *testing.T) told {
	base, err := theStage.world(ParticipantConsistencyA, noTrust()[0])
	require.NoError(t, err)
	c, err := base.copied(ParticipantConsistencyA, 1)
	require.NoError(t, err)
	return told{c, suite.Hash{1}}
}

func (w told) roster(joined map[identity.ID]uint32) (out []cowpi.Member) {
	for _, id := range People {
		if at, in := joined[id]; in {
			out = append(out, cowpi.Member{ID: id, Key: w.net.User(string(id)).Self.Key, Joined: at})
		}
	}
	return out
}

func (w told) shown(to, by identity.ID, index uint64, epoch uint32, members []cowpi.Member, added ...identity.ID) {
	u := w.net.User(string(to))
	u.Events = append(u.Events, cowpi.Event{Body: cowpi.RosterChanged{Sid: w.sid, Index: index, Epoch: epoch, By: by, Members: members, Added: added}})
}

func (w told) made(by identity.ID, epoch uint32, members []cowpi.Member) {
	at := place{by, w.sid}
	w.changes[at] = append(w.changes[at], change{epoch, members})
}

var three = map[identity.ID]uint32{"alice": 0, "bob": 0, "dave": 1}

// Of texts under a roster that nobody else has, those are excluded in which somebody
// corrupt is named, and no others.
func TestOnlyCorruptWitnessesAreExcluded(t *testing.T) {
	for name, x := range map[string]struct {
		joined map[identity.ID]uint32 // of the roster under which dave writes
		also   identity.ID            // who has the roster by which dave joined
		bad    string
		breach bool
	}{
		"nobody has it":         {three, "", "", true},
		"its author has it":     {three, "alice", "", false},
		"another member has it": {three, "bob", "", false},
		"who came with dave":    {map[identity.ID]uint32{"alice": 0, "bob": 0, "dave": 1, "eve": 1}, "eve", "", true},
		"somebody is corrupt":   {three, "", "bob", false},
		"an outsider is":        {three, "", "eve", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTold(t)
			list := w.roster(x.joined)
			w.shown("dave", "alice", 7, 1, list, "dave")
			if x.also != "" {
				w.shown(x.also, "alice", 7, 1, list)
			}
			if x.bad != "" {
				w.corrupt[x.bad] = true
			}
			w.uploads[place{"dave", w.sid}] = []written{{text: "hello", id: content.TextID{1}, epoch: 1}}
			require.Equal(t, x.breach, amongThemselves(w.Challenger) != nil)
		})
	}
	require.Nil(t, amongThemselves(newTold(t).Challenger))
}

// A change of the roster is forged if its honest author did not make it so, and a
// burglary if its author is not in.
func TestChangesOfTheRosterAreJudged(t *testing.T) {
	before := map[identity.ID]uint32{"alice": 0, "bob": 0}
	for name, x := range map[string]struct {
		by              identity.ID
		made            map[identity.ID]uint32
		bad             string
		forged, burglar bool
	}{
		"as it was made":      {"alice", three, "", false, false},
		"never made":          {"alice", nil, "", true, false},
		"made otherwise":      {"alice", before, "", true, false},
		"of a corrupt author": {"alice", nil, "alice", false, false},
		"of an outsider":      {"eve", nil, "eve", false, true},
		"of an honest one":    {"eve", three, "", true, true}, // who had no roster to change
	} {
		t.Run(name, func(t *testing.T) {
			w := newTold(t)
			for _, who := range []identity.ID{"alice", "bob"} {
				w.shown(who, "alice", 0, 0, w.roster(before), "alice", "bob")
			}
			w.made("alice", 0, w.roster(before))
			w.shown("bob", x.by, 1, 1, w.roster(three), "dave")
			if x.made != nil {
				w.made(x.by, 1, w.roster(x.made))
			}
			if x.bad != "" {
				w.corrupt[x.bad] = true
			}
			require.Equal(t, x.forged, forgedRoster(w.Challenger) != nil)
			require.Equal(t, x.burglar, burglary(w.Challenger) != nil)
		})
	}
}

// Two rosters at one index are a breach, also if one of two has not changed; at
// different ends, or before one joined, they are none.
func TestTwoRosters(t *testing.T) {
	before := map[identity.ID]uint32{"alice": 0, "bob": 0}
	acked := func(w told, to identity.ID, index uint64) {
		u := w.net.User(string(to))
		u.Events = append(u.Events, cowpi.Event{Body: cowpi.Acked{Sid: w.sid, Index: index, Participant: "alice", UpTo: 0}})
	}
	for name, x := range map[string]struct {
		then   func(w told)
		breach bool
	}{
		"the same":          {func(w told) { w.shown("bob", "alice", 1, 1, w.roster(three)) }, false},
		"by another":        {func(w told) { w.shown("bob", "bob", 1, 1, w.roster(three)) }, false},
		"not there yet":     {func(told) {}, false},
		"another":           {func(w told) { w.shown("bob", "alice", 1, 1, w.roster(before)) }, true},
		"something else":    {func(w told) { acked(w, "bob", 1) }, true},
		"a joiner, later":   {func(w told) { w.shown("dave", "alice", 1, 1, w.roster(three), "dave") }, false},
		"a joiner, another": {func(w told) { w.shown("dave", "alice", 1, 1, w.roster(before), "dave") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTold(t)
			for _, who := range []identity.ID{"alice", "bob"} {
				w.shown(who, "alice", 0, 0, w.roster(before), "alice", "bob")
			}
			w.shown("alice", "alice", 1, 1, w.roster(three))
			x.then(w)
			require.Equal(t, x.breach, twoRosters(w.Challenger) != nil)
		})
	}
}

// A conversation begins once, for all: by one author, and with one roster. Who joins later
// was shown no beginning.
func TestTwoBeginnings(t *testing.T) {
	before := map[identity.ID]uint32{"alice": 0, "bob": 0}
	for name, x := range map[string]struct {
		then   func(w told)
		breach bool
	}{
		"the same":          {func(w told) { w.shown("bob", "alice", 0, 0, w.roster(before)) }, false},
		"of another author": {func(w told) { w.shown("bob", "eve", 0, 0, w.roster(before)) }, true},
		"with another":      {func(w told) { w.shown("bob", "alice", 0, 0, w.roster(three)) }, true},
		"for one alone":     {func(w told) { w.shown("alice", "bob", 9, 0, w.roster(before)) }, true},
		"a later epoch":     {func(w told) { w.shown("bob", "bob", 1, 1, w.roster(three)) }, false},
		"another name": {func(w told) {
			w.sid[0]++
			w.shown("bob", "eve", 0, 0, w.roster(three))
		}, false},
		"what the corrupt see": {func(w told) {
			w.corrupt["bob"] = true
			w.shown("bob", "eve", 0, 0, w.roster(before))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTold(t)
			w.shown("alice", "alice", 0, 0, w.roster(before))
			require.Nil(t, twoBeginnings(w.Challenger))
			x.then(w)
			require.Equal(t, x.breach, twoBeginnings(w.Challenger) != nil)
		})
	}
}
