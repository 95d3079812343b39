package game

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// trial is a challenger as it stands when a trial begins, and its oracles.
func trial(t *testing.T, g *Game, st Setting) (*Challenger, *Oracles) {
	t.Helper()
	base, err := theStage.world(g, st)
	require.NoError(t, err)
	c, err := base.copied(g, 1)
	require.NoError(t, err)
	c.game = g
	return c, &Oracles{c}
}

func cheaply() Setting { return Setting{2, None, cowpitest.Cheap} }

// shown adds to what somebody was shown.
func (c *Challenger) shown(who string, bodies ...cowpi.EventBody) {
	u := c.net.User(who)
	for _, b := range bodies {
		u.Events = append(u.Events, cowpi.Event{Body: b})
	}
}

func textOf(c *Challenger, index uint64, author identity.ID, text string) cowpi.Shown {
	return cowpi.Shown{Sid: c.main, Index: index, Author: author, Text: cowpi.Text{ID: content.TextID{byte(index)}, Text: []byte(text)}}
}

// What the corrupt say is not judged; what honest people say is, each way to change it.
func TestOnlyTheCorruptAreExcluded(t *testing.T) {
	c, o := trial(t, MessageAuthentication, cheaply())
	_, err := o.Participant("charlie")
	require.NoError(t, err)
	c.texts[place{"bob", c.main}] = append(c.texts[place{"bob", c.main}], "one", "two")
	c.shown("alice", textOf(c, 900, "charlie", "x"), textOf(c, 901, "charlie", "x"), cowpi.Unreadable{Sid: c.main, Index: 902, Author: "charlie"})
	require.Nil(t, misquoted(c))
	c.shown("charlie", textOf(c, 900, "bob", "never"))
	require.Nil(t, misquoted(c), "what charlie was shown is his")
	for kind, events := range map[string][]cowpi.EventBody{
		"never-written": {textOf(c, 910, "bob", "never")},
		"twice":         {textOf(c, 910, "bob", "one"), textOf(c, 911, "bob", "one")},
		"order":         {textOf(c, 910, "bob", "two"), textOf(c, 911, "bob", "one")},
		"garbled":       {cowpi.Unreadable{Sid: c.main, Index: 910, Author: "bob"}},
		"suppressed":    {cowpi.Repeated{Sid: c.main, Index: 910, Author: "bob"}},
	} {
		d := *c
		u := *c.net.User("alice")
		before := u.Events
		c.shown("alice", events...)
		b := misquoted(&d)
		c.net.User("alice").Events = before
		require.NotNil(t, b, kind)
		require.Equal(t, kind, b.Kind)
	}
}

// A repeat of what was shown is not a breach; showing it is.
func TestOnlyRepeatsOfWhatWasShownAreExcluded(t *testing.T) {
	c, _ := trial(t, MessageIntegrity, cheaply())
	c.texts[place{"bob", c.main}] = append(c.texts[place{"bob", c.main}], "one")
	first := textOf(c, 910, "bob", "one")
	c.shown("alice", first, cowpi.Repeated{Sid: c.main, Index: 911, Author: "bob", ID: first.Text.ID})
	require.Nil(t, misquoted(c))
	c.shown("alice", textOf(c, 912, "bob", "one"))
	require.Equal(t, "twice", misquoted(c).Kind)
}

// A revealed secret excuses what is said in its owner's name, and nothing else.
func TestRevealedSecretsExcludeOnlyTheirOwners(t *testing.T) {
	_, o := trial(t, MessageIntegrity, cheaply())
	_, err := o.Reveal("bob")
	require.IsType(t, &Refusal{}, err)
	c, o := trial(t, MessageAuthentication, cheaply())
	self, err := o.Reveal("bob")
	require.NoError(t, err)
	require.Equal(t, c.net.User("bob").Self, self)
	c.shown("alice", textOf(c, 910, "bob", "never"))
	require.Nil(t, misquoted(c))
	c.shown("bob", textOf(c, 910, "alice", "never"))
	require.Equal(t, "never-written", misquoted(c).Kind)
	c.talk.hear(way{"bob", "router"}, "x")
	require.Nil(t, mistaken(c))
	c.talk.hear(way{"router", "bob"}, "x")
	require.Equal(t, "mistaken", mistaken(c).Kind)
}

// What is heard on a channel must have been said there, in this order and once.
func TestChannelsAgree(t *testing.T) {
	for name, heard := range map[string][]string{"": {"a", "c"}, "never": {"x"}, "twice": {"a", "a"}, "order": {"b", "a"}} {
		c, _ := trial(t, ParticipantAuthentication, cheaply())
		tell := c.listen("alice")
		for _, w := range []string{"a", "b", "c"} {
			tell("router", channel.Word{Said: true, Payload: []byte(w)})
		}
		hear := c.listen("router")
		for _, w := range heard {
			hear("alice", channel.Word{Payload: []byte(w)})
		}
		b := mistaken(c)
		require.Equal(t, name != "", b != nil, name)
		c.corrupt["alice"] = true
		require.Nil(t, mistaken(c), "alice is corrupt")
	}
}

// Who knows the secret, or has the right number, passes; nobody is refused because
// others could guess.
func TestWhoKnowsTheSecretPasses(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		c, o := trial(t, ParticipantAuthentication, Setting{2, None, s})
		alice, _ := o.Party("alice")
		bob, _ := o.Party("bob")
		run, offer, err := o.OpenVerify("alice", bob)
		require.NoError(t, err)
		back, answer, err := o.AnswerVerify("bob", alice, offer)
		require.NoError(t, err)
		v, proof, err := o.FinishVerify(run, answer)
		require.NoError(t, err)
		require.Equal(t, identity.Verified, v)
		v, _, err = o.FinishVerify(back, proof)
		require.NoError(t, err)
		require.Equal(t, identity.Verified, v)
		_, _, err = o.FinishVerify(back, proof)
		require.IsType(t, &Refusal{}, err, "the run is over")
		ok, err := o.CompareNumbers("alice", bob, alice)
		require.NoError(t, err)
		require.True(t, ok)
		connected, err := o.Dial("alice", o.ProviderSet().At(1), 1, nil)
		require.NoError(t, err)
		require.True(t, connected)
		require.Nil(t, misverified(c))
		c.runs = c.runs[:1] // as if bob had not taken part
		require.Equal(t, "misverified", misverified(c).Kind)
		_, err = o.SharedSecret("alice", "bob")
		require.IsType(t, &Refusal{}, err)
		_, err = o.Participant("eve")
		require.NoError(t, err)
		_, err = o.SharedSecret("alice", "eve")
		require.NoError(t, err)
	}
}

// Nobody accepts or verifies a wrong key for the adversary; everybody a right one.
func TestNobodyAcceptsAWrongKeyAndEverybodyARightOne(t *testing.T) {
	c, o := trial(t, ParticipantAuthentication, cheaply())
	eve, _ := o.Party("eve")
	bob, _ := o.Party("bob")
	require.IsType(t, &Refusal{}, o.Do("alice", cowpi.DecideKey{User: "bob", Key: eve.Key, Accept: true}))
	require.IsType(t, &Refusal{}, o.Do("alice", cowpi.MarkVerified{User: "bob", Key: eve.Key}))
	require.NoError(t, o.Do("alice", cowpi.DecideKey{User: "bob", Key: eve.Key}))
	require.NoError(t, o.Do("alice", cowpi.MarkVerified{User: "bob", Key: bob.Key}))
	wrong := cowpi.RosterChanged{Sid: c.main, Index: 900, Members: []cowpi.Member{{ID: "bob", Key: eve.Key}}}
	c.shown("alice", wrong)
	require.Equal(t, "impostor", impersonated(c).Kind)
}

// Of a newcomer's key the directory is believed, if one provider is honest.
func TestNewcomersNeedOneHonestProvider(t *testing.T) {
	c, o := trial(t, UntrustedProvider, cheaply())
	require.NoError(t, o.Newcomer("nora"))
	require.IsType(t, &Refusal{}, o.Newcomer("nora"))
	eve, _ := o.Party("eve")
	c.shown("alice", cowpi.RosterChanged{Sid: c.main, Index: 900, Members: []cowpi.Member{{ID: "nora", Key: eve.Key}}})
	require.Equal(t, "impostor", impersonated(c).Kind)
	o.Providers()
	require.Nil(t, impersonated(c))
}

// With an honest provider nobody honest may be blamed; without, an author may.
func TestOnlyBlameWithoutTrustIsExcluded(t *testing.T) {
	blame := func(who fault.Party) cowpi.Ended {
		return cowpi.Ended{Reason: cowpi.EndStopped, Err: &fault.Evidence{Check: fault.P5, Who: who}}
	}
	bob, eve := fault.Party{Role: fault.RoleAuthor, ID: "bob"}, fault.Party{Role: fault.RoleAuthor, ID: "eve"}
	for _, honest := range []int{None, 0} {
		c, o := trial(t, Robustness, Setting{2, honest, cowpitest.Cheap})
		_, err := o.Participant("eve")
		require.NoError(t, err)
		c.shown("alice", blame(eve))
		require.Nil(t, accused(c))
		c.shown("alice", blame(bob))
		require.Equal(t, honest != None, accused(c) != nil)
	}
	c, _ := trial(t, Robustness, Setting{2, 0, cowpitest.Cheap})
	c.shown("alice", blame(fault.Party{Role: fault.RoleProviders}))
	require.NotNil(t, accused(c), "they are all honest")
	c.corrupt["mirror1"] = true
	require.Nil(t, accused(c), "one of them is not")
}

// A text that is nowhere, or in two places, is lost; limits are noticed.
func TestLostTextsAndLimitsAreNoticed(t *testing.T) {
	c, o := trial(t, Robustness, cheaply())
	require.NoError(t, o.Say("alice", c.main, "hello"))
	require.Nil(t, lost(c), "it waits")
	require.NoError(t, o.Settle())
	require.Nil(t, lost(c), "it is shown")
	require.Nil(t, overfull(c))
	c.texts[place{"alice", c.main}] = append(c.texts[place{"alice", c.main}], "gone")
	require.Equal(t, "lost", lost(c).Kind)
	c, _ = trial(t, Robustness, cheaply())
	c.shown("bob", cowpi.Discarded{Sid: c.main, Texts: []cowpi.Text{{Text: []byte("bob says 6 to 1")}}})
	for _, text := range c.texts[place{"bob", c.main}] {
		c.shown("bob", cowpi.Discarded{Sid: c.main, Texts: []cowpi.Text{{Text: []byte(text)}}})
	}
	require.Equal(t, "lost", lost(c).Kind, "in two places")
}

// What the network may have done is not blame for the peer; what was said inside frames
// is, whether a provider is honest or not, and so is a forgery that nobody made.
func TestOnlyBlameForTheNetworkIsExcluded(t *testing.T) {
	hangUp := func(check fault.Check, who string) cowpi.ProviderFault {
		return cowpi.ProviderFault{Err: &fault.Evidence{Check: check, Who: fault.Party{Role: fault.RoleProvider, ID: who}}}
	}
	for check, excluded := range map[fault.Check]bool{fault.F1: true, fault.H1: true, fault.W1: true, fault.D7: false, fault.T3: false} {
		c, o := trial(t, Robustness, cheaply())
		_, err := o.Provider(1)
		require.NoError(t, err)
		c.shown("alice", hangUp(check, "mirror1"))
		require.Nil(t, accused(c), "mirror1 is corrupt")
		c.shown("alice", hangUp(check, "router"))
		require.NotNil(t, accused(c), check)
		require.NoError(t, o.Say("alice", c.main, "hello"))
		require.NoError(t, o.Rewrite(o.Letters()[0].Wire, true))
		require.Equal(t, excluded, accused(c) == nil, check)
	}
	events := map[string]struct {
		e    provider.Event
		kind string
	}{
		"a mirror":       {provider.Fault{Err: &fault.Evidence{Check: fault.M8, Who: fault.Party{Role: fault.RoleProvider, ID: "mirror1"}}}, "accused"},
		"a user":         {provider.Fault{Err: &fault.Evidence{Check: fault.D7, Who: fault.Party{Role: fault.RoleUser, ID: "bob"}}}, "accused"},
		"too many":       {provider.Fault{Err: &fault.Evidence{Check: fault.R3, Who: fault.Party{Role: fault.RoleUser, ID: "bob"}}}, ""},
		"one corrupt":    {provider.Fault{Err: &fault.Evidence{Check: fault.D7, Who: fault.Party{Role: fault.RoleUser, ID: "eve"}}}, ""},
		"nobody":         {provider.Fault{Err: &fault.Evidence{Check: fault.R1}}, ""},
		"a forgery":      {provider.Refused{User: "bob", Err: &fault.Evidence{Check: fault.A2}}, "accused"},
		"a real forgery": {provider.Refused{User: "eve", Err: &fault.Evidence{Check: fault.A2}}, ""},
		"too late":       {provider.Refused{User: "bob", Err: &fault.Evidence{Check: fault.V4}}, ""},
	}
	for name, x := range events {
		c, o := trial(t, Robustness, cheaply())
		_, err := o.Participant("eve")
		require.NoError(t, err)
		p := c.net.Providers[0]
		p.Events = append(p.Events, x.e)
		b := accused(c)
		require.Equal(t, x.kind != "", b != nil, name)
		c.corrupt["router"] = true
		require.Nil(t, accused(c), "what a corrupt router says is its own")
	}
}

// One upload for each change of the roster is no breach, nor are more behind one that was
// accepted; another one is.
func TestWhatIsMadeInVainIsCounted(t *testing.T) {
	c, _ := trial(t, Robustness, cheaply())
	at := place{"alice", c.main}
	begins := func(epoch uint32) cowpi.RosterChanged { return cowpi.RosterChanged{Sid: c.main, Epoch: epoch} }
	made := func(epoch uint32, n int) {
		for range n {
			c.uploads[at] = append(c.uploads[at], written{epoch: epoch})
		}
	}
	made(1, 1)
	c.shown("alice", begins(1), begins(2))
	require.Nil(t, inVain(c))
	made(2, 33)
	c.shown("alice", cowpi.Acked{Sid: c.main, Participant: "alice"}, begins(3))
	require.Nil(t, inVain(c))
	made(3, 2)
	require.Nil(t, inVain(c), "the epoch is not over")
	c.shown("alice", cowpi.Acked{Sid: c.main, Participant: "bob"}, begins(4))
	require.Equal(t, "in-vain", inVain(c).Kind)
	c.corrupt["alice"] = true
	require.Nil(t, inVain(c))
}

// A roster beyond the limit is noticed at a provider that is honest.
func TestRostersBeyondTheLimitAreNoticed(t *testing.T) {
	c, _ := trial(t, Robustness, cheaply())
	require.Nil(t, overfull(c))
	defer func(n int) { tight.Roster = n }(tight.Roster)
	tight.Roster = len(People) - 1
	require.Equal(t, "overfull", overfull(c).Kind)
}
