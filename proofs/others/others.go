// Package others holds small models of how other group messengers authenticate, as
// controls: systems that were never meant to be deniable in the sense of this project,
// and against which the same kind of distinguisher wins at once. They are real
// protocols over real primitives (X25519, ChaCha20-Poly1305, Ed25519), but only as much
// of each as the property needs. No judgement of these systems is meant: what they give
// up here, they give up for other things.
//
// [SenderKeys] is the group protocol that WhatsApp and, in part, Signal describe: each
// member has a chain key and a signature key for the group, hands both out over pairwise
// channels, and signs each message. The signature key is a one-time key, and the
// pairwise channels may be deniable, so whole transcripts can be made up; but one
// message that is known to be somebody's shows the author of all others under the same
// key: message unlinkability falls. Left out: the ratchet of the chain key, which plays
// no part in this, and the pairwise channels, which are taken to be perfectly deniable.
//
// [SignedCommits] is the way of MLS (RFC 9420): each member has a long-term signature
// key in its credential, and signs each commit and each message with it. Whoever has
// seen the credential knows who took part: deniability falls. Left out: the tree of
// keys, which plays no part in this.
package others

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"cowpi.example/cowpi/suite"
)

// Members is how many are in a group, Messages how many messages there are.
const (
	Members  = 3
	Messages = 6
)

// Message is one on the wire: sealed, and signed by its author.
type Message struct {
	Author    int
	Number    int
	Sealed    []byte
	Signature []byte
}

// Transcript is what a judge gets to see: all messages, and the public signature keys
// that are known to be somebody's. Of others it knows nothing.
type Transcript struct {
	Keys     [Members]ed25519.PublicKey // nil: not known to be anybody's
	Messages []Message
}

// System makes transcripts: really, or as somebody who was not told the authors'
// secrets would forge them.
type System struct {
	Name string
	What string
	make func(r *rand.Rand, real bool) Transcript
}

// Trial throws a coin, and says whether Verify was right about it. It depends on the
// seed alone.
func (s System) Trial(seed uint64) bool { return s.trial(seed, true) }

// UnsafeBlindTrial is Trial where the judge knows nobody's key, which shows that it is
// by these that it wins.
func (s System) UnsafeBlindTrial(seed uint64) bool { return s.trial(seed, false) }

func (s System) trial(seed uint64, sees bool) bool {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", s.Name, seed))
	r := rand.New(rand.NewChaCha8(h))
	real := r.IntN(2) == 0
	t := s.make(r, real)
	if !sees {
		t.Keys = [Members]ed25519.PublicKey{}
	}
	return Verify(t) == real
}

// Verify is the distinguisher: it has public keys only, and takes for real what
// verifies under them.
func Verify(t Transcript) bool {
	for _, m := range t.Messages {
		if k := t.Keys[m.Author]; k != nil && !ed25519.Verify(k, m.signed(), m.Signature) {
			return false
		}
	}
	return true
}

// signed is what an author signs: who, which, and what.
func (m Message) signed() []byte {
	b := binary.BigEndian.AppendUint32([]byte("group message"), uint32(m.Author))
	return append(binary.BigEndian.AppendUint32(b, uint32(m.Number)), m.Sealed...)
}

// random is 32 bytes.
func random(r *rand.Rand) (b [32]byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// signer makes a signature key.
func signer(r *rand.Rand) ed25519.PrivateKey {
	seed := random(r)
	return ed25519.NewKeyFromSeed(seed[:])
}

// write seals and signs a text.
func write(r *rand.Rand, author, number int, key suite.Key, sign ed25519.PrivateKey) Message {
	nonce := [suite.NonceSize]byte{byte(author), byte(number)} // each once under a key
	m := Message{Author: author, Number: number}
	m.Sealed = suite.Default.Seal(nil, "text", key, nonce, fmt.Appendf(nil, "text %d", r.IntN(1000)))
	m.Signature = ed25519.Sign(sign, m.signed())
	return m
}

// SenderKeys hands out one signature key of each member, over deniable channels. The
// judge has been shown one message of member 0 that is certainly real, with all that
// its recipients have for it: so it knows that member's key for this group. A forger is
// given the same, and must make up the others.
var SenderKeys = System{
	Name: "sender keys",
	What: "Each member signs with a key of its own for the group, which it hands out over pairwise channels (as in WhatsApp's sender keys). One message is known to be somebody's.",
	make: func(r *rand.Rand, real bool) Transcript {
		var keys [Members]ed25519.PrivateKey
		var chain [Members]suite.Key
		for i := range keys {
			keys[i], chain[i] = signer(r), suite.Key(random(r))
		}
		var t Transcript
		t.Keys[0] = keys[0].Public().(ed25519.PublicKey)
		t.Messages = append(t.Messages, write(r, 0, 0, chain[0], keys[0]))
		if !real { // the forger has the chain key and the public key, and no more, of member 0
			keys[0] = signer(r)
		}
		for n := 1; n < Messages; n++ {
			who := n % Members
			t.Messages = append(t.Messages, write(r, who, n, chain[who], keys[who]))
		}
		return t
	},
}

// SignedCommits has a credential of each member with a long-term signature key, which
// everybody knows. A forger is a stranger who knows these as well.
var SignedCommits = System{
	Name: "signed commits",
	What: "Each member signs commits and messages with the long-term key of its credential (as in MLS, RFC 9420).",
	make: func(r *rand.Rand, real bool) Transcript {
		var keys [Members]ed25519.PrivateKey
		var t Transcript
		for i := range keys {
			keys[i] = signer(r)
			t.Keys[i] = keys[i].Public().(ed25519.PublicKey)
		}
		if !real {
			for i := range keys {
				keys[i] = signer(r)
			}
		}
		// A commit brings a new epoch secret, confirmed by a hash of what came before.
		epoch, transcript := suite.Key(random(r)), suite.Hash{}
		for n := range Messages {
			who := n % Members
			m := write(r, who, n, epoch, keys[who])
			t.Messages = append(t.Messages, m)
			transcript = suite.Default.Hash("conversation digest", transcript[:], m.signed(), m.Signature)
			epoch = suite.Key(suite.Default.KDF("chain", suite.KeySize, epoch[:], transcript[:]))
		}
		return t
	},
}
