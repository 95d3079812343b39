package game

import (
	"encoding/binary"
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Messages of a connection that is made by hand, as Dial numbers them.
const (
	Msg1 = 1 + iota
	Msg2
	Msg3
	FirstOfClient
	FirstOfServer
)

// Dial lets somebody honest dial a provider under a name and key of the adversary's
// choice, and reach provider i, which is honest. What each of the five messages becomes
// on its way, between says; nil: it stays. confirmed says whether both ends are.
//
// A user whom the provider sees must be registered there, with the key: whoever is
// corrupt can be, under any name that is free, with anybody's key. Nobody is asked to
// prove a key before the handshake.
func (o *Oracles) Dial(who string, as identity.Party, i int, between func(n int, message []byte) []byte) (confirmed bool, err error) {
	u, err := o.person("dial", who)
	switch {
	case err != nil:
		return false, err
	case i < 0 || i >= o.c.Setting.Providers || !o.c.upright(o.c.net.Providers[i].Self.ID):
		return false, refuse("dial", "there is no honest provider %d", i)
	}
	if between == nil {
		between = func(_ int, message []byte) []byte { return message }
	}
	s, p := o.c.net.Suite(), o.c.net.Providers[i].Self
	coins := func(self identity.Self) suite.Coins {
		o.c.dialled++
		seed := suite.Seed(o.c.words)
		binary.BigEndian.PutUint64(seed[:], uint64(o.c.dialled))
		return suite.NewCoins(s, seed, self.Secret, 1<<61+uint64(o.c.dialled))
	}
	d, msg1, err := channel.Dial(s, u.Self, channel.RoleUser, as, coins(u.Self))
	if err != nil {
		return false, refuse("dial", "%v", err)
	}
	broken := func(err error) (bool, error) {
		o.c.broken = append(o.c.broken, err)
		return false, nil
	}
	a, msg2, err := channel.Accept(s, p, between(Msg1, msg1), coins(p))
	if err != nil {
		return broken(err)
	}
	client, out, err := d.Finish(between(Msg2, msg2), coins(u.Self))
	if err != nil {
		return broken(err)
	}
	server, err := a.Finish(between(Msg3, out[0]))
	if err == nil && !o.c.admits(server.Peer()) {
		err = fault.Refute(fault.R1, "%q cannot be registered with this key", server.Peer().ID)
	}
	if err != nil {
		return broken(err)
	}
	server, _, err = server.Open(between(FirstOfClient, out[1]), suite.Coins{})
	if err != nil {
		return broken(err)
	}
	if server.AK() == client.AK() && (as != p.Party() || server.Peer().Party != u.Self.Party()) {
		o.c.misbound = append(o.c.misbound, fmt.Sprintf("%s takes %s for %s, and is taken for %s, on one channel", who, p.ID, as.ID, server.Peer().ID))
	}
	_, first, err := server.Seal(nil)
	if err != nil {
		return false, o.c.honestly(err)
	}
	if _, _, err = client.Open(between(FirstOfServer, first), suite.Coins{}); err != nil {
		return broken(err)
	}
	return true, nil
}

// admits says whether a user can be registered with an honest provider: nobody is under
// the name of somebody honest, but with the right key.
func (c *Challenger) admits(peer channel.Peer) bool {
	u := c.net.User(string(peer.ID))
	return peer.Role == channel.RoleUser && (u == nil || u.Self.Key == peer.Key || c.corrupt[string(peer.ID)])
}

// misbound: two who are honest have the keys of one channel, which is confirmed, and do
// not agree on who is at its ends.
func misbound(c *Challenger) *Breach {
	for _, what := range c.misbound {
		return &Breach{"misbound", what}
	}
	return nil
}
