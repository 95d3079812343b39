package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/proofs/game"
)

// Where somebody is led back to.
const (
	anEarlierIndex = iota
	anEarlierEpoch
	theBeginning
)

// BackInTime leads somebody back to an index that is over.
var BackInTime = game.Adversary{
	Name:   "back-in-time",
	What:   "Somebody is removed. A corrupt participant makes an UPDATE that adds it again; all providers deliver that to it at an index that it had long ago.",
	Source: "this project, D6",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error { return leadBack(o, anEarlierIndex) },
}

// BackToAnEpoch leads somebody back to an epoch that is over.
var BackToAnEpoch = game.Adversary{
	Name: "back-to-an-epoch",
	What: "Somebody is shown a text in an epoch, and removed. A corrupt participant makes an UPDATE to that epoch with another roster, which adds it again; " +
		"all providers deliver that to it.",
	Source: "this project, D6",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error { return leadBack(o, anEarlierEpoch) },
}

// SecondSetup leads somebody back to the beginning of a conversation that it is in.
var SecondSetup = game.Adversary{
	Name: "second-setup",
	What: "Who began a conversation is corrupt. All providers deliver its SETUP to somebody a second time, with a new block, and then an UPDATE to an epoch " +
		"that was there before, with another roster.",
	Source: "this project, V3",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error { return leadBack(o, theBeginning) },
}

// leadBack leads one participant of Side, which eve began, back.
func leadBack(o *game.Oracles, to int) error {
	author, victim := two(o)
	third := people3(author, victim)
	eve, err := o.Participant("eve")
	if err != nil {
		return err
	}
	keys, err := manyKeys(o, victim, 5)
	if err != nil || keys == nil {
		return err
	}
	then := func(who string, in cowpi.Update) error {
		in.Sid = o.Side()
		return script(does(o, who, in), o.Settle)
	}
	if to != anEarlierIndex {
		if err := then(third, cowpi.Update{Restart: those(third)}); err != nil {
			return err
		}
		if err := script(saysIn(o, author, o.Side(), "In the first epoch."), o.Settle); err != nil {
			return err
		}
	}
	if to != theBeginning {
		if err := then(author, cowpi.Update{Remove: those(victim)}); err != nil {
			return err
		}
	}
	o.Providers()
	defer o.Offline(victim, true) // its view is its own: it would ask for ever
	f := newForger(o, eve.Self)
	h, _ := o.Head(author, o.Side())
	now, _ := o.Roster(author, o.Side())
	me := conversation.Entry{Party: party(o, victim)}
	d := conversation.DataBlock{Sid: o.Side(), RosterDigest: now.Digest(), Author: uint16(now.Position("eve")),
		Seq: 1, Providers: o.ProviderSet().Digest(o.Suite())}
	list := now.Entries()
	at := exchange.Delivery{Index: h.Next, Head: h.Next, Before: h.Digest}
	switch to {
	case anEarlierIndex:
		d.Epoch = h.Epoch
		at.Index, at.Head = 2, 2
	case anEarlierEpoch:
		list = slices.DeleteFunc(list, func(e conversation.Entry) bool { return string(e.ID) != author && e.ID != "eve" })
	case theBeginning:
		return setupAgain(o, f, author, victim, keys, at)
	}
	me.Joined = d.Epoch + 1
	list[slices.IndexFunc(list, func(e conversation.Entry) bool { return e.ID == "eve" })].Joined = me.Joined
	for i := range list {
		if e := &list[i]; e.Joined > me.Joined {
			e.Joined = 0
		}
	}
	m, err := f.update(d, append(list, me), me, keys[0])
	if err != nil {
		return err
	}
	m.Index, m.Head, m.Before, m.Assigned = at.Index, at.Head, at.Before, dueTo(o, list, victim, keys[1:])
	return sayAll(o, identity.ID(victim), m)
}

// dueTo is what has to be assigned between somebody and all others but eve.
func dueTo(o *game.Oracles, list []conversation.Entry, victim string, keys []exchange.Prekey) (out []exchange.Assigned) {
	for i, e := range slices.DeleteFunc(slices.Clone(list), func(e conversation.Entry) bool { return e.ID == "eve" || string(e.ID) == victim }) {
		out = append(out, exchange.Assigned{Peer: e.ID, Theirs: exchange.Prekey{ID: pair.KeyID{byte(i), 1}, Y: someSelf(o, "x").Key}, Mine: keys[i].ID})
	}
	return out
}

func setupAgain(o *game.Oracles, f forger, author, victim string, keys []exchange.Prekey, at exchange.Delivery) error {
	ups, err := o.Uploads()
	if err != nil {
		return err
	}
	var setup *conversation.DataBlock
	for _, up := range ups {
		if b, err := conversation.Parse(o.Suite(), up.Data); err == nil && b.Type == conversation.SETUP && b.Sid == o.Side() {
			setup = b
		}
	}
	if setup == nil {
		return nil
	}
	me := conversation.Entry{Party: party(o, victim)}
	block, err := f.first(setup.Sid, setup.Hash(), me.Party, keys[0])
	if err != nil {
		return err
	}
	list := setup.Roster.Entries()
	at.Sid, at.Data, at.Block, at.Assigned = setup.Sid, setup.Raw(), block, dueTo(o, list, victim, keys[1:4])
	if err := sayAll(o, identity.ID(victim), at); err != nil {
		return err
	}
	h, ok := o.Head(victim, o.Side())
	if !ok {
		return nil // it took no notice
	}
	last, _ := o.Last(victim, o.Side(), "eve")
	d := conversation.DataBlock{Sid: setup.Sid, Epoch: h.Epoch, RosterDigest: setup.Roster.Digest(), Author: uint16(setup.Roster.Position("eve")),
		Seq: last.Seq + 1, K: h.Next - 1, Providers: setup.Providers}
	list = slices.DeleteFunc(list, func(e conversation.Entry) bool { return e.ID == "dave" })
	list[slices.IndexFunc(list, func(e conversation.Entry) bool { return e.ID == "eve" })].Joined = h.Epoch + 1
	m, err := f.update(d, list, me, keys[4])
	if err != nil {
		return err
	}
	m.Index, m.Head, m.Before = h.Next, h.Next, h.Digest
	return sayAll(o, identity.ID(victim), m)
}
