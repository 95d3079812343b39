package identity

import (
	"crypto/subtle"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// The check by a shared secret (SPEC.md, section 10.2): two users who share some
// words find out whether they also see the same two ids and long-term keys. It
// is a balanced password-authenticated key exchange after CPace by Haase and
// Labrique (2019), with confirmation in both directions:
//
//	Opening --offer--> Answering --answer--> (opener decides) --proof--> (answerer decides)
//
//	g = Map(secret, both parties, nonce);  Ya = [ya]g, Yb = [yb]g;  Z = [ya]Yb = [yb]Ya
//
// Who takes part in a run can try one guess at the secret, and only while it
// runs; what was recorded allows none. Nothing is signed, and long-term secrets
// are not used but to hedge the coins: anybody who knows the secret can make a
// whole run alone, so a run proves nothing to others.

const (
	// OfferSize, AnswerSize and ProofSize are the sizes of the three messages.
	OfferSize  = 2 + 32 + suite.KeySize
	AnswerSize = 2 + suite.KeySize + suite.KeySize
	ProofSize  = 2 + suite.KeySize
	// MaxSecret bounds a shared secret, in bytes.
	MaxSecret = 1024

	verifyVersion = 1
	kindOffer     = 1
	kindAnswer    = 2
	kindProof     = 3
)

// Verdict is the outcome of a run.
type Verdict uint8

// The outcomes. Undecided is the zero value: a message was not taken.
const (
	Undecided   Verdict = 0
	Verified    Verdict = 1 // same secret, same two ids, same two keys
	NotVerified Verdict = 2 // something differs, or somebody in between guessed wrong
)

func (v Verdict) String() string {
	switch v {
	case Verified:
		return "verified"
	case NotVerified:
		return "not verified"
	}
	return "undecided"
}

// Opening is a run whose offer was sent and whose answer is awaited. It is a
// value, safe for concurrent use. It holds the exponent, with which the shared
// secret can be guessed at leisure: keep it in memory, and drop it soon.
type Opening struct {
	suite    suite.Suite
	own      Party
	peer     Party
	exponent suite.Scalar
	nonce    [32]byte
	share    suite.Point
}

// Answering is a run whose answer was sent and whose proof is awaited. It is a
// value, safe for concurrent use. It holds the proof to expect, a secret.
type Answering struct {
	suite suite.Suite
	proof suite.Hash // what the opener will send, if all is well
}

// OpenVerify begins a run with peer. The secret is 1 to MaxSecret bytes, the very
// same on both sides: what people type is the application's to normalize. The
// offer has OfferSize bytes. Coins "verify exponent" and "verify nonce", number
// 0, are drawn. The error is a *fault.Misuse.
//
// If both begin at once, neither offer is answered; the application lets one of
// them, say the one with the lesser id, drop its own and answer.
func OpenVerify(s suite.Suite, own, peer Party, secret []byte, coins suite.Coins) (Opening, []byte, error) {
	if err := mayVerify(s, own, peer, secret); err != nil {
		return Opening{}, nil, err
	}
	o := Opening{suite: s, own: own, peer: peer, nonce: coins.Draw("verify nonce", 0)}
	var err error
	if o.exponent, o.share, err = verifyShare(s, own, peer, secret, o.nonce, coins); err != nil {
		return Opening{}, nil, err
	}
	offer := wire.NewWriter(OfferSize).U8(verifyVersion).U8(kindOffer).
		Fixed(o.nonce[:]).Fixed(o.share[:]).Bytes()
	return o, offer, nil
}

// AnswerVerify takes peer's offer and returns the answer, of AnswerSize bytes.
// Coin "verify exponent", number 0, is drawn. Errors are a *fault.Misuse for our
// side, or evidence for the offer: U1 if it is not well formed, W3 for its point.
func AnswerVerify(s suite.Suite, own, peer Party, secret, offer []byte, coins suite.Coins) (Answering, []byte, error) {
	if err := mayVerify(s, own, peer, secret); err != nil {
		return Answering{}, nil, err
	}
	r := verifyReader("verify offer", kindOffer, offer)
	nonce := wire.Array32[[32]byte](r, "nonce")
	theirs := ReadPoint(r, s, "share")
	if err := verifyDone(r); err != nil {
		return Answering{}, nil, err
	}
	y, share, err := verifyShare(s, own, peer, secret, nonce, coins)
	if err != nil {
		return Answering{}, nil, err
	}
	defer suite.Wipe(&y)
	confirm, proof, err := verifyTags(s, y, theirs, transcript{peer, own, nonce, theirs, share})
	if err != nil {
		return Answering{}, nil, err
	}
	answer := wire.NewWriter(AnswerSize).U8(verifyVersion).U8(kindAnswer).
		Fixed(share[:]).Fixed(confirm[:]).Bytes()
	return Answering{s, proof}, answer, nil
}

// Finish takes the answer and decides. If it returns Verified, the proof, of
// ProofSize bytes, is to be sent.
//
// Errors are evidence. U1 and W3 are Undecided: the answer was not well formed,
// nothing was learned by either side, and the genuine one can still be taken. U2
// is NotVerified, and the run is over: drop the value. Each further answer to it
// would allow a further guess.
func (o Opening) Finish(answer []byte) (Verdict, []byte, error) {
	if o.suite == nil {
		return Undecided, nil, fault.Misusef("verify", "no run was begun")
	}
	r := verifyReader("verify answer", kindAnswer, answer)
	theirs := ReadPoint(r, o.suite, "share")
	got := wire.Array32[suite.Hash](r, "confirmation")
	if err := verifyDone(r); err != nil {
		return Undecided, nil, err
	}
	want, proof, err := verifyTags(o.suite, o.exponent, theirs, transcript{o.own, o.peer, o.nonce, o.share, theirs})
	if err != nil {
		return Undecided, nil, err
	}
	if verdict, err := compareTags(got, want); err != nil {
		return verdict, nil, err
	}
	return Verified, wire.NewWriter(ProofSize).U8(verifyVersion).U8(kindProof).Fixed(proof[:]).Bytes(), nil
}

// Finish takes the proof and decides. Errors are as for [Opening.Finish].
func (a Answering) Finish(proof []byte) (Verdict, error) {
	if a.suite == nil {
		return Undecided, fault.Misusef("verify", "no run was begun")
	}
	r := verifyReader("verify proof", kindProof, proof)
	got := wire.Array32[suite.Hash](r, "confirmation")
	if err := verifyDone(r); err != nil {
		return Undecided, err
	}
	return compareTags(got, a.proof)
}

// compareTags is check U2.
func compareTags(got, want suite.Hash) (Verdict, error) {
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return NotVerified, fault.Refute(fault.U2, "the other side has another secret, or sees other keys")
	}
	return Verified, nil
}

func mayVerify(s suite.Suite, own, peer Party, secret []byte) error {
	if len(secret) == 0 || len(secret) > MaxSecret {
		return fault.Misusef("verify", "secret of %d bytes, 1 to %d allowed", len(secret), MaxSecret)
	}
	for _, p := range []Party{own, peer} {
		if !p.ID.Valid() {
			return fault.Misusef("verify", "id %q %s", p.ID, badID(string(p.ID)))
		}
		if err := s.CheckPoint(p.Key); err != nil {
			return fault.Misusef("verify", "key of %q: %v", p.ID, err)
		}
	}
	if own == peer {
		return fault.Misusef("verify", "%q with itself", own.ID)
	}
	return nil
}

// verifyShare returns an exponent y and [y]g. g covers all that must be the
// same; to both sides alike, whoever opened, hence the sorted parties.
func verifyShare(s suite.Suite, own, peer Party, secret []byte, nonce [32]byte, coins suite.Coins) (suite.Scalar, suite.Point, error) {
	a, b := sorted(own, peer)
	g := s.Map("verify generator", secret, a.ID.Field(), a.Key[:], b.ID.Field(), b.Key[:], nonce[:])
	y := suite.Scalar(coins.Draw("verify exponent", 0))
	share, err := s.DH(y, g)
	if err != nil { // one hash in 2^250
		return suite.Scalar{}, suite.Point{}, fault.Bugf("verify: generator of small order: %v", err)
	}
	return y, share, nil
}

// transcript is a run as both sides see it: the opener first. The order tells
// the roles apart, so a message that is sent back to its author fits nowhere.
type transcript struct {
	opener, answerer Party
	nonce            [32]byte
	opened, answered suite.Point
}

// verifyTags returns the confirmations of the answerer and of the opener. The
// error is evidence under W3: a shared point that is the neutral element.
func verifyTags(s suite.Suite, y suite.Scalar, theirs suite.Point, t transcript) (answerer, opener suite.Hash, err error) {
	z, err := s.DH(y, theirs)
	if err != nil {
		return suite.Hash{}, suite.Hash{}, &fault.Evidence{Check: fault.W3, What: "share of a verification", Err: err}
	}
	defer suite.Wipe(&z)
	key := s.KDF("verify key", suite.KeySize, z[:],
		t.opener.ID.Field(), t.opener.Key[:], t.answerer.ID.Field(), t.answerer.Key[:],
		t.nonce[:], t.opened[:], t.answered[:])
	defer clear(key)
	return suite.Hash(s.KDF("verify answer", suite.KeySize, key)),
		suite.Hash(s.KDF("verify proof", suite.KeySize, key)), nil
}

func verifyReader(what string, kind uint8, data []byte) *wire.Reader {
	r := wire.NewReader(what, data)
	r.Version(verifyVersion)
	if k := r.U8("kind"); k != kind {
		r.Fail("kind", "%d, not %d", k, kind)
	}
	return r
}

// verifyDone is check U1, but for points, which have W3.
func verifyDone(r *wire.Reader) error {
	err := r.Done()
	if err == nil || fault.CheckOf(err) == fault.W3 {
		return err
	}
	return &fault.Evidence{Check: fault.U1, What: "a message of a verification is not well formed", Err: err}
}
