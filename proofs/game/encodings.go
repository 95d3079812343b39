package game

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// heard is a payload that somebody took from a frame, all that was in the frame, and how
// many events a user had by then.
type heard struct {
	way
	payload, frame []byte
	events         int
}

// insides are what was sealed in that which a machine opened in a step.
type insides struct {
	blocks []inside
	texts  [][]byte
}

// inside is what was in a block.
type inside struct {
	data  suite.Hash // of its data block
	plain []byte
}

// took is what somebody made of insides: the step in which they were opened passed.
type took struct {
	by identity.ID
	inside
}

// misread is a text that somebody was shown, and that was not written as it should be.
type misread struct {
	by   identity.ID
	what cowpi.Shown
}

// opens notes what a machine opens.
func (e *ears) opens(purpose suite.Purpose, plain []byte, ad [][]byte) {
	switch {
	case purpose == "text":
		e.opened.texts = append(e.opened.texts, slices.Clone(plain))
	case purpose == "block" && len(ad) > 0 && len(ad[0]) == suite.KeySize:
		e.opened.blocks = append(e.opened.blocks, inside{suite.Hash(ad[0]), slices.Clone(plain)})
	}
}

// takes notes what a user made of what it opened in the step that these events are of:
// nothing, if it stopped there.
func (e *ears) takes(user identity.ID, events []cowpi.Event) {
	for _, ev := range events {
		switch b := ev.Body.(type) {
		case cowpi.Ended:
			if b.Err != nil {
				return
			}
		case cowpi.Shown:
			want := textPlain(b.Text)
			if b.Author != user && !slices.ContainsFunc(e.before.texts, func(t []byte) bool { return bytes.Equal(t, want) }) {
				e.misread = append(e.misread, misread{user, b})
			}
		}
	}
	for _, b := range e.before.blocks {
		e.took = append(e.took, took{user, b})
	}
}

// The encodings of SPEC.md, 5.2, 8.3 and 2.2, computed here: what the library makes of
// them is not asked.

func padme(n int) int { return sealedSize(n-16-4) - suite.TagSize }

func framePlain(payload []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(payload)))
	out = append(out, payload...)
	return append(out, make([]byte, padme(max(len(out), 256))-len(out))...)
}

func textPlain(t cowpi.Text) []byte {
	out := binary.BigEndian.AppendUint32(slices.Clone(t.ID[:]), uint32(len(t.Text)))
	out = append(out, t.Text...)
	return append(out, make([]byte, padme(len(out))-len(out))...)
}

// pointOnWire is how a point that somebody named is written. RFC 7748, section 5, reads
// other bytes for it as well: with the last bit set, or with p added.
func pointOnWire(s suite.Suite, p suite.Point) suite.Point {
	if s.ID() != suite.DefaultID {
		return p
	}
	p[len(p)-1] &= 0x7f
	slices.Reverse(p[:])
	u := new(big.Int).SetBytes(p[:])
	u.Mod(u, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))).FillBytes(p[:])
	slices.Reverse(p[:])
	return p
}

// twoEncodings: somebody honest took for a message bytes that are not those that its
// meaning is written as. So two strings of bytes would mean the same to it: a digest, a
// comparison or a transcript would tell apart what is one, and something could be said
// beside what is said.
func twoEncodings(c *Challenger) *Breach {
	found := func(who identity.ID, format string, args ...any) *Breach {
		return &Breach{"two-encodings", fmt.Sprintf("%s took ", who) + fmt.Sprintf(format, args...)}
	}
	s := c.net.Suite()
	types := map[suite.Hash]conversation.Type{}
	for _, h := range c.talk.heard {
		if !c.upright(h.to) {
			continue
		}
		if !bytes.Equal(h.frame, framePlain(h.payload)) {
			return found(h.to, "a frame of %s whose padding says something", h.from)
		}
		if c.net.User(string(h.to)) == nil && c.net.User(string(h.from)) == nil {
			continue // packets of a link
		}
		m, err := exchange.Parse(s, h.payload)
		if err != nil {
			continue // it was not taken
		}
		if !bytes.Equal(h.payload, exchange.Encode(m)) {
			return found(h.to, "%d bytes of %s for a %T of %d", len(h.payload), h.from, m, len(exchange.Encode(m)))
		}
		d, blocks := carried(s, m)
		if d == nil {
			continue
		}
		types[d.Hash()] = d.Type
		if again := *d; !bytes.Equal(d.Raw(), again.Seal(s).Raw()) {
			return found(h.to, "a %s of %s that is not written so", d.Type, h.from)
		}
		for _, b := range blocks {
			if x, err := pair.ParseHeader(s, b); err == nil && x.Start && x.X != pointOnWire(s, x.X) {
				return found(h.to, "for a point what another point is written as, in a block of %s", h.from)
			}
		}
	}
	for _, m := range c.ears.misread {
		if c.honest(m.by) {
			return found(m.by, "for %q of %s what is not written so", m.what.Text.Text, m.what.Author)
		}
	}
	return c.insides(types, found)
}

// carried is the data block in a message, with its blocks, if there is one.
func carried(s suite.Suite, m exchange.Message) (*conversation.DataBlock, [][]byte) {
	data, blocks := []byte(nil), [][]byte(nil)
	switch m := m.(type) {
	case exchange.Upload:
		data, blocks = m.Data, m.Blocks
	case exchange.Delivery:
		data, blocks = m.Data, [][]byte{m.Block}
	default:
		return nil, nil
	}
	d, err := conversation.Parse(s, data)
	if err != nil {
		return nil, nil
	}
	return d, blocks
}

// insides: what was in a block says something where nothing is to be said (a key for a
// text that there is not), or one thing by two names (a receive key).
func (c *Challenger) insides(types map[suite.Hash]conversation.Type, found func(identity.ID, string, ...any) *Breach) *Breach {
	type offer struct {
		to identity.ID
		id pair.KeyID
	}
	offered := map[offer]suite.Point{}
	for _, b := range c.ears.took {
		if !c.honest(b.by) || len(b.plain) < suite.KeySize {
			continue
		}
		if t, ok := types[b.data]; ok && t != conversation.MSG && suite.Key(b.plain) != (suite.Key{}) {
			return found(b.by, "a key in a block of a %s", t)
		}
		if rest := b.plain[suite.KeySize:]; len(rest) == 8+suite.KeySize {
			o, key := offer{b.by, pair.KeyID(rest)}, suite.Point(rest[8:])
			if first, again := offered[o]; again && first != key {
				return found(b.by, "two keys for the one with id %x", o.id)
			}
			offered[o] = key
		}
	}
	return nil
}
