package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// behind are those that come to a check which stands behind another, or beside what
// providers and people do right of themselves.
var behind = []game.Adversary{NoBlock, SubstitutedAnswer, OthersKeys, TwinUpdates, LaterEpoch, SameWish, LeavesAndAdds, StrangerSetup, LedOnByItself}

// NoBlock gives a reader nothing to open.
var NoBlock = game.Adversary{
	Name:   "no-block",
	What:   "All providers but one deliver a reader no block at all.",
	Source: "this project, D3: who is to blame",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		conspire(o, func(to identity.ID, d exchange.Delivery, _ *conversation.DataBlock) []exchange.Message {
			if string(to) == victim {
				d.Block = nil
			}
			return []exchange.Message{d}
		})
		return script(says(o, author, "Hello."), o.Settle)
	},
}

// SubstitutedAnswer gives a wrong key to one who knows the right one, and to nobody else.
var SubstitutedAnswer = game.Adversary{
	Name:   "substituted-answer",
	What:   "All providers answer somebody who begins a conversation with a key of their own for one of its people, and have that in their directories.",
	Source: "Albrecht et al. (2023), Matrix; Chase et al. (2019), on key transparency: the directory in the middle",
	Games:  []string{"participant-authentication"},
	Attack: func(o *game.Oracles) error {
		who, about := two(o)
		other := newForger(o, pretender(o, party(o, about))).self
		other.Key = o.Suite().Public(other.Secret)
		for i, p := range o.Providers() {
			p.Corrupt = cowpitest.SubstituteKey(identity.ID(who), identity.ID(about), other.Key)
			if err := showKey(o, i, other); err != nil {
				return err
			}
		}
		_, err := o.Create(who, identity.ID(about))
		return err
	},
}

// OthersKeys brings somebody into a conversation in somebody else's place.
var OthersKeys = game.Adversary{
	Name:   "others-keys",
	What:   "All providers answer a fetch with another user's key and prekey in place of one that was asked for, and order the SETUP that comes of it.",
	Source: "Albrecht, Celi, Dowling, Jones (2023), Matrix: members by the server's word; this project, T2",
	Games:  []string{"untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		who, other := two(o)
		got, err := prekeysOf(o, "dave")
		if err != nil || len(got) != 1 {
			return err
		}
		var made *exchange.Upload
		for i, p := range o.Providers() {
			told := false // what is refused costs the connection: once is enough
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if f, ok := m.(exchange.Fetched); ok && string(to) == who && !told {
					told = true
					f.Keys = slices.Clone(f.Keys)
					at := slices.IndexFunc(f.Keys, func(k exchange.FetchedKey) bool { return string(k.ID) == other })
					f.Keys[at] = got[0]
					m = f
				}
				return []exchange.Message{m}
			}
			if i == 0 {
				p.Hear = func(from identity.ID, m exchange.Message) bool {
					up, ok := m.(exchange.Upload)
					if ok && string(from) == who {
						made = &up
					}
					return !ok
				}
			}
		}
		if _, err := o.Create(who, those(other, people3(who, other))...); err != nil || made == nil {
			return err
		}
		d, err := conversation.Parse(o.Suite(), made.Data)
		if err != nil {
			return err
		}
		return sayAll(o, identity.ID(who), exchange.Delivery{Sid: d.Sid, Data: made.Data})
	},
}

// TwinUpdates lets an author make one change twice, and shows it one of the two and
// everybody else the other: there is no block that could tell.
var TwinUpdates = game.Adversary{
	Name:   "twin-updates",
	What:   "The router refuses alice's UPDATE, and has the next one ordered, which says the same; to her it shows the one that it refused.",
	Source: "SPEC.md, 10.5: a refused upload is kept, because it might be ordered nevertheless",
	Games:  []string{"conversation-integrity"},
	Attack: func(o *game.Oracles) error {
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		var refused *exchange.Upload
		var block *conversation.DataBlock
		router.Hear = func(from identity.ID, m exchange.Message) bool {
			up, ok := m.(exchange.Upload)
			if !ok || from != "alice" || block != nil && !up.Same(*refused) {
				return true
			}
			d, err := conversation.Parse(o.Suite(), up.Data)
			if err != nil || d.Type != conversation.UPDATE {
				return true
			}
			refused, block = &up, d
			return false
		}
		again := update(o, "alice", cowpi.Update{Remove: those("charlie")})
		if err := script(again, o.Settle); err != nil || block == nil {
			return err
		}
		err = o.SayAs(0, "alice", exchange.Refused{Sid: o.Main(), Upload: refused.ID(o.Suite()), Seq: block.Seq, Index: block.K, Epoch: block.Epoch,
			Reason: exchange.ReasonTooLarge, From: o.ProviderSet().At(0).ID})
		if err != nil {
			return err
		}
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if to == "alice" && d.Block == nil && b.Type == conversation.UPDATE {
				d.Data = refused.Data
			}
			return []exchange.Message{d}
		})
		return script(o.Settle, again, o.Settle, says(o, "bob", "He is gone."), o.Settle)
	},
}

// SameWish has somebody change a roster that another changed first.
var SameWish = game.Adversary{
	Name:   "same-wish",
	What:   "Two people want the same participant restarted, or one of them wants it removed; what the one says reaches the router when the other's change has its place.",
	Source: "races of commits: RFC 9750 (MLS architecture), 5.2; SPEC.md, 10.5",
	Games:  []string{"dynamic-groups"},
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		third := those(people3(one, other))
		hold := func(from, to string) bool { return from == one && to == "router" }
		return script(
			update(o, one, oneOf(o, cowpi.Update{Restart: third}, cowpi.Update{Remove: third})),
			holding(o, hold),
			update(o, other, cowpi.Update{Restart: third}),
			holding(o, hold),
			o.Settle,
		)
	},
}

// LeavesAndAdds brings somebody in and is not there any more.
var LeavesAndAdds = game.Adversary{
	Name:   "leaves-and-adds",
	What:   "A corrupt participant uploads an UPDATE that adds somebody and leaves out its author; the providers may be honest.",
	Source: "this project, V11: whoever cannot come blames the providers",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		name, _ := two(o)
		u, err := o.Participant(name)
		if err != nil {
			return err
		}
		u.Corrupt = func(up exchange.Upload) exchange.Upload {
			d, err := conversation.Parse(o.Suite(), up.Data)
			if err != nil || d.Type != conversation.UPDATE {
				return up
			}
			list := slices.DeleteFunc(d.Roster.Entries(), func(e conversation.Entry) bool { return string(e.ID) == name })
			if d.Roster, err = conversation.NewRoster(o.Suite(), list); err == nil {
				up.Data = d.Seal(o.Suite()).Raw()
			}
			return up
		}
		_ = o.Act(name, cowpi.Update{Sid: o.Main(), Add: those("dave")})
		return script(func() error { return steps(o, 300) }, func() error { return o.Offline(name, true) }, o.Settle)
	},
}
