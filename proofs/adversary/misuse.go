package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// misuse are those that say what is malformed, too much, or out of turn.
var misuse = []game.Adversary{
	Malformed, MalformedCode, Babble, FarJump, UnknownKey, SmallOrder, TalkToTheStopped, Misassigned, DoubledAnswer, NeverMade, Stray,
	NobodyWrites, TooFewBlocks, BeforeTheBeginning, UploadsToAMirror, RefuseThenOrder, Desynchronised, Flood, FloodOfDeliveries, FalseLog, EmptyStock,
}

var robust = []string{"robustness"}

// Malformed says bytes that are no message.
var Malformed = game.Adversary{
	Name:   "malformed",
	What:   "A corrupt user says to a provider, or a corrupt provider to everybody, messages of every kind with bits changed, cut, longer, with ids of 200 bytes, counts beyond what is there.",
	Source: "Miller, Fredriksen and So (1990), fuzz; the author's own program, fields joined without lengths (plsgt/cowpi)",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		if o.Rand().IntN(2) == 0 {
			eve, err := o.Participant("eve")
			if err != nil {
				return err
			}
			for range 4 {
				b := spoilt(o, someWord(o))
				if _, err := o.Intrude(eve.Self, o.Rand().IntN(o.Setting().Providers), func(*cowpitest.Actor) [][]byte { return [][]byte{b} }); err != nil {
					return err
				}
			}
			return nil
		}
		who, _ := two(o)
		for i := range o.Setting().Providers {
			if _, err := o.Provider(i); err != nil {
				continue
			}
			left := 3
			if err := o.TwistProvider(i, &cowpitest.Twist{Plain: func(purpose suite.Purpose, plain []byte) []byte {
				if purpose != "frame" || left == 0 || o.Rand().IntN(6) > 0 {
					return plain
				}
				left--
				plain = slices.Clone(plain)
				switch o.Rand().IntN(3) {
				case 0: // the payload
					plain[5+o.Rand().IntN(64)] ^= 1 << o.Rand().IntN(8)
				case 1: // length, or kind
					plain[o.Rand().IntN(5)] ^= 1 << o.Rand().IntN(8)
				case 2: // padding
					plain[len(plain)-1] = 1
				}
				return plain
			}}); err != nil {
				return err
			}
			break
		}
		if err := o.Say(who, o.Main(), "Hello."); err != nil {
			return err
		}
		return o.Settle()
	},
}

// someWord is an honest message of a user.
func someWord(o *game.Oracles) []byte {
	y := someSelf(o, "x").Key
	h, _ := o.Head("alice", o.Main())
	data := &conversation.DataBlock{Type: conversation.RCPT, Sid: o.Side(), Epoch: h.Epoch}
	return exchange.Encode(pick[exchange.Message](o,
		exchange.Prekeys{Batch: 2, List: []exchange.Prekey{{Y: y}, {ID: pair.KeyID{1}, Y: y}}}, exchange.Withdraw{Batch: 1},
		exchange.Fetch{IDs: []identity.ID{"alice", "bob"}}, exchange.Ack{Sid: o.Side(), Index: h.Next}, exchange.HandoutAck{Position: 7},
		exchange.Upload{Data: data.Seal(o.Suite()).Raw(), Blocks: [][]byte{append([]byte{2}, make([]byte, pair.ContinueSize-1)...)}, Auths: make([]exchange.Auth, 2)}))
}

// spoilt is b cut, longer, or with some bits or one byte changed.
func spoilt(o *game.Oracles, b []byte) []byte {
	switch o.Rand().IntN(4) {
	case 0:
		return b[:o.Rand().IntN(len(b))]
	case 1:
		return append(b, make([]byte, 1+o.Rand().IntN(40))...)
	case 2:
		b = slices.Clone(b)
		b[min(len(b)-1, pick(o, 51, 51, 1+o.Rand().IntN(60)))] = 200 // the length of an id in a Fetch
		return b
	}
	return flipped(o, b, 0)
}

// MalformedCode shows a camera bytes that are no code.
var MalformedCode = game.Adversary{
	Name: "malformed-code", What: "Somebody is shown a QR code that is empty, short or long.", Source: "Miller, Fredriksen and So (1990)", Games: robust,
	Attack: func(o *game.Oracles) error {
		who, other := two(o)
		return o.ScanBytes(who, party(o, other), make([]byte, pick(o, 0, 1, 32, 34, o.Rand().IntN(40))))
	},
}

// Babble is what corrupt users say to providers of no use to anybody.
var Babble = game.Adversary{
	Name: "babble", What: "A corrupt user acknowledges, withdraws, fetches and uploads what makes no sense, or another's.", Source: "this project", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		plot := &cowpitest.Plot{Suite: o.Suite(), Rand: o.Rand(), OneIn: 1}
		eve.Corrupt = plot.Spy
		_ = o.Act("eve", cowpi.Send{Sid: o.Side(), Text: []byte("...")})
		if err := o.Settle(); err != nil {
			return err
		}
		for range 3 {
			if _, err := o.Intrude(eve.Self, o.Rand().IntN(o.Setting().Providers), func(a *cowpitest.Actor) (out [][]byte) {
				for range 4 {
					out = append(out, plot.Babble(a, slices.Clone(game.People))...)
				}
				return out
			}); err != nil {
				return err
			}
		}
		return o.Settle()
	},
}

// insider corrupts a participant of Main who changes its blocks for a victim.
func insider(o *game.Oracles, change func(block []byte) []byte) (name, victim string, err error) {
	name, victim = two(o)
	u, err := o.Participant(name)
	if err != nil {
		return name, victim, err
	}
	r := must(o.Roster(victim, o.Main()))
	at := slices.Index(slices.DeleteFunc(ids(r), func(id identity.ID) bool { return string(id) == name }), identity.ID(victim))
	u.Corrupt = func(up exchange.Upload) exchange.Upload {
		b, err := conversation.Parse(o.Suite(), up.Data)
		if err == nil && b.Sid == o.Main() && at < len(up.Blocks) && b.Roster == nil {
			up.Blocks = slices.Clone(up.Blocks)
			up.Blocks[at] = change(slices.Clone(up.Blocks[at]))
		}
		return up
	}
	return name, victim, nil
}

// FarJump names a position far ahead.
var FarJump = game.Adversary{
	Name: "far-jump", What: "A corrupt participant's block says that it is the four thousand millionth of its chain, or more than a thousand ahead.",
	Source: "the paper's author's own program, a loop that a remote number steers (plsgt/cowpi, KeyRatchet)", Games: robust,
	Attack: func(o *game.Oracles) error {
		far := pick(o, []byte{0xff, 0xff, 0xff, 0xfe}, []byte{0, 0, 8, 0}, []byte{0x7f, 0xff, 0xff, 0xff})
		name, _, err := insider(o, func(b []byte) []byte {
			at := 1
			if len(b) == pair.StartSize {
				at = 1 + 9 + suite.KeySize
			}
			copy(b[at:], far)
			return b
		})
		if err != nil {
			return err
		}
		_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
		return o.Settle()
	},
}

// UnknownKey names a receive key that there is not.
var UnknownKey = game.Adversary{
	Name: "unknown-key", What: "A corrupt participant starts a chain with a receive key of the victim's that the victim does not have, or not any more.",
	Source: "the paper's author's own program (plsgt/cowpi, KeyRatchet); this project, P2", Games: robust,
	Attack: func(o *game.Oracles) error {
		name, victim, err := insider(o, func(b []byte) []byte {
			if len(b) == pair.StartSize {
				b[2] ^= 0xff
			}
			return b
		})
		if err != nil {
			return err
		}
		for i := range 3 {
			if err := o.Say(victim, o.Main(), "..."[:i+1]); err != nil {
				return err
			}
			if err := o.Settle(); err != nil {
				return err
			}
			_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
			if err := o.Settle(); err != nil {
				return err
			}
		}
		return nil
	},
}

// SmallOrder offers keys of small order where keys are taken.
var SmallOrder = game.Adversary{
	Name: "small-order", What: "A receive key in a block, a fetched or an assigned prekey, or a prekey that is uploaded is of small order or not canonical; the victim then writes.",
	Source: "Lim and Lee (1997); Cremers and Jackson (2019); the author's own program, keys of zeros (plsgt/cowpi)", Games: robust,
	Attack: func(o *game.Oracles) error {
		bad := pick(o, badPoints(o.Suite())...)
		name, victim := two(o)
		switch o.Rand().IntN(3) {
		case 0: // inside a block
			if _, err := o.Participant(name); err != nil {
				return err
			}
			if err := o.TwistUser(name, &cowpitest.Twist{Plain: func(purpose suite.Purpose, plain []byte) []byte {
				if purpose == "block" && len(plain) > suite.KeySize {
					copy(plain[len(plain)-suite.KeySize:], bad[:])
				}
				return plain
			}}); err != nil {
				return err
			}
			for i := range 3 {
				if err := o.Say(victim, o.Main(), "..."[:i+1]); err != nil {
					return nil // it has stopped
				}
				if err := o.Settle(); err != nil {
					return err
				}
				_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
				if err := o.Settle(); err != nil {
					return err
				}
			}
			return nil
		case 1: // from the directory
			told := 0
			for _, p := range o.Providers() {
				p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
					if f, ok := m.(exchange.Fetched); ok && string(to) == victim && told < 4 {
						told++
						f.Keys = slices.Clone(f.Keys)
						for i := range f.Keys {
							f.Keys[i].Prekey.Y = bad
						}
						m = f
					}
					return []exchange.Message{m}
				}
			}
			if _, err := o.Create(victim, identity.ID(name)); err != nil {
				return err
			}
			return o.Settle()
		}
		told := 0
		conspire(o, func(to identity.ID, d exchange.Delivery, _ *conversation.DataBlock) []exchange.Message {
			if string(to) == victim && told < 4 && len(d.Assigned) > 0 {
				told++
				d.Assigned = slices.Clone(d.Assigned)
				for i := range d.Assigned {
					d.Assigned[i].Theirs.Y = bad
				}
			}
			return []exchange.Message{d}
		})
		if _, err := o.Create("dave", identity.ID(name), identity.ID(victim)); err != nil {
			return err
		}
		return o.Settle()
	},
}

// TalkToTheStopped goes on talking.
var TalkToTheStopped = game.Adversary{
	Name: "talk-to-the-stopped", What: "A corrupt participant's bad block makes somebody stop; the others go on, and what they say is delivered to it.",
	Source: "Schliep and Hopper, on stopped participants", Games: []string{"robustness", "message-authentication"},
	Attack: func(o *game.Oracles) error {
		name, victim, err := insider(o, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		if err != nil {
			return err
		}
		_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
		if err := o.Settle(); err != nil {
			return err
		}
		if err := o.Say(people3(name, victim), o.Main(), "Are you there?"); err != nil {
			return err
		}
		return o.Settle()
	},
}

// Misassigned assigns prekeys to the wrong pairs.
var Misassigned = game.Adversary{
	Name: "misassigned-prekey", What: "All providers deliver a SETUP with too few or too many prekeys for the pairs of others, with those of another pair, or with one that is not in stock.",
	Source: "this project, SPEC.md, 6.4, D5", Games: robust,
	Attack: func(o *game.Oracles) error {
		name, victim := two(o)
		what, told := o.Rand().IntN(4), 0
		conspire(o, func(to identity.ID, d exchange.Delivery, _ *conversation.DataBlock) []exchange.Message {
			if string(to) == victim && len(d.Assigned) > 0 && told < 4 {
				told++
				d.Assigned = slices.Clone(d.Assigned)
				switch what {
				case 0:
					d.Assigned = d.Assigned[1:]
				case 1:
					d.Assigned[0].Peer = identity.ID(people3(name, victim))
				case 2:
					d.Assigned[0].Mine[0] ^= 1
				case 3:
					d.Assigned = append(d.Assigned, exchange.Assigned{Peer: "zoe", Theirs: d.Assigned[0].Theirs, Mine: d.Assigned[0].Mine})
				}
			}
			return []exchange.Message{d}
		})
		if _, err := o.Create("dave", identity.ID(name), identity.ID(victim)); err != nil {
			return err
		}
		return o.Settle()
	},
}

// DoubledAnswer answers with keys of others than were asked for.
var DoubledAnswer = game.Adversary{
	Name: "doubled-answer", What: "All providers answer a fetch with one user's key twice, with the asker's own, with too few or none.", Source: "this project, T2", Games: robust,
	Attack: func(o *game.Oracles) error {
		who, other := two(o)
		what, told := o.Rand().IntN(3), 0
		for _, p := range o.Providers() {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if f, ok := m.(exchange.Fetched); ok && string(to) == who && told < 4 {
					told++
					f.Keys = slices.Clone(f.Keys)
					switch what {
					case 0:
						f.Keys[1] = f.Keys[0]
					case 1:
						f.Keys[0].Party = party(o, who)
					case 2:
						f.Keys = f.Keys[1:]
					}
					m = f
				}
				return []exchange.Message{m}
			}
		}
		if _, err := o.Create(who, identity.ID(other), identity.ID(people3(who, other))); err != nil {
			return err
		}
		return o.Settle()
	},
}

// NeverMade delivers somebody's own upload that it never made.
var NeverMade = game.Adversary{
	Name: "never-made", What: "All providers deliver to somebody a receipt or a text of its own that it never made.", Source: "this project, D4", Games: robust,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		o.Providers()
		r, h := must(o.Roster(who, o.Main())), must(o.Head(who, o.Main()))
		last := must(o.Last(who, o.Main(), identity.ID(who)))
		d := &conversation.DataBlock{Sid: o.Main(), Type: pick(o, conversation.RCPT, conversation.MSG), Epoch: h.Epoch, RosterDigest: r.Digest(),
			Author: uint16(r.Position(identity.ID(who))), Seq: last.Seq + 1, K: h.Next - 1, Sealed: make([]byte, 64)}
		m := exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest, Data: d.Seal(o.Suite()).Raw()}
		if o.Setting().Honest != game.None {
			return nil // one that is honest does not deliver it
		}
		return sayAll(o, identity.ID(who), m)
	},
}

// Stray delivers what does not belong there.
var Stray = game.Adversary{
	Name: "stray", What: "All providers deliver a text to one who is not in, an entry under another Sid, or to an index that is far.", Source: "this project, V2, V3, D2", Games: robust,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		if o.Setting().Honest != game.None {
			return nil
		}
		to := pick(o, "dave", victim)
		var kept *exchange.Delivery
		conspire(o, func(who identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if string(who) == victim && d.Block != nil && kept == nil {
				kept = &d
			}
			return []exchange.Message{d}
		})
		if o.Rand().IntN(2) == 0 {
			if _, err := o.Create(author, identity.ID(victim)); err != nil {
				return err
			}
		} else if err := o.Say(author, o.Main(), "Hello."); err != nil {
			return err
		}
		if err := o.Settle(); err != nil || kept == nil {
			return err
		}
		d := *kept
		switch o.Rand().IntN(3) {
		case 0:
			d.Sid[3] ^= 1
		case 1:
			d.Index += uint64(o.Rand().IntN(4))
		}
		return sayAll(o, identity.ID(to), d)
	},
}

// eveUploads lets eve, who is in Side, upload a text or receipt that change spoils, and
// things happen; providers may be honest.
func eveUploads(o *game.Oracles, change func(*conversation.DataBlock), blocks func([][]byte) [][]byte) error {
	eve, err := o.Participant("eve")
	if err != nil {
		return err
	}
	eve.Corrupt = func(up exchange.Upload) exchange.Upload {
		if d, err := conversation.Parse(o.Suite(), up.Data); err == nil && change != nil {
			change(d)
			up.Data = d.Seal(o.Suite()).Raw()
		}
		if blocks != nil {
			up.Blocks = blocks(slices.Clone(up.Blocks))
		}
		return up
	}
	_ = o.Act("eve", cowpi.Send{Sid: o.Side(), Text: []byte("...")})
	for range 300 {
		if more, err := o.Step(); err != nil {
			return err
		} else if !more {
			break
		}
	}
	return o.Offline("eve", true) // she would ask for ever
}

// NobodyWrites has an author that there is not.
var NobodyWrites = game.Adversary{
	Name: "nobody-writes", What: "A corrupt participant uploads a text by author 999, or by others.", Source: "this project, V5", Games: robust,
	Attack: func(o *game.Oracles) error {
		n := pick[uint16](o, 999, 5, 65535, 0)
		h := must(o.Head("alice", o.Side()))
		return eveUploads(o, func(d *conversation.DataBlock) { d.Author, d.Seq, d.K = n, 1, h.Next-1 }, nil)
	},
}

// TooFewBlocks has fewer or more blocks than readers.
var TooFewBlocks = game.Adversary{
	Name: "too-few-blocks", What: "A corrupt participant uploads a text with no block, one too few or too many.", Source: "this project, V14", Games: robust,
	Attack: func(o *game.Oracles) error {
		what := o.Rand().IntN(3)
		return eveUploads(o, nil, func(list [][]byte) [][]byte {
			return [][][]byte{nil, list[1:], append(list, list[0])}[what]
		})
	},
}

// BeforeTheBeginning writes to a conversation that there is not yet.
var BeforeTheBeginning = game.Adversary{
	Name: "before-the-beginning", What: "A corrupt user uploads a text or receipt for the Sid of zeros, or one that nobody knows.", Source: "this project, V3", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		d := &conversation.DataBlock{Type: pick(o, conversation.MSG, conversation.RCPT), Seq: 1, Sealed: make([]byte, 64)}
		if o.Rand().IntN(3) == 0 {
			d.Sid[0] = 1
		}
		up := exchange.Upload{Data: d.Seal(o.Suite()).Raw(), Auths: make([]exchange.Auth, o.Setting().Providers)}
		for i := range o.Setting().Providers {
			_, err := o.Intrude(eve.Self, (i+1)%o.Setting().Providers, func(a *cowpitest.Actor) [][]byte {
				up.Auths[(i+1)%o.Setting().Providers] = a.Authenticate(d.Sid, up.ID(o.Suite()))
				if i < o.Setting().Providers-1 {
					return nil
				}
				return [][]byte{exchange.Encode(up)}
			})
			if err != nil {
				return err
			}
		}
		return nil
	},
}

// UploadsToAMirror uploads where one does not.
var UploadsToAMirror = game.Adversary{
	Name: "uploads-to-a-mirror", What: "A corrupt user sends an upload to a mirror, or what only providers say.", Source: "this project, R4", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		var up exchange.Upload
		eve.Corrupt = func(x exchange.Upload) exchange.Upload { up = x; return x }
		_ = o.Act("eve", cowpi.Send{Sid: o.Side(), Text: []byte("...")})
		if _, err := o.Intrude(eve.Self, 1, func(a *cowpitest.Actor) [][]byte {
			up.Auths = make([]exchange.Auth, o.Setting().Providers)
			for i := range up.Auths {
				up.Auths[i] = a.Authenticate(o.Side(), up.ID(o.Suite()))
			}
			return [][]byte{exchange.Encode(up)}
		}); err != nil {
			return err
		}
		_, err = o.Intrude(eve.Self, o.Rand().IntN(o.Setting().Providers), func(*cowpitest.Actor) [][]byte {
			return [][]byte{exchange.Encode(pick[exchange.Message](o, exchange.Welcome{}, exchange.Stocked{Batch: 9}, exchange.LowStock{}, exchange.Seen{}))}
		})
		return err
	},
}
