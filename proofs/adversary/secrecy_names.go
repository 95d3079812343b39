package adversary

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// namers tell who it was, by watching the network.
var namers = []game.Adversary{Shapes, NamesInClear, OldBytes}

// perform lets somebody do all deeds, and returns what crossed its connections: those
// that are new.
func perform(o *game.Oracles) (out []game.Crossed, err error) {
	before := len(o.Heard())
	old := map[uint64]bool{}
	for _, x := range o.Heard() {
		old[x.Letter.Wire] = true
	}
	for _, d := range game.Deeds {
		if err := o.Somebody(d); err != nil {
			return nil, err
		}
	}
	for _, x := range o.Heard()[before:] {
		if !old[x.Letter.Wire] && x.Letter.Client == "" {
			out = append(out, x)
		}
	}
	return out, nil
}

// Shapes compares sizes, numbers, directions and order.
var Shapes = game.Adversary{
	Name:   "shapes",
	What:   "It tries both users in a network of its own, and compares sizes, numbers, directions and times of all messages, connection by connection.",
	Source: "traffic analysis: Hintz (2002); identities in handshakes as in SIGMA",
	Games:  []string{"anonymity-preserving"},
	Attack: func(o *game.Oracles) error {
		seen, err := perform(o)
		if err != nil {
			return err
		}
		ref := references(o.Setting().Providers)
		var fits []int
		for i, r := range ref {
			if n := sent(seen); slices.Contains(r.shapes, shape(seen)) && r.low <= n && n <= r.high {
				fits = append(fits, i)
			}
		}
		if len(fits) == 1 {
			return o.Guess(fits[0])
		}
		if a, b := ref[0].shared(shape(seen)), ref[1].shared(shape(seen)); len(fits) == 0 && a != b {
			return o.Guess(b2i(b > a))
		}
		if len(fits) == 0 {
			n := sent(seen) // nearer to whose?
			return o.Guess(b2i(max(ref[1].low-n, n-ref[1].high) < max(ref[0].low-n, n-ref[0].high)))
		}
		return nil
	},
}

// sent counts what a client sent.
func sent(list []game.Crossed) (n int) {
	for _, x := range list {
		n += b2i(x.Letter.ToServer)
	}
	return n
}

// shape is which sizes occur on somebody's connections, in each direction: how often,
// and in which order, is a matter of chance.
func shape(list []game.Crossed) string {
	var sizes []string
	for _, x := range list {
		if s := fmt.Sprintf("%v %7d", x.Letter.ToServer, len(x.Letter.Bytes)); !slices.Contains(sizes, s) {
			sizes = append(sizes, s)
		}
	}
	slices.Sort(sizes)
	return strings.Join(sizes, "|")
}

// reference is what was seen of one user, several times: which sizes, and from how
// many to how many messages.
type reference struct {
	shapes    []string
	low, high int
}

// shared counts the sizes of a shape that were seen of that user, too.
func (r reference) shared(shape string) (n int) {
	all := strings.Join(r.shapes, "|")
	for _, size := range strings.Split(shape, "|") {
		n += b2i(strings.Contains(all, size))
	}
	return n
}

// references are those of both users in a network of the adversary's own.
func references(providers int) [2]reference {
	refMu.Lock()
	defer refMu.Unlock()
	if r, ok := refs[providers]; ok {
		return r
	}
	var out [2]reference
	for who := range 2 {
		r := &out[who]
		for seed := range uint64(8) {
			list, err := rehearse(who, providers, seed)
			if err != nil {
				continue
			}
			if s := shape(list); !slices.Contains(r.shapes, s) {
				r.shapes = append(r.shapes, s)
			}
			n := sent(list)
			if r.high == 0 || n < r.low {
				r.low = n
			}
			r.high = max(r.high, n)
		}
	}
	refs[providers] = out
	return out
}

var (
	refMu sync.Mutex
	refs  = map[int][2]reference{}
)

// watcher notes what crosses the connections that users made since it is on.
type watcher struct {
	cowpitest.Blind
	users map[uint64]bool
	on    bool
	list  []game.Crossed
}

// Connected implements cowpitest.Tap.
func (w *watcher) Connected(wire uint64, client, _ string) {
	w.users[wire] = w.on && client != "router"
}

// Sent implements cowpitest.Tap.
func (w *watcher) Sent(wire uint64, toServer bool, b []byte) {
	if w.on && w.users[wire] {
		w.list = append(w.list, game.Crossed{Letter: cowpitest.Letter{Wire: wire, ToServer: toServer, Bytes: b}})
	}
}

func rehearse(who, providers int, seed uint64) ([]game.Crossed, error) {
	w := &watcher{users: map[uint64]bool{}}
	n, err := cowpitest.New(cowpitest.Options{Seed: seed, Providers: providers, Tap: w, Suite: cowpitest.Cheap,
		Users: []string{"alice", "bob", string(game.Strangers[who])}, Policy: cowpi.Policy{Stock: 24, Floor: 8}})
	if err != nil {
		return nil, err
	}
	me := string(game.Strangers[who])
	if err := n.Settle(); err != nil {
		return nil, err
	}
	n.SetOffline(me, true)
	if err := n.Settle(); err != nil {
		return nil, err
	}
	w.on = true
	for _, d := range game.Deeds {
		var in cowpi.Input
		switch d {
		case game.Appear, game.Vanish:
			n.SetOffline(me, d == game.Vanish)
		case game.Renew:
			in = cowpi.RenewChannels{}
		case game.Restock:
			in = cowpi.ReplaceStock{}
		case game.Meet:
			in = cowpi.Create{With: []identity.ID{"alice", "bob"}}
		case game.Speak:
			in = cowpi.Send{Sid: n.User(me).Conversations()[0], Text: []byte("text 00")}
		}
		if in != nil {
			if _, err := n.Do(me, in); err != nil {
				return nil, err
			}
		}
		if err := n.Settle(); err != nil {
			return nil, err
		}
	}
	return w.list, nil
}

// NamesInClear looks for ids and long-term keys.
var NamesInClear = game.Adversary{
	Name:   "names-in-clear",
	What:   "It looks in all that crosses the network for the two users' ids and long-term keys, and for hashes of these.",
	Source: "the paper, II-C: to link a session to the long-term key or identity of a participant",
	Games:  []string{"anonymity-preserving"},
	Attack: func(o *game.Oracles) error {
		seen, err := perform(o)
		if err != nil {
			return err
		}
		for world, id := range game.Strangers {
			p, _ := o.Party(string(id))
			marks := [][]byte{p.Key[:], p.ID.Field()}
			for _, purpose := range []string{"roster", "sid", "handshake 1"} {
				h := o.Suite().Hash(suite.Purpose(purpose), p.Key[:])
				marks = append(marks, h[:])
			}
			for _, x := range seen {
				for _, m := range marks {
					if bytes.Contains(x.Letter.Bytes, m) {
						return o.Guess(world)
					}
				}
			}
		}
		return nil
	},
}

// OldBytes looks for anything that was seen before.
var OldBytes = game.Adversary{
	Name:   "old-bytes",
	What:   "It knows which earlier connection was whose, and looks for 16 bytes of these that come again: keys and tickets that are used twice.",
	Source: "linking by key identifiers (the paper, III-K); session tickets of TLS",
	Games:  []string{"anonymity-preserving"},
	Attack: func(o *game.Oracles) error {
		n := len(o.Heard())
		seen, err := perform(o)
		if err != nil {
			return err
		}
		// The strangers' connections were the last that clients made, one after the other.
		providers := o.Setting().Providers
		var wires []uint64
		for _, x := range o.Heard()[:n] {
			if x.Letter.Client == "" && !slices.Contains(wires, x.Letter.Wire) {
				wires = append(wires, x.Letter.Wire)
			}
		}
		if len(wires) < 2*providers {
			return nil
		}
		slices.Sort(wires)
		wires = wires[len(wires)-2*providers:]
		whose := map[string]int{}
		const size = 16
		for _, x := range o.Heard()[:n] {
			if i := slices.Index(wires, x.Letter.Wire); i >= 0 && x.Letter.ToServer {
				for at := 0; at+size <= min(len(x.Letter.Bytes), 512); at += size {
					whose[string(x.Letter.Bytes[at:at+size])] = i / providers
				}
			}
		}
		for _, x := range seen {
			if x.Letter.Client != "" || !x.Letter.ToServer {
				continue
			}
			for at := 0; at+size <= min(len(x.Letter.Bytes), 512); at += size {
				if world, ok := whose[string(x.Letter.Bytes[at:at+size])]; ok {
					return o.Guess(world)
				}
			}
		}
		return nil
	},
}
