package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

var whoIsIn = []string{"participant-consistency-b", "dynamic-groups"}

// SelfInvited is a burglar: eve, who is not in Main, adds herself, under her own name in
// the place of somebody who is in.
var SelfInvited = game.Adversary{
	Name:   "self-invited",
	What:   "eve, who is not in the conversation, uploads an UPDATE that adds her, as its author, at a participant's position; keys, blocks and MACs are all her own.",
	Source: "burglar into the group: Roesler, Mainka, Schwenk (2018), 5.1; homeserver-controlled membership: Albrecht, Celi, Dowling, Jones (2023)",
	Games:  whoIsIn,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		// One corrupt provider tells her of the public state.
		var last *conversation.DataBlock
		for _, p := range o.Providers()[:1] {
			p.Corrupt = func(_ identity.ID, m exchange.Message) []exchange.Message {
				if d, ok := m.(exchange.Delivery); ok && d.Sid == o.Main() {
					if b, err := conversation.Parse(o.Suite(), d.Data); err == nil && b.Author == 0 && b.Roster == nil {
						last = b
					}
				}
				return []exchange.Message{m}
			}
		}
		if err := script(says(o, "alice", "whose place she takes"), o.Settle); err != nil || last == nil {
			return err
		}
		old, _ := o.Roster("alice", o.Main())
		keys, err := fetchAs(o, eve.Self, o.Main(), "alice", "bob", "charlie")
		if err != nil || keys == nil {
			return err
		}
		d := &conversation.DataBlock{Sid: o.Main(), Type: conversation.UPDATE, Epoch: last.Epoch, RosterDigest: old.Digest(),
			Author: 0, Seq: last.Seq + 1, K: last.K, AuthorID: "eve", Providers: o.ProviderSet().Digest(o.Suite())}
		entries := append(old.Entries(), conversation.Entry{Party: eve.Self.Party(), Joined: last.Epoch + 1})
		if d.Roster, err = conversation.NewRoster(o.Suite(), entries); err != nil {
			return err
		}
		d.Seal(o.Suite())
		u := exchange.Upload{Data: d.Raw()}
		coins := suite.NewCoins(o.Suite(), suite.Seed{1}, eve.Self.Secret, 1<<40)
		for i, id := range conversation.Recipients(old, d) {
			peer, _ := old.Find(id)
			var st pair.State
			if st.Send, err = st.Send.Assign(keys[id].ID, keys[id].Y); err != nil {
				return err
			}
			sealed, err := pair.NewTerms(o.Suite(), eve.Self, peer.Party, o.Main(), d.NewEpoch(), peer.Joined).
				Seal(st, d.Hash(), suite.Key{}, coins, uint32(i))
			if err != nil {
				return err
			}
			u.Blocks = append(u.Blocks, sealed.Block)
		}
		return script(
			func() error { return uploadAs(o, eve.Self, u) },
			o.Settle,
			says(o, "bob", "who is here?"),
			o.Settle,
		)
	},
}

// fetchAs fetches a prekey of each of these.
func fetchAs(o *game.Oracles, self identity.Self, sid suite.Hash, names ...string) (map[identity.ID]exchange.Prekey, error) {
	ask := exchange.Encode(exchange.Fetch{ID: exchange.FetchID{byte(o.Rand().Uint32()), 1}, Sid: sid, IDs: those(names...)})
	for range 2 { // the second time the answer is there
		heard, err := o.Intrude(self, 0, func(*cowpitest.Actor) [][]byte { return [][]byte{ask} })
		if err != nil {
			return nil, err
		}
		for _, b := range heard {
			m, err := exchange.Parse(o.Suite(), b)
			if f, ok := m.(exchange.Fetched); ok && err == nil {
				out := map[identity.ID]exchange.Prekey{}
				for _, k := range f.Keys {
					out[k.ID] = k.Prekey
				}
				return out, nil
			}
		}
		if err := o.Settle(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// uploadAs uploads something, rightly authenticated for each provider.
func uploadAs(o *game.Oracles, self identity.Self, u exchange.Upload) error {
	id := u.ID(o.Suite())
	b, err := conversation.Parse(o.Suite(), u.Data)
	if err != nil {
		return err
	}
	u.Auths = make([]exchange.Auth, o.Setting().Providers)
	for i := len(u.Auths) - 1; i >= 0; i-- { // the router comes last
		_, err := o.Intrude(self, i, func(a *cowpitest.Actor) [][]byte {
			u.Auths[i] = a.Authenticate(b.Sid, id)
			if i > 0 {
				return nil
			}
			return [][]byte{exchange.Encode(u)}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgedUpdate is an insider whose data blocks say what they should not.
var ForgedUpdate = game.Adversary{
	Name:   "forged-update",
	What:   "charlie writes UPDATEs, texts and receipts with a wrong epoch, roster, position, seq, k, join epoch or author; all else of them is right. Or UPDATEs that change nothing, and texts too short to open.",
	Source: "forged group management by insiders: Roesler, Mainka, Schwenk (2018), 5; RFC 9420 (MLS), 16.4",
	Games:  whoIsIn,
	Attack: func(o *game.Oracles) error {
		charlie, err := o.Participant("charlie")
		if err != nil {
			return err
		}
		charlie.UnsafeData = func(d *conversation.DataBlock) {
			if d.Sid != o.Main() || d.Type == conversation.SETUP {
				return
			}
			off := uint64(1 + o.Rand().IntN(3))
			switch o.Rand().IntN(9) {
			case 0:
				d.Epoch += uint32(off)
			case 1:
				d.RosterDigest[0] ^= 1
			case 2:
				d.Author = (d.Author + uint16(off)) % uint16(game.Insiders)
			case 3:
				d.Seq += off
			case 4:
				d.K += off
			case 5:
				if d.AuthorID != "" {
					d.AuthorID = oneOf[identity.ID](o, "alice", "dave")
				}
			case 6:
				if d.Roster != nil {
					d.Roster = misstated(o, d)
				}
			case 7: // what is valid and of no use
				d.Sealed = d.Sealed[:min(len(d.Sealed), o.Rand().IntN(suite.TagSize))]
				if d.Roster != nil {
					d.Roster, _ = o.Roster("charlie", o.Main())
				}
			}
			d.Seal(o.Suite())
		}
		return script(
			asking(o, "charlie", func(sid suite.Hash) cowpi.Input { in := updateOf(o); in.Sid = sid; return in }),
			o.Settle,
			says(o, "alice", "what now?"),
			asking(o, "charlie", func(sid suite.Hash) cowpi.Input { return cowpi.Send{Sid: sid, Text: []byte("this")} }),
			o.Settle,
			says(o, "bob", "nothing"),
			o.Settle,
		)
	},
}

// misstated is the roster of a change with one thing wrong.
func misstated(o *game.Oracles, d *conversation.DataBlock) *conversation.Roster {
	list := d.Roster.Entries()
	e := &list[o.Rand().IntN(len(list))]
	switch o.Rand().IntN(3) {
	case 0:
		e.Joined = d.NewEpoch() + uint32(o.Rand().IntN(3))
	case 1:
		e.Key = o.Suite().Public(suite.Scalar{7})
	case 2:
		e.Joined = 0
	}
	r, err := conversation.NewRoster(o.Suite(), list)
	if err != nil {
		return d.Roster
	}
	return r
}
