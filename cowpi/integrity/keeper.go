package integrity

// Keeper builds the account of one participant of one conversation from its
// events, in their order. Make it with the account's Who and Sid set.
type Keeper struct {
	Account Account
	in      bool
}

// Roster is told of each roster that was shown. One that comes while the
// participant is out begins a stay.
func (k *Keeper) Roster(e Entry) {
	if !k.in {
		k.Account.Stays = append(k.Account.Stays, Stay{First: e.Index, Last: e.Index, Indices: 1})
		k.in = true
	}
	k.Saw(e)
}

// Saw is told of everything else that an index showed.
func (k *Keeper) Saw(e Entry) {
	if k.in {
		k.Processed(e.Index)
		stay := k.stay()
		stay.Entries = append(stay.Entries, e)
	}
}

// Processed is told that an index was processed that may have shown nothing. Of
// an UPDATE this may come before its roster; of one that brings the participant
// back it comes while it is still out, and says nothing.
func (k *Keeper) Processed(index uint64) {
	if stay := k.stay(); k.in && index > stay.Last {
		stay.Last = index
		stay.Indices++
	}
}

// Ended is told that the conversation ended for the participant, for now.
func (k *Keeper) Ended() { k.in = false }

func (k *Keeper) stay() *Stay {
	if len(k.Account.Stays) == 0 {
		return nil
	}
	return &k.Account.Stays[len(k.Account.Stays)-1]
}
