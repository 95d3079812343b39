package integrity

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

func text(i uint64, author, text string) Entry {
	return Entry{Index: i, Kind: Text, Author: identity.ID(author), Text: text, ID: content.TextID{byte(i)}}
}

func roster(i uint64, ids ...identity.ID) Entry {
	e := Entry{Index: i, Kind: Roster, Author: "ann"}
	for _, id := range ids {
		e.Members = append(e.Members, Member{ID: id})
	}
	return e
}

// A keeper begins a stay with a roster, counts what was processed, and hears
// nothing while the participant is out.
func TestKeeper(t *testing.T) {
	k := Keeper{Account: Account{Who: "bob"}}
	k.Processed(3)
	k.Saw(text(4, "ann", "not there"))
	require.Empty(t, k.Account.Stays)
	k.Roster(roster(5, "ann", "bob"))
	k.Saw(text(6, "ann", "a"))
	k.Processed(6)
	k.Processed(7)
	k.Processed(8) // of the UPDATE that restarts bob: the stay goes on
	k.Roster(roster(8, "ann", "bob"))
	k.Ended()
	k.Processed(9)
	k.Processed(12) // of the UPDATE that brings bob back
	k.Roster(roster(12, "ann", "bob"))
	require.Equal(t, []Stay{
		{First: 5, Last: 8, Indices: 4, Entries: []Entry{roster(5, "ann", "bob"), text(6, "ann", "a"), roster(8, "ann", "bob")}},
		{First: 12, Last: 12, Indices: 1, Entries: []Entry{roster(12, "ann", "bob")}},
	}, k.Account.Stays)
}

// The difference says where, and what each has there. (The relation itself has its
// good and bad histories in package cowpitest.)
func TestCompareSaysWhere(t *testing.T) {
	one := Stay{First: 0, Last: 4, Entries: []Entry{roster(0, "ann"), text(2, "ann", "a"), text(4, "ann", "b")}}
	same := Stay{First: 1, Last: 2, Entries: []Entry{text(2, "ann", "a")}}
	require.Nil(t, one.Compare(same))
	for name, c := range map[string]struct {
		other Stay
		index uint64
		both  bool
	}{
		"another text":  {Stay{First: 1, Last: 4, Entries: []Entry{text(2, "ann", "x"), text(4, "ann", "b")}}, 2, true},
		"one less":      {Stay{First: 1, Last: 4, Entries: []Entry{text(4, "ann", "b")}}, 2, false},
		"one more":      {Stay{First: 1, Last: 4, Entries: []Entry{text(2, "ann", "a"), text(3, "ann", "c"), text(4, "ann", "b")}}, 3, false},
		"the last less": {Stay{First: 1, Last: 4, Entries: []Entry{text(2, "ann", "a")}}, 4, false},
	} {
		d := one.Compare(c.other)
		require.NotNil(t, d, name)
		require.Equal(t, c.index, d.Index, name)
		require.Equal(t, c.both, d.One != nil && d.Other != nil, name)
		require.NotEmpty(t, d.Error())
		back := c.other.Compare(one)
		require.Equal(t, d.One, back.Other, name)
	}
	var d *Difference
	err := Agree(Account{"ann", suite.Hash{}, []Stay{one}}, Account{"bob", suite.Hash{}, []Stay{{First: 2, Last: 2}}})
	require.True(t, errors.As(err, &d))
	require.Equal(t, uint64(2), d.Index)
}

// A difference says in words what each was shown, also where texts are the same.
func TestDifferencesInWords(t *testing.T) {
	one, other := text(7, "ann", "hi"), text(7, "ann", "hi")
	other.ID = content.TextID{9}
	require.EqualError(t, &Difference{7, &one, &other}, `a text by ann at index 7, epoch 0: "hi" (07000000) was shown to one `+
		`and a text by ann at index 7, epoch 0: "hi" (09000000) to the other`)
	r := roster(8, "ann", "bob")
	require.EqualError(t, &Difference{8, &r, nil}, "a roster by ann at index 8, epoch 0: ann (since 0) bob (since 0) was shown to one and nothing to the other")
}
