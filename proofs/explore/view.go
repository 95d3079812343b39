package explore

import (
	"errors"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// View is what one honest participant has been shown, and what it knows of itself.
// It is all that properties look at.
type View struct {
	Account integrity.Account
	Wrote   []string      // texts that it handed over, in order
	In      bool          // it takes part now,
	Heads   []Head        // where it stood, one after the other
	Stopped bool          // it is out because a check broke
	Blames  []fault.Party // whom it has accused
}

// Head is where a participant stands: the index that it waits for, and h before it.
type Head struct {
	Next   uint64
	Digest suite.Hash
}

// at is the view of one who stands there, or takes no part.
func (v View) at(in bool, h Head) View {
	if v.In = in; in && (len(v.Heads) == 0 || v.Heads[len(v.Heads)-1] != h) {
		v.Heads = append(v.Heads[:len(v.Heads):len(v.Heads)], h)
	}
	return v
}

// viewOf is the view of a user with these events.
func viewOf(self identity.ID, sid suite.Hash, events []cowpi.Event) View {
	u := cowpitest.User{Self: identity.Self{ID: self}, Events: events}
	v := View{Account: u.Account(sid)}
	for _, e := range events {
		switch b := e.Body.(type) {
		case cowpi.Ended:
			v.Stopped = b.Reason == cowpi.EndStopped || b.Reason == cowpi.EndDeclined
			v.blame(b.Err)
		case cowpi.RosterChanged:
			v.Stopped = false
		case cowpi.ProviderFault:
			v.blame(b.Err)
		}
	}
	return v
}

func (v *View) blame(err error) {
	var e *fault.Evidence
	if errors.As(err, &e) && !slices.Contains(v.Blames, e.Who) {
		v.Blames = append(v.Blames, e.Who)
	}
}

// after is the view after more events, which come last of all.
func (v View) after(sid suite.Hash, all []cowpi.Event, more int) View {
	if more == 0 {
		return v
	}
	now := viewOf(v.Account.Who, sid, all)
	now.Wrote, now.Heads = v.Wrote, v.Heads
	return now
}

func (v *View) digest() digest {
	w := wire.NewWriter(512).Fixed(v.Account.Who.Field()).U32(uint32(len(v.Account.Stays)))
	for _, s := range v.Account.Stays {
		w.U64(s.First).U64(s.Last).U64(s.Indices).U32(uint32(len(s.Entries)))
		for _, e := range s.Entries {
			w.U64(e.Index).U32(e.Epoch).Field([]byte(e.Kind)).Fixed(e.Author.Field()).Fixed(e.ID[:]).Field([]byte(e.Text)).U32(uint32(len(e.Members)))
			for _, m := range e.Members {
				w.Fixed(m.ID.Field()).Fixed(m.Key[:]).U32(m.Joined)
			}
		}
	}
	w.U32(uint32(len(v.Wrote)))
	for _, t := range v.Wrote {
		w.Field([]byte(t))
	}
	w.Bool(v.In).Bool(v.Stopped).U32(uint32(len(v.Heads)))
	for _, h := range v.Heads {
		w.U64(h.Next).Fixed(h.Digest[:])
	}
	for _, p := range v.Blames {
		w.U8(uint8(p.Role)).Field([]byte(p.ID))
	}
	return digestOf(w.Bytes())
}
