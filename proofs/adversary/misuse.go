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
	Malformed, MalformedCode, FarJump, UnknownKey, SmallOrder, TalkToTheStopped, Misassigned, NeverMade, Stray,
	NobodyWrites, TooFewBlocks, BeforeTheBeginning, RefuseThenOrder, Desynchronised, Flood, FloodOfDeliveries, FalseLog,
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
		return script(says(o, who, "Hello."), o.Settle)
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

// byTurns lets a victim and somebody corrupt write, three times each, or until the victim
// has stopped.
func byTurns(o *game.Oracles, victim, corrupt string) error {
	for i := range 3 {
		if err := script(says(o, victim, "..."[:i+1]), o.Settle); err != nil {
			return err
		}
		_ = o.Act(corrupt, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
		if err := o.Settle(); err != nil {
			return err
		}
	}
	return nil
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
		return byTurns(o, victim, name)
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
			return byTurns(o, victim, name)
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
