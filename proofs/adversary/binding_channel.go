package adversary

import (
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// Renegotiated makes somebody's handshake the renewal of another one's channel.
var Renegotiated = game.Adversary{
	Name:   "renegotiated",
	What:   "A corrupt user passes an honest one's handshake on to a provider, as the renewal of its own channel.",
	Source: "Ray and Dispensa (2009), renegotiation of TLS; Bhargavan et al. (2014), triple handshakes",
	Games:  channels,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		who, _ := two(o)
		at := provided(o)
		own, hers, err := bothDial(o, who, at)
		if err != nil || own == nil || hers == nil {
			return err
		}

		inner, heard := false, []byte(nil)
		a := cowpitest.NewActor(&cowpitest.Twist{Suite: o.Suite(),
			Plain: func(p suite.Purpose, plain []byte) []byte {
				if inner && p == "frame" {
					plain[0] = 1 // an inner handshake
				}
				return plain
			},
			Opened: func(p suite.Purpose, plain []byte) {
				if p == "frame" {
					heard = plain[5 : 5+binary.BigEndian.Uint32(plain[1:])]
				}
			}}, eve.Self)
		msg1, err := a.Dial(channel.RoleUser, party(o, at))
		if err != nil {
			return err
		}
		// within says a message of somebody's handshake inside of eve's channel.
		within := func(message []byte) error {
			inner = true
			frame, err := a.Say(message)
			inner = false
			if err != nil {
				return nil // the channel is not up
			}
			return hers.say(frame)
		}
		if err := hers.say(msg1); err != nil {
			return err
		}
		for range 2 { // message 2; then the Welcome, and what follows it
			for _, b := range hers.answers() {
				out, err := a.Take(b)
				if err != nil {
					return nil
				}
				if err := hers.say(out...); err != nil {
					return err
				}
			}
		}

		if err := within(own.take(true)[0]); err != nil {
			return err
		}
		for _, b := range hers.answers() {
			_, _ = a.Take(b) // it is not what she expects: but it opens
		}
		if err := own.tell(heard); err != nil {
			return err
		}
		last := own.take(true)
		if len(last) != 2 {
			return o.Settle()
		}
		if err := within(last[0]); err != nil {
			return err
		}
		if err := hers.say(last[1]); err != nil {
			return err
		}
		if out := hers.answers(); len(out) == 2 { // the end of the old keys, and a frame under the new ones
			if err := own.tell(out[1]); err != nil {
				return err
			}
		}
		return o.Settle()
	},
}

// dialled is a client's wire to a server, which somebody sits on.
type dialled struct {
	o    *game.Oracles
	wire uint64
}

// bothDial lets somebody and eve connect to a provider: their first messages wait.
func bothDial(o *game.Oracles, who, at string) (own, hers *dialled, err error) {
	for _, u := range []string{who, "eve"} {
		if err := o.Cut(u, at); err != nil {
			return nil, nil, err
		}
	}
	err = o.SettleHolding(func(from, to string) bool { return (from == who || from == "eve") && to == at })
	for _, l := range o.Letters() {
		if l.Server != at || !l.ToServer || len(l.Bytes) != channel.Msg1Size {
			continue
		}
		switch l.Client {
		case who:
			own = &dialled{o, l.Wire}
		case "eve":
			hers = &dialled{o, l.Wire}
		}
	}
	return own, hers, err
}

// say says messages to the server, in the client's place.
func (d *dialled) say(messages ...[]byte) error { return d.pass(true, messages) }

// tell tells the client messages, in the server's place.
func (d *dialled) tell(messages ...[]byte) error { return d.pass(false, messages) }

func (d *dialled) pass(toServer bool, messages [][]byte) error {
	for _, m := range messages {
		if d.o.Rewrite(d.wire, toServer, m) != nil {
			return nil // hung up
		}
		if err := d.o.Deliver(d.wire, toServer); err != nil {
			return err
		}
	}
	return nil
}

// answers takes what the server said off the wire.
func (d *dialled) answers() [][]byte { return d.take(false) }

// take takes what is on one direction off the wire.
func (d *dialled) take(toServer bool) (out [][]byte) {
	for _, l := range d.o.Letters() {
		if l.Wire == d.wire && l.ToServer == toServer {
			out = append(out, l.Bytes)
		}
	}
	_ = d.o.Rewrite(d.wire, toServer)
	return out
}

// OverwrittenFrame writes into a frame of which everybody knows what is in it.
var OverwrittenFrame = game.Adversary{
	Name:   "overwritten-frame",
	What:   "The network writes a message into a user's first frame, in which there are zeros only, as one does with a stream cipher.",
	Source: "Borisov, Goldberg and Wagner (2001), WEP: known plaintext",
	Games:  []string{"participant-authentication"},
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		at := provided(o)
		if err := o.Cut(who, at); err != nil {
			return err
		}
		h, _ := o.Head(who, o.Main())
		word := exchange.Encode(pick[exchange.Message](o, exchange.Ack{Sid: o.Main(), Index: h.Next}, exchange.Withdraw{Batch: 1}))
		plain := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(word))), word...)
		for range 400 {
			var way []cowpitest.Letter
			for _, l := range o.Letters() {
				if l.Client == who && l.Server == at && l.ToServer {
					way = append(way, l)
				}
			}
			if len(way) == 2 && len(way[0].Bytes) == channel.Msg3Size {
				frame := slices.Clone(way[1].Bytes)
				subtle.XORBytes(frame, frame, plain)
				if err := o.Rewrite(way[0].Wire, true, way[0].Bytes, frame); err != nil {
					return err
				}
				return o.Settle()
			}
			more, err := o.Step()
			if err == nil && !more {
				err = o.Advance(1500)
			}
			if err != nil {
				return err
			}
		}
		return nil
	},
}
