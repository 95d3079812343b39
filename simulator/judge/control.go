package judge

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"sync"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// Control is a protocol that cannot be denied: Mobile CoWPI with one thing done
// wrong, by everybody, real and forged; or a forger who gets one thing wrong. A distinguisher must win against it. If none
// did, that none wins against Mobile CoWPI would mean even less than it does.
type Control struct {
	Name string
	What string // what is done wrong
	By   string // the distinguisher that must win
	// In is the game that falls; Holds is one that must not, or nil.
	In    Game
	Holds *Game
	// Set makes an experiment one of this protocol. The forgers are outsiders: what is
	// made with a long-term secret convinces nobody that its own holder did not forge it.
	Set func(*Experiment)
	// Slip says that it is a forger's: what shows none is taken to be real.
	Slip bool
}

// Against is the distinguisher that must win, as one uses it who knows which
// protocol is spoken, or which slip the forger makes.
func (c Control) Against() Distinguisher {
	if c.Slip {
		return Trusting(Find(c.By))
	}
	return Expecting(Find(c.By))
}

// Controls lists the protocols that cannot be denied.
func Controls() []Control {
	deniability := Deniability
	list := []Control{
		{Name: "signed texts", What: "Everybody appends a signature under the long-term secret to what is written.", By: "signatures", In: Deniability, Set: unsafely(&simulator.Unsafe{Prepare: signTexts})},
		{Name: "signed prekeys", What: "The id of a prekey is a tag of the prekey under the long-term secret.", By: "signatures", In: Deniability, Set: unsafely(&simulator.Unsafe{Suite: func(s suite.Suite) suite.Suite { return tagging{s} }})},
		{Name: "digests in texts", What: "Authors put the digest of all that came before into what they write.", By: "commitments", In: Unlinkability, Holds: &deniability, Set: func(x *Experiment) {
			s := x.Suite
			if s == nil {
				s = suite.Default
			}
			x.Texts, x.Protocol = true, committing(s)
		}},
		{Name: "coins from a beacon", What: "All coins come from a public source, without the long-term secret.", By: "secrets", In: Deniability, Set: func(x *Experiment) {
			s := x.Suite
			if s == nil {
				s = suite.Default
			}
			x.Beacon = beacon(s)
			x.Protocol = always(&simulator.Unsafe{Suite: func(s suite.Suite) suite.Suite { return unhedged{s, beacon(s)} }})
		}},
		{Name: "esk used elsewhere", What: "The nonce of a SETUP is the esk of one of its author's prekeys.", By: "secrets", In: Deniability, Set: unsafely(&simulator.Unsafe{Suite: func(s suite.Suite) suite.Suite {
			return &reusing{Suite: s, esk: map[suite.Scalar]suite.Coin{}}
		}})},
	}
	list = append(list, careless()...)
	for i := range list {
		set := list[i].Set
		list[i].Set = func(x *Experiment) {
			x.Forgers = Outsiders
			set(x)
		}
	}
	return list
}

func always(u *simulator.Unsafe) func(*transcript.MessageState) *simulator.Unsafe {
	return func(*transcript.MessageState) *simulator.Unsafe { return u }
}

func unsafely(u *simulator.Unsafe) func(*Experiment) {
	return func(x *Experiment) { x.Protocol = always(u) }
}

// signTexts signs with Ed25519, whose seed is the long-term secret. A forger who has
// only the name of the secret signs with that.
func signTexts(n *cowpitest.Net) {
	for _, u := range n.Users {
		u.UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
			sig := ed25519.Sign(ed25519.NewKeyFromSeed(u.Self.Secret[:]), p.Text)
			p.Text = append(append([]byte(nil), p.Text...), sig...)
			return p
		}
	}
}

// tagging makes ids of prekeys tags of their keys. The esk is the coin after the id.
type tagging struct{ suite.Suite }

// Coins implements suite.Suite.
func (t tagging) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	if purpose != "prekey id" {
		return t.Suite.Coins(seed, a, counter, purpose, index)
	}
	Y := t.Public(t.H1(t.Suite.Coins(seed, a, counter, "prekey esk", index+1), a))
	mac := hmac.New(sha256.New, a[:])
	mac.Write(Y[:])
	return suite.Coin(mac.Sum(nil))
}

// committing makes the id of a text the author's digest of what it has processed. A
// forger who has a message to place leaves the id that stands in it.
func committing(s suite.Suite) func(*transcript.MessageState) *simulator.Unsafe {
	return func(st *transcript.MessageState) *simulator.Unsafe {
		var given content.Plain
		if st != nil {
			given, _, _ = Evidence{World: simulator.World{Suite: s}, State: st}.target()
		}
		return &simulator.Unsafe{Prepare: func(n *cowpitest.Net) {
			for _, u := range n.Users {
				u.UnsafeText = func(sid suite.Hash, p content.Plain) content.Plain {
					if st != nil && u.Self.ID == st.Author && string(p.Text) == string(given.Text) {
						return given
					}
					var h conversation.Head
					if h, _, _ = u.Machine.Head(u.Store, sid); h.Next > 0 {
						p.ID = content.TextID(h.Digest[:16])
					}
					return p
				}
			}
		}}
	}
}

// beacon is a public source: whoever knows a public key knows its coins.
func beacon(s suite.Suite) func(suite.Point, uint64, suite.Purpose, uint32) suite.Coin {
	return func(key suite.Point, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
		n := []byte{byte(counter >> 24), byte(counter >> 16), byte(counter >> 8), byte(counter), byte(index >> 8), byte(index)}
		return suite.Coin(s.KDF("beacon", 32, key[:], n, []byte(purpose)))
	}
}

// unhedged draws all coins from a beacon.
type unhedged struct {
	suite.Suite
	source func(suite.Point, uint64, suite.Purpose, uint32) suite.Coin
}

// Coins implements suite.Suite.
func (u unhedged) Coins(_ suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	return u.source(u.Public(a), counter, purpose, index)
}

// reusing uses the esk of a prekey as the nonce of a SETUP.
type reusing struct {
	suite.Suite
	mu  sync.Mutex
	esk map[suite.Scalar]suite.Coin
}

// Coins implements suite.Suite.
func (c *reusing) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	coin := c.Suite.Coins(seed, a, counter, purpose, index)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch esk, ok := c.esk[a]; {
	case purpose == "prekey esk" && !ok:
		c.esk[a] = coin
	case purpose == "setup nonce" && ok:
		return esk
	}
	return coin
}
