package adversary

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

var channels = []string{"participant-authentication", "untrusted-provider"}

// AlteredWire changes one bit of one message of any connection.
var AlteredWire = game.Adversary{
	Name:   "altered-wire",
	What:   "The network changes one bit of one message on any wire, cuts it, or makes it longer: of a handshake, of a frame.",
	Source: "Dolev and Yao (1983)",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		who, other := two(o)
		if o.Rand().IntN(2) == 0 {
			o.Cut(who, provided(o))
		}
		if err := o.Say(other, o.Main(), "Hello."); err != nil {
			return err
		}
		for n := o.Rand().IntN(60); ; n-- {
			more, err := o.Step()
			if err != nil {
				return err
			}
			list := o.Letters()
			if n <= 0 && len(list) > 0 {
				l := pick(o, list...)
				b := flipped(o, l.Bytes, 0)
				switch o.Rand().IntN(8) {
				case 0:
					b = b[:o.Rand().IntN(len(b))]
				case 1:
					b = append(b, 0)
				}
				if err := o.Rewrite(l.Wire, l.ToServer, with(list, l, b)...); err != nil {
					return err
				}
				return o.Settle()
			}
			if !more {
				return nil
			}
		}
	},
}

// with is what is on the way of l, but for l itself.
func with(list []cowpitest.Letter, l cowpitest.Letter, in ...[]byte) (out [][]byte) {
	for _, x := range list {
		switch {
		case x.Wire != l.Wire || x.ToServer != l.ToServer:
		case &x.Bytes[0] == &l.Bytes[0]:
			out = append(out, in...)
		default:
			out = append(out, x.Bytes)
		}
	}
	return out
}

// provided is a provider, at random.
func provided(o *game.Oracles) string {
	return string(o.ProviderSet().At(o.Rand().IntN(o.ProviderSet().Len())).ID)
}

// ReplayedFrames repeats, exchanges, drops and reflects frames.
var ReplayedFrames = game.Adversary{
	Name:   "replayed-frames",
	What:   "The network delivers a frame twice, two in each other's place, drops one, or returns it to its author.",
	Source: "Syverson (1994), a taxonomy of replay attacks; Möller (2004), TLS",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		who, other := two(o)
		for i, text := range []string{"One.", "Two."} {
			if err := o.Say([]string{who, other}[i], o.Main(), text); err != nil {
				return err
			}
		}
		for range o.Rand().IntN(20) {
			if _, err := o.Step(); err != nil {
				return err
			}
		}
		list := o.Letters()
		if len(list) == 0 {
			return nil
		}
		l := pick(o, list...)
		way := with(list, l, l.Bytes)
		switch what := o.Rand().IntN(4); {
		case what == 0 && len(way) > 1:
			slices.Reverse(way)
		case what == 1 && len(way) > 1:
			way = way[1:]
		case what == 2: // what it says itself
			back := []cowpitest.Letter{}
			for _, x := range list {
				if x.Wire == l.Wire && x.ToServer != l.ToServer {
					back = append(back, x)
				}
			}
			answers := [][]byte{l.Bytes}
			for _, x := range back {
				answers = append(answers, x.Bytes)
			}
			if err := o.Rewrite(l.Wire, !l.ToServer, answers...); err != nil {
				return err
			}
		default:
			way = append([][]byte{way[0]}, way...)
		}
		if err := o.Rewrite(l.Wire, l.ToServer, way...); err != nil {
			return err
		}
		return script(o.Settle, says(o, who, "Three."), o.Settle)
	},
}

// ReplayedHandshake connects with what somebody said before.
var ReplayedHandshake = game.Adversary{
	Name:   "replayed-handshake",
	What:   "The network records all that a user says on a connection, from the first message, and says it again on the next.",
	Source: "Syverson (1994); Needham and Schroeder after Denning and Sacco (1981)",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		at := provided(o)
		toServer := o.Rand().IntN(2) == 0 // or what the provider said, to the user
		var tape [][]byte
		if err := o.Cut(who, at); err != nil {
			return err
		}
		if err := o.Say(who, o.Main(), "Again."); err != nil {
			return err
		}
		seen := map[string]bool{}
		if _, err := untilSaid(o, who, at, toServer, func(l cowpitest.Letter) bool {
			if !seen[string(l.Bytes)] {
				seen[string(l.Bytes)] = true
				tape = append(tape, bytes.Clone(l.Bytes))
			}
			return false
		}); err != nil {
			return err
		}
		if err := o.Cut(who, at); err != nil {
			return err
		}
		// The first message of the next connection is on its way; none of it arrives, but what is on the tape.
		wire, err := untilSaid(o, who, at, true, func(cowpitest.Letter) bool { return true })
		if err != nil || wire == 0 {
			return err
		}
		if o.Rewrite(wire, true) != nil || o.Rewrite(wire, toServer, tape...) != nil {
			return nil // the wire is gone
		}
		onWire := func(l cowpitest.Letter) bool { return l.Wire == wire && l.ToServer == toServer }
		for slices.ContainsFunc(o.Letters(), onWire) { // until the other end hangs up
			if err := o.Deliver(wire, toServer); err != nil {
				return err
			}
		}
		return o.Settle()
	},
}

// untilSaid lets things happen until somebody has said something on a connection of which
// done says that it is enough, or until nothing happens any more; then the wire is 0.
func untilSaid(o *game.Oracles, client, server string, toServer bool, done func(cowpitest.Letter) bool) (wire uint64, err error) {
	for range 400 {
		for _, l := range o.Letters() {
			if l.Client == client && l.Server == server && l.ToServer == toServer && done(l) {
				return l.Wire, nil
			}
		}
		if more, err := o.Step(); err != nil || !more {
			return 0, err
		}
	}
	return 0, nil
}

// wireOf is the wire of a client to a server on which the handshake is about to begin.
func wireOf(o *game.Oracles, client, server string) (uint64, bool, error) {
	for range 400 {
		for _, l := range o.Letters() {
			if l.Client == client && l.Server == server && l.ToServer && len(l.Bytes) == channel.Msg1Size {
				return l.Wire, true, nil
			}
		}
		more, err := o.Step()
		if err == nil && !more {
			err = o.Advance(1500)
		}
		if err != nil {
			return 0, false, err
		}
	}
	return 0, false, nil
}

// inPlaceOf takes a client's place on its wire to a server, as an actor, and says
// payloads.
func inPlaceOf(o *game.Oracles, client, server string, role channel.Role, self identity.Self, payloads func(a *cowpitest.Actor) [][]byte) error {
	if err := o.Cut(client, server); err != nil {
		return err
	}
	wire, ok, err := wireOf(o, client, server)
	if err != nil || !ok {
		return err
	}
	a := cowpitest.NewActor(o.Suite(), self)
	msg1, err := a.Dial(role, party(o, server))
	if err != nil {
		return err
	}
	say := func(list ...[]byte) error {
		for _, b := range list {
			if o.Rewrite(wire, true, b) != nil {
				return nil // hung up
			}
			if err := o.Deliver(wire, true); err != nil {
				return err
			}
		}
		return nil
	}
	if err := say(msg1); err != nil {
		return err
	}
	for _, l := range o.Letters() {
		if l.Wire == wire && !l.ToServer {
			answers, err := a.Take(l.Bytes)
			if err != nil || o.Rewrite(wire, false) != nil {
				return nil // it does not believe us
			}
			if err := say(answers...); err != nil {
				return err
			}
		}
	}
	// What the server says cannot be read if it has another key; words can be said.
	for _, l := range o.Letters() {
		if l.Wire == wire && !l.ToServer {
			if _, err := a.Take(l.Bytes); err != nil {
				break
			}
		}
	}
	_ = o.Rewrite(wire, false)
	for _, b := range payloads(a) {
		frame, err := a.Say(b)
		if err != nil {
			break
		}
		if err := say(frame); err != nil {
			return err
		}
	}
	_ = o.Cut(client, server)
	return o.Settle()
}

// SomeoneElsesChannel connects as a user whose secret the adversary does not have.
var SomeoneElsesChannel = game.Adversary{
	Name:   "someone-elses-channel",
	What:   "An intruder dials a provider in a user's name, with the user's public key or its own, and acknowledges, withdraws and uploads prekeys.",
	Source: "Lowe (1996); LaMacchia, Lauter and Mityagin (2007)",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		self := pretender(o, party(o, who))
		if o.Rand().IntN(2) == 0 {
			self.Key = o.Suite().Public(self.Secret)
		}
		h, _ := o.Head(who, o.Main())
		return inPlaceOf(o, who, provided(o), channel.RoleUser, self, func(*cowpitest.Actor) [][]byte {
			return [][]byte{
				exchange.Encode(exchange.Ack{Sid: o.Main(), Index: h.Next}), exchange.Encode(exchange.Withdraw{Batch: 1}),
				exchange.Encode(exchange.Prekeys{Batch: 2, List: []exchange.Prekey{{Y: self.Key}}}),
			}
		})
	},
}

// FalseRouter connects to a mirror as its router.
var FalseRouter = game.Adversary{
	Name:   "false-router",
	What:   "An intruder, or a user, dials a mirror in the router's role, and says words of the link.",
	Source: "Lowe (1996); type flaws after Heather, Lowe and Schneider (2000)",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		self := pretender(o, party(o, "router"))
		switch o.Rand().IntN(3) {
		case 0: // with the router's public key
		case 1:
			self.Key = o.Suite().Public(self.Secret)
		case 2: // a user, under its own name and key
			eve, err := o.Participant("eve")
			if err != nil {
				return err
			}
			self = eve.Self
		}
		return inPlaceOf(o, "router", "mirror1", channel.RoleRouter, self, func(*cowpitest.Actor) [][]byte {
			return [][]byte{append([]byte{3}, make([]byte, 8)...), {4, 1}} // Ack, Resync
		})
	},
}

// FalseProvider answers in a provider's place.
var FalseProvider = game.Adversary{
	Name:   "false-provider",
	What:   "An intruder answers a user's handshake in a provider's place, with the provider's name and public key or its own, or with a relayed answer.",
	Source: "Lowe (1996); LaMacchia, Lauter and Mityagin (2007)",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		at := provided(o)
		self := pretender(o, party(o, at))
		if o.Rand().IntN(2) == 0 {
			self.Key = o.Suite().Public(self.Secret)
		}
		if err := o.Cut(who, at); err != nil {
			return err
		}
		wire, ok, err := wireOf(o, who, at)
		if err != nil || !ok {
			return err
		}
		d := &dialled{o, wire}
		a := cowpitest.NewActor(o.Suite(), self)
		for range 2 {
			for _, m := range d.take(true) {
				answers, err := a.Take(m)
				if err != nil {
					return o.Settle() // whoever is there has other keys
				}
				if err := d.tell(answers...); err != nil {
					return err
				}
			}
		}
		if f, err := a.Say(exchange.Encode(exchange.Welcome{Heads: []exchange.HeadOf{{Sid: o.Main(), Head: 99}}})); err == nil {
			if err := d.tell(f); err != nil {
				return err
			}
		}
		return o.Settle()
	},
}
