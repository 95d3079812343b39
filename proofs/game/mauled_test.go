package game

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
)

// Other bytes than an honest author made are a breach, as soon as they are accepted; what
// was made is none, nor what the corrupt say, nor what was only delivered.
func TestOnlyAcceptedBytesOfTheHonestAreJudged(t *testing.T) {
	c, o := trial(t, MessageIntegrity, cheaply())
	var up exchange.Upload // alice's first
	p, err := o.Provider(0)
	require.NoError(t, err)
	p.Hear = func(from identity.ID, m exchange.Message) bool {
		if x, ok := m.(exchange.Upload); ok && from == "alice" && up.Data == nil {
			up = x
		}
		return true
	}
	require.NoError(t, o.Say("alice", o.Main(), "at six"))
	require.NoError(t, o.Settle())
	require.NotEmpty(t, c.parcels("bob"))
	require.Nil(t, mauled(c))

	other := bytes.Clone(up.Blocks[0])
	other[len(other)-1] ^= 1
	deliver := func(index uint64, data, block []byte) {
		d := exchange.Delivery{Sid: o.Main(), Index: index, Data: data, Block: block}
		c.listen("bob")("router", channel.Word{Payload: exchange.Encode(d)})
	}
	accept := func(index uint64, author identity.ID) *Breach {
		u := c.net.User("bob")
		before := u.Events
		c.shown("bob", cowpi.Acked{Sid: o.Main(), Index: index, Participant: author})
		b := mauled(c)
		u.Events = before
		return b
	}
	deliver(900, up.Data, up.Blocks[0])
	require.Nil(t, accept(900, "alice"), "as it was made")
	require.NotNil(t, accept(900, "charlie"), "by another")
	require.Nil(t, accept(950, "alice"), "nothing was delivered there since the trial began")

	deliver(901, up.Data, other)
	require.Nil(t, mauled(c), "not accepted")
	require.Equal(t, "mauled", accept(901, "alice").Kind)
	require.Nil(t, accept(901, "bob"), "one's own has no block")
	require.NotNil(t, accept(901, "eve"))
	_, err = o.Participant("eve")
	require.NoError(t, err)
	require.Nil(t, accept(901, "eve"))

	c.shown("bob", cowpi.Acked{Sid: o.Main(), Index: 902, Participant: "alice"})
	deliver(902, up.Data, other)
	require.Nil(t, mauled(c), "it had something there before")

	deliver(901, up.Data, up.Blocks[0]) // one of the two was accepted, and it may have been this one
	require.Nil(t, accept(901, "alice"))
}
