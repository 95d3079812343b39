package game

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// verification is one side of a check by a shared secret, played by somebody honest.
type verification struct {
	own, peer     identity.Party // peer: as the one who runs it sees it
	opens         bool
	opening       identity.Opening
	answering     identity.Answering
	offer, answer []byte // as it made or took them
	verdict       identity.Verdict
}

// SharedSecret is what two people know; it is told if one of them is corrupt. It has 32
// random bytes: a run allows one guess, and a guess that is right by luck is no breach.
func (o *Oracles) SharedSecret(one, other string) ([]byte, error) {
	if !o.c.corrupt[one] && !o.c.corrupt[other] {
		return nil, refuse("shared secret", "%s and %s are honest", one, other)
	}
	return o.c.shared(identity.ID(one), identity.ID(other)), nil
}

func (c *Challenger) shared(a, b identity.ID) []byte {
	if b < a {
		a, b = b, a
	}
	h := sha256.Sum256(append(append(append([]byte("shared"), c.words[:]...), a.Field()...), b.Field()...))
	return h[:]
}

// coins are those of a step that somebody makes by hand, in a run.
func (o *Oracles) coins(self identity.Self) suite.Coins {
	var seed suite.Seed
	binary.BigEndian.PutUint64(seed[:], uint64(len(o.c.runs))+1)
	copy(seed[8:], o.c.words[:16])
	return suite.NewCoins(o.c.net.Suite(), seed, self.Secret, 1<<62+uint64(len(o.c.runs)))
}

// OpenVerify lets somebody honest begin a check by the secret that it shares with
// peer.ID. The adversary says which key it sees for that one, in either direction: that
// is what the check is for. The answer goes to FinishVerify.
func (o *Oracles) OpenVerify(who string, peer identity.Party) (number int, offer []byte, err error) {
	u, err := o.person("open verify", who)
	if err != nil {
		return 0, nil, err
	}
	r := &verification{own: u.Self.Party(), peer: peer, opens: true}
	r.opening, r.offer, err = identity.OpenVerify(o.c.net.Suite(), r.own, peer, o.c.shared(u.Self.ID, peer.ID), o.coins(u.Self))
	if err != nil {
		return 0, nil, refuse("open verify", "%v", err)
	}
	o.c.runs = append(o.c.runs, r)
	return len(o.c.runs) - 1, r.offer, nil
}

// AnswerVerify lets somebody honest answer an offer, as OpenVerify lets it begin. The
// proof goes to FinishVerify.
func (o *Oracles) AnswerVerify(who string, peer identity.Party, offer []byte) (number int, answer []byte, err error) {
	u, err := o.person("answer verify", who)
	if err != nil {
		return 0, nil, err
	}
	r := &verification{own: u.Self.Party(), peer: peer, offer: bytes.Clone(offer)}
	r.answering, r.answer, err = identity.AnswerVerify(o.c.net.Suite(), r.own, peer, o.c.shared(u.Self.ID, peer.ID), offer, o.coins(u.Self))
	if err != nil {
		return 0, nil, refuse("answer verify", "%v", err)
	}
	o.c.runs = append(o.c.runs, r)
	return len(o.c.runs) - 1, r.answer, nil
}

// FinishVerify gives an answer to who opened, or a proof to who answered. Once it has
// decided, the run is over. next is the proof of one who opened.
func (o *Oracles) FinishVerify(number int, message []byte) (v identity.Verdict, next []byte, err error) {
	if number < 0 || number >= len(o.c.runs) || o.c.runs[number].verdict != identity.Undecided {
		return v, nil, refuse("finish verify", "run %d is not under way", number)
	}
	r := o.c.runs[number]
	if r.opens {
		v, next, err = r.opening.Finish(message)
		r.answer = bytes.Clone(message)
	} else {
		v, err = r.answering.Finish(message)
	}
	r.verdict = v
	if err != nil && v == identity.Undecided {
		return v, nil, refuse("finish verify", "%v", err)
	}
	return v, next, nil
}

// CompareNumbers lets somebody honest look at the safety number on the screen of peer.ID,
// who is honest too, by QR code and by eye. The adversary says which key each of them
// sees for the other, and whose number it is that stands on the screen.
func (o *Oracles) CompareNumbers(who string, peer, shown identity.Party) (accepted bool, err error) {
	u, err := o.person("compare numbers", who)
	if err != nil {
		return false, err
	}
	p, err := o.person("compare numbers", string(peer.ID))
	if err != nil {
		return false, err
	}
	s := o.c.net.Suite()
	mine, screen := identity.SafetyNumber(s, u.Self.Party(), peer), identity.SafetyNumber(s, p.Self.Party(), shown)
	accepted = mine.CheckQR(screen.QR()) == nil || mine.Code == screen.Code
	if accepted && (peer != p.Self.Party() || shown != u.Self.Party()) {
		o.c.misled = append(o.c.misled, fmt.Sprintf("%s accepts a number of %s's that is not theirs", who, peer.ID))
	}
	return accepted, nil
}

// ScanBytes lets somebody honest scan any bytes as peer's safety number. That they are
// right is no breach here: anybody can compute them.
func (o *Oracles) ScanBytes(who string, peer identity.Party, scanned []byte) (err error) {
	u, err := o.person("scan bytes", who)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = &failure{who, fmt.Errorf("panic: %v", p)}
		}
	}()
	_ = identity.SafetyNumber(o.c.net.Suite(), u.Self.Party(), peer).CheckQR(scanned)
	return nil
}

// misverified: somebody honest verified a key of somebody honest that is not that one's,
// or in a run in which that one took no part.
func misverified(c *Challenger) *Breach {
	for _, r := range c.runs {
		if r.verdict != identity.Verified || !c.honest(r.own.ID) || !c.honest(r.peer.ID) {
			continue
		}
		if !c.met(r) {
			return &Breach{"misverified", fmt.Sprintf("%s takes a key for %s's by a run that %s did not make", r.own.ID, r.peer.ID, r.peer.ID)}
		}
	}
	for _, what := range c.misled {
		return &Breach{"misverified", what}
	}
	return nil
}

// met says whether there is the other side of a run.
func (c *Challenger) met(r *verification) bool {
	for _, q := range c.runs {
		if q.opens != r.opens && q.own == r.peer && q.peer == r.own && bytes.Equal(q.offer, r.offer) && bytes.Equal(q.answer, r.answer) {
			return true
		}
	}
	return false
}
