package game

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// The encodings that the judge computes are those of honest people, of every size; and
// of two forms of a point it knows which is right.
func TestEncodingsAreTheLibrarys(t *testing.T) {
	for n := range 700 {
		size := len(framePlain(make([]byte, n)))
		require.Equal(t, channel.FrameSize(n), size+suite.TagSize, n)
		require.Len(t, textPlain(cowpi.Text{Text: make([]byte, n)}), content.SealedSize(n)-suite.TagSize)
	}
	p := suite.Default.Public(suite.Scalar{1})
	require.Equal(t, p, pointOnWire(suite.Default, p))
	other := p
	other[31] |= 0x80
	require.Equal(t, p, pointOnWire(suite.Default, other))
	prime := suite.Point(append(append([]byte{0xed}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f))
	require.Equal(t, suite.Point{}, pointOnWire(suite.Default, prime))
	require.Equal(t, other, pointOnWire(cowpitest.Cheap, other), "that of another suite has one form")
}

// Whatever honest people say to each other is written as it should be, and all of it is
// looked at; what is not is a breach, each way. What the corrupt take does not count.
func TestTwoEncodings(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		c, o := trial(t, Robustness, Setting{2, None, s})
		require.NoError(t, o.Say("alice", c.main, "hello"))
		require.NoError(t, o.Settle())
		_, err := o.Create("bob", "alice", "charlie")
		require.NoError(t, err)
		require.Nil(t, twoEncodings(c))
		frames := map[string]bool{}
		for _, h := range c.talk.heard {
			frames[string(h.frame)] = true
		}
		require.Greater(t, len(frames), 20)
		var texts, starts int
		for _, b := range c.ears.took {
			starts += b2i(len(b.plain) > suite.KeySize)
			texts += b2i(suite.Key(b.plain) != suite.Key{})
		}
		require.Positive(t, texts, "keys of texts")
		require.Positive(t, starts, "keys that are offered")
	}

	data := (&conversation.DataBlock{Type: conversation.RCPT}).Seal(cowpitest.Cheap)
	ack := exchange.Encode(exchange.Ack{Index: 7})
	receipt := exchange.Encode(exchange.Upload{Data: data.Raw()})
	said := func(payload, frame []byte) func(*Challenger) {
		return func(c *Challenger) {
			c.talk.heard = append(c.talk.heard, heard{way{"eve", "router"}, payload, frame, 0})
		}
	}
	opened := func(plain ...[]byte) func(*Challenger) {
		return func(c *Challenger) {
			said(receipt, framePlain(receipt))(c)
			for _, p := range plain {
				c.ears.took = append(c.ears.took, took{"bob", inside{data.Hash(), p}})
			}
		}
	}
	offer := func(id, key byte) []byte {
		b := make([]byte, 2*suite.KeySize+8)
		b[suite.KeySize], b[len(b)-1] = id, key
		return b
	}
	padded := framePlain(ack)
	padded[len(padded)-1] = 1
	shown := cowpi.Event{Body: cowpi.Shown{Author: "alice", Text: cowpi.Text{Text: []byte("hello")}}}
	for name, x := range map[string]struct {
		what   func(*Challenger)
		breach bool
	}{
		"a message":                      {said(ack, framePlain(ack)), false},
		"another padding of the frame":   {said(ack, padded), true},
		"bytes that are no message":      {said([]byte{99}, framePlain([]byte{99})), false},
		"nothing in a block of no text":  {opened(make([]byte, suite.KeySize)), false},
		"a key in a block of no text":    {opened(bytes.Repeat([]byte{1}, suite.KeySize)), true},
		"one key twice, and another one": {opened(offer(1, 1), offer(1, 1), offer(2, 2)), false},
		"two keys under one id":          {opened(offer(1, 1), offer(1, 2)), true},
		"a text": {func(c *Challenger) {
			c.ears.before.texts = [][]byte{textPlain(cowpi.Text{Text: []byte("hello")})}
			c.ears.takes("bob", []cowpi.Event{shown})
		}, false},
		"a text that is written otherwise": {func(c *Challenger) {
			c.ears.before.texts = [][]byte{append(textPlain(cowpi.Text{Text: []byte("hello")}), 1)}
			c.ears.takes("bob", []cowpi.Event{shown})
		}, true},
		"what makes somebody stop": {func(c *Challenger) {
			c.ears.before.blocks = []inside{{data.Hash(), offer(1, 1)}, {data.Hash(), offer(1, 2)}}
			c.ears.takes("bob", []cowpi.Event{{Body: cowpi.Ended{Err: &Refusal{}}}})
		}, false},
	} {
		c, _ := trial(t, Robustness, cheaply())
		x.what(c)
		b := twoEncodings(c)
		require.Equal(t, x.breach, b != nil, "%s: %v", name, b)
		if x.breach {
			require.Equal(t, "two-encodings", b.Kind)
			c.corrupt["bob"], c.corrupt["router"] = true, true
			require.Nil(t, twoEncodings(c), name)
		}
	}
}

// What a message carries is looked at, too; that the library parses none of these is
// what the mutants are without.
func TestCarriedIsWhatMessagesCarry(t *testing.T) {
	s := cowpitest.Cheap
	d := (&conversation.DataBlock{Type: conversation.RCPT}).Seal(s)
	block := make([]byte, pair.ContinueSize)
	got, blocks := carried(s, exchange.Upload{Data: d.Raw(), Blocks: [][]byte{block, block}})
	require.Equal(t, d.Raw(), got.Raw())
	require.Len(t, blocks, 2)
	got, blocks = carried(s, exchange.Delivery{Data: d.Raw(), Block: block})
	require.Equal(t, d.Raw(), got.Raw())
	require.Len(t, blocks, 1)
	got, _ = carried(s, exchange.Ack{})
	require.Nil(t, got)
}
