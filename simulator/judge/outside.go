package judge

import (
	"crypto/sha256"
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// The distinguishers in this file win. They have what deniability does not protect
// from: something that they, or somebody whom they believe, got hold of while the
// conversation took place. None of them is in All.

// Fingerprint is a hash of a whole transcript, as somebody might take it at the time
// and deposit it with a notary.
func Fingerprint(m *transcript.Memory) ([32]byte, error) {
	h := sha256.New()
	w, err := transcript.NewWriter(h, m.Head)
	if err == nil {
		err = transcript.Copy(w, m.Source())
	}
	return [32]byte(h.Sum(nil)), err
}

// Recorded is a judge who took the fingerprint himself, while it happened. What
// convinces him is his own record and not what is in the transcript: with a
// fingerprint that somebody hands him afterwards he is where everybody else is.
func Recorded(fingerprint [32]byte) Distinguisher {
	return analyst{"recorded", "Compares the transcript with a fingerprint that the judge took himself at the time.", func(e Evidence) Opinion {
		if f, err := Fingerprint(e.Transcript); err != nil || f != fingerprint {
			return isSimulated("it is not what was recorded at the time")
		}
		return isReal("it is what was recorded at the time")
	}}
}

// Testimony is what one provider says that it received and sent.
func Testimony(m *transcript.Memory, provider identity.ID) (out [][]byte) {
	conns := map[uint64]bool{}
	for _, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			conns[r.Conn] = r.Client == provider || r.Server == provider
		case transcript.Sent:
			if conns[r.Conn] {
				out = append(out, r.Opened.Plain)
			}
		}
	}
	return out
}

// Attested is a judge who believes a provider's word. Nothing that is in a transcript
// makes a provider's word true; but if he believes it anyway, nothing helps.
func Attested(provider identity.ID, testimony [][]byte) Distinguisher {
	return analyst{"attested", "Compares the transcript with what a provider says that it saw.", func(e Evidence) Opinion {
		here := Testimony(e.Transcript, provider)
		if len(here) != len(testimony) {
			return isSimulated("%s says otherwise", provider)
		}
		for i := range here {
			if string(here[i]) != string(testimony[i]) {
				return isSimulated("%s says otherwise", provider)
			}
		}
		return isReal("%s says so", provider)
	}}
}

// Kept is a judge to whom one participant hands the coins of all one-time keys of
// its own, which an honest client wipes. They prove that who made these keys had the
// participant's long-term secret. So they speak against the keeper alone, and only
// as long as one does not take it that the keeper made it all up: see the tests.
func Kept(who identity.ID, coins []suite.Coin) Distinguisher {
	return analyst{"kept", "Makes the one-time keys of a participant again from coins that it kept.", func(e Evidence) Opinion {
		self, ok := e.World.Self(who)
		if !ok {
			return cannotTell("%s is nobody", who)
		}
		s := e.suite()
		own := map[suite.Point]bool{}
		for _, c := range coins {
			own[s.Public(s.H1(c, self.Secret))] = true
		}
		found, missing := 0, 0
		for _, m := range e.story().all {
			if m.from != who {
				continue
			}
			for _, x := range dissect(m) {
				if x.field == "Upload block X" || x.field == "Prekeys Y" {
					if own[suite.Point(x.of(m))] {
						found++
					} else {
						missing++
					}
				}
			}
		}
		what := fmt.Sprintf("of %d one-time keys of %s, %d are [H1(esk, a)]G of coins that were kept", found+missing, who, found)
		if missing > 0 || found == 0 {
			return isSimulated("%s", what)
		}
		return isReal("%s", what)
	}}
}

// HandedOver is a judge to whom one participant hands the state of every message
// that it wrote: k_m, chain keys, one-time keys, authentication keys. He wants to find
// one for each of its messages in the transcript, and each to open all that it opens.
// Then whoever made these messages had the participant's long-term secret, or was
// handed the states like himself. Of what others wrote they say nothing: see the tests.
func HandedOver(who identity.ID, states []transcript.MessageState) Distinguisher {
	return analyst{"handed over", "Opens with the states of all messages of a participant all that they open.", func(e Evidence) Opinion {
		of := map[string]*transcript.MessageState{}
		for i := range states {
			of[string(states[i].Upload)] = &states[i]
		}
		messages, seals, macs := 0, 0, 0
		for _, u := range simulator.Uploads(e.suite(), e.Transcript) {
			if u.Author != who {
				continue
			}
			st := of[string(u.Bytes)]
			if st == nil {
				return isSimulated("a message of %s without a state", who)
			}
			o := &opener{e: e, s: e.suite(), st: e.story(), state: st}
			if o.run(); len(o.out) > 0 {
				return isSimulated("the state of message %d of %s is not what its author had: %s", messages+1, who, o.out[0])
			}
			messages, seals, macs = messages+1, seals+o.opened, macs+o.macs
		}
		if messages == 0 {
			return isSimulated("%s wrote nothing here", who)
		}
		return isReal("the states of all %d messages of %s open %d seals and %d MACs, all as they should be", messages, who, seals, macs)
	}}
}
