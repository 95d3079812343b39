package adversary

import (
	"encoding/binary"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// encodings are those that say one thing in several ways.
var encodings = []game.Adversary{OtherEncodings}

// OtherEncodings writes what means the same otherwise.
var OtherEncodings = game.Adversary{
	Name: "other-encodings",
	What: "A corrupt participant writes one thing in another way: more bytes behind a message, something in the padding of a frame or a text, a key in a receipt, " +
		"another key under the id of the one that it offered, a point with its last bit set, another suite's number.",
	Source: "Langford and others, BERserk (2014), bytes that nobody looks at; Bitcoin's transaction malleability (Decker and Wattenhofer, 2014); " +
		"Bernstein, Curve25519 (2006), keys with several encodings",
	Games: robust,
	Attack: func(o *game.Oracles) error {
		name, other := two(o)
		u, err := o.Participant(name)
		if err != nil {
			return err
		}
		ways := otherWays
		if o.Suite().ID() != suite.DefaultID {
			ways = ways[:len(ways)-1] // a point of that one has one form
		}
		w := pick(o, ways...)(o, u)
		if err := o.TwistUser(name, &cowpitest.Twist{Plain: w.plain, Point: w.point}); err != nil {
			return err
		}
		// When it is back, the two texts that wait both begin the chains that follow from
		// what somebody said.
		if err := o.Offline(name, true); err != nil {
			return err
		}
		if err := o.Say(other, o.Main(), "Hello, you."); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		n := 0
		u.UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
			n++
			w.begin(n)
			return p
		}
		for _, text := range []string{"Hello, there.", "How are you ?"} { // of 13 bytes, which are padded
			_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte(text)})
		}
		if err := o.Offline(name, false); err != nil {
			return err
		}
		if w.receipt {
			if err := o.Settle(); err != nil {
				return err
			}
			if err := o.Say(other, o.Main(), "Are you there?"); err != nil {
				return err
			}
		}
		if err := steps(o, 200); err != nil {
			return err
		}
		return o.Offline(name, true) // it would say for ever what nobody takes
	},
}

// otherWay changes what somebody seals, makes and writes, from one of its two texts on.
type otherWay struct {
	begin   func(text int) // 1 or 2
	plain   func(suite.Purpose, []byte) []byte
	point   func(suite.Point) suite.Point
	receipt bool // it is a receipt that counts
}

// sealedOtherwise changes what is sealed for a purpose.
func sealedOtherwise(purpose suite.Purpose, from int, change func(plain []byte)) otherWay {
	on := false
	return otherWay{
		begin: func(text int) { on = text >= from },
		plain: func(p suite.Purpose, plain []byte) []byte {
			if on && p == purpose {
				change(plain)
			}
			return plain
		},
	}
}

// otherWays are all of them; the last is for points that have several forms.
var otherWays = []func(*game.Oracles, *cowpitest.User) otherWay{
	longerMessage, framePadding, textPadding, keyOfNothing, keyExchanged, otherNumber, lastBit,
}

func longerMessage(*game.Oracles, *cowpitest.User) otherWay {
	left := 2
	return sealedOtherwise("frame", 1, func(plain []byte) {
		if n := binary.BigEndian.Uint32(plain[1:]); left > 0 && n > 0 && int(n) < len(plain)-5 {
			left--
			binary.BigEndian.PutUint32(plain[1:], n+1)
		}
	})
}

func framePadding(*game.Oracles, *cowpitest.User) otherWay {
	left := 2
	return sealedOtherwise("frame", 1, func(plain []byte) {
		if n := binary.BigEndian.Uint32(plain[1:]); left > 0 && n > 0 && int(n) < len(plain)-5 {
			left--
			plain[len(plain)-1] = 1
		}
	})
}

func textPadding(*game.Oracles, *cowpitest.User) otherWay {
	return sealedOtherwise("text", 1, func(plain []byte) { plain[len(plain)-1] = 1 })
}

func keyOfNothing(*game.Oracles, *cowpitest.User) otherWay {
	w := sealedOtherwise("block", 1, func(plain []byte) {
		if suite.Key(plain) == (suite.Key{}) {
			plain[0] = 1
		}
	})
	w.receipt = true
	return w
}

func keyExchanged(o *game.Oracles, _ *cowpitest.User) otherWay {
	other := someSelf(o, "x").Key
	return sealedOtherwise("block", 2, func(plain []byte) {
		if len(plain) > suite.KeySize {
			copy(plain[len(plain)-suite.KeySize:], other[:])
		}
	})
}

// lastBit is a way to write X of a chain; R is as it should be.
func lastBit(*game.Oracles, *cowpitest.User) otherWay {
	on := false
	w := sealedOtherwise("block", 1, func(plain []byte) {
		if len(plain) > suite.KeySize {
			plain[len(plain)-1] &= 0x7f
		}
	})
	seals := w.begin
	w.begin = func(text int) { seals(text); on = text == 1 }
	w.point = func(p suite.Point) suite.Point {
		if on {
			p[len(p)-1] |= 0x80
		}
		return p
	}
	return w
}

// numbered is a suite with another number.
type numbered struct{ suite.Suite }

// ID implements suite.Suite.
func (n numbered) ID() uint16 { return n.Suite.ID() + 1 }

func otherNumber(o *game.Oracles, u *cowpitest.User) otherWay {
	return otherWay{receipt: true, begin: func(int) {
		u.UnsafeData = func(d *conversation.DataBlock) {
			if d.Type == conversation.RCPT {
				d.Seal(numbered{o.Suite()})
			}
		}
	}}
}
