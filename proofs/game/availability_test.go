package game

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

var honestProviders = Setting{2, 0, cowpitest.Cheap}

// silentTo is a provider that says nothing to some.
func silentTo(users ...identity.ID) cowpitest.Tamper {
	return func(to identity.ID, m exchange.Message) []exchange.Message {
		if slices.Contains(users, to) {
			return nil
		}
		return []exchange.Message{m}
	}
}

// Whoever owns the network may stop everything; what counts is what is when it is back.
func TestAvailabilityIsJudgedWhenTheNetworkIsBack(t *testing.T) {
	c, o := trial(t, Availability, honestProviders)
	require.NoError(t, o.Offline("alice", true))
	require.NoError(t, o.Say("alice", c.main, "is anybody there?"))
	require.NoError(t, o.Settle())
	u := c.net.User("alice")
	waiting, err := u.Machine.Outbox(u.Store, c.main)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Nil(t, unserved(c))

	// But what goes on waiting is noticed, and so is who has stopped, or is behind.
	c, o = trial(t, Availability, honestProviders)
	require.NoError(t, o.Say("alice", c.main, "is anybody there?"))
	c.corrupt["router"] = true
	c.net.Providers[0].Corrupt = silentTo("alice", "bob", "charlie")
	require.Equal(t, "waits", unserved(c).Kind)
	c, o = trial(t, Availability, honestProviders)
	require.NoError(t, o.Say("alice", c.main, "is anybody there?"))
	c.corrupt["router"] = true
	c.net.Providers[0].Corrupt = silentTo("bob")
	require.Equal(t, "behind", unserved(c).Kind)
	c, _ = trial(t, Availability, honestProviders)
	c.shown("alice", cowpi.Ended{Sid: c.main, Reason: cowpi.EndStopped, Err: &fault.Evidence{Check: fault.P5}})
	require.Equal(t, "stopped", unserved(c).Kind)
}

// What becomes of the conversation in which the corrupt take part does not count; and
// they take part in no other.
func TestAvailabilityOfMainOnly(t *testing.T) {
	c, o := trial(t, Availability, honestProviders)
	c.shown("alice", cowpi.Ended{Sid: c.side, Reason: cowpi.EndStopped, Err: &fault.Evidence{Check: fault.P5}})
	require.Nil(t, unserved(c))
	for _, id := range People[:Insiders] {
		_, err := o.Participant(string(id))
		require.IsType(t, &Refusal{}, err)
	}
	_, err := o.Provider(1)
	require.IsType(t, &Refusal{}, err)
	_, err = o.Participant("eve")
	require.NoError(t, err)
}

// A change that was refused because of a prekey is a breach, but where the prekey was gone
// for everybody.
func TestOnlyPrekeysThatAreGoneAreExcluded(t *testing.T) {
	failed := func(sid suite.Hash, r exchange.Reason) cowpi.OperationFailed {
		return cowpi.OperationFailed{Sid: sid, Reason: r, User: "bob"}
	}
	c, o := trial(t, Availability, honestProviders)
	require.Nil(t, robbed(c))
	c.shown("alice", failed(c.main, exchange.ReasonNoStock), failed(c.side, exchange.ReasonPrekey))
	require.Nil(t, robbed(c), "for another reason, or in Side")
	c.shown("alice", failed(c.main, exchange.ReasonPrekey))
	require.Equal(t, "robbed", robbed(c).Kind)
	require.NoError(t, o.Do("charlie", cowpi.ReplaceStock{}))
	require.NotNil(t, robbed(c), "another one's stock")
	require.NoError(t, o.Advance(provider.DefaultLimits().PrekeyLife-1))
	require.NotNil(t, robbed(c))
	require.NoError(t, o.Advance(1))
	require.Nil(t, robbed(c), "it has expired")
	c, o = trial(t, Availability, honestProviders)
	c.shown("alice", failed(c.main, exchange.ReasonPrekey))
	require.NoError(t, o.Do("bob", cowpi.ReplaceStock{}))
	require.Nil(t, robbed(c), "its owner withdrew it")
}

// Providers keep no secret from the adversary, but in other games they do; and what is
// said is heard by the challenger all the same.
func TestProvidersAreOverheard(t *testing.T) {
	heard := 0
	hear := func(identity.ID, channel.Word) { heard++ }
	c, o := trial(t, Availability, honestProviders)
	require.IsType(t, &Refusal{}, o.Overhear(2, hear))
	require.NoError(t, o.Overhear(1, hear))
	require.NoError(t, o.Say("alice", c.main, "hello"))
	require.NoError(t, o.Settle())
	require.Positive(t, heard)
	require.Empty(t, c.talk.strange)
	_, o = trial(t, Robustness, cheaply())
	require.IsType(t, &Refusal{}, o.Overhear(1, hear))
}
