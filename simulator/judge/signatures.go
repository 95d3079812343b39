package judge

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// judgeSignatures looks for what only the holder of a long-term secret can have
// made, in places where it could be hidden: texts, their ids, ids of prekeys.
func judgeSignatures(e Evidence) Opinion {
	st := e.story()
	marks := map[string]int{} // signed or not, of texts and of prekeys
	for _, r := range st.records {
		s, ok := r.(transcript.Saw)
		if !ok || s.What != transcript.Text || s.Who == s.Party {
			continue // an author is shown what it handed over
		}
		if who, ok := e.World.Self(s.Party); ok && (signed(who, s.Text) || tagged(who, s.ID[:], s.Text)) {
			marks["signed text"]++
		} else {
			marks["text"]++
		}
	}
	for _, m := range st.all {
		p, ok := m.message.(exchange.Prekeys)
		if !ok {
			continue
		}
		who, _ := e.World.Self(m.from)
		for _, k := range p.List[:min(len(p.List), 4)] {
			if tagged(who, k.ID[:], k.Y[:]) {
				marks["signed prekey"]++
			} else {
				marks["prekey"]++
			}
		}
	}
	for _, what := range []string{"text", "prekey"} {
		switch yes, no := marks["signed "+what], marks[what]; {
		case yes > 0 && no > 0:
			return isSimulated("of %d things of the kind %s, %d are signed with their author's long-term secret: whoever made those had just one", yes+no, what, yes)
		case yes > 0:
			return isReal("each of %d things of the kind %s is signed with its author's long-term secret", yes, what)
		}
	}
	return cannotTell("no signature and no tag in %d texts and %d prekeys", marks["text"], marks["prekey"])
}

// signed says whether a text ends in a signature, or in a tag, of what stands
// before it, bare or as hexadecimal digits.
func signed(who identity.Self, text []byte) bool {
	for _, n := range []int{ed25519.SignatureSize, sha256.Size} {
		for _, digits := range []bool{false, true} {
			size := n
			if digits {
				size = 2 * n
			}
			if len(text) < size {
				continue
			}
			body, end := text[:len(text)-size], text[len(text)-size:]
			if digits {
				raw, err := hex.DecodeString(string(end))
				if err != nil {
					continue
				}
				end = raw
			}
			if n == ed25519.SignatureSize {
				key := ed25519.NewKeyFromSeed(who.Secret[:])
				if ed25519.Verify(key.Public().(ed25519.PublicKey), body, end) {
					return true
				}
			} else if tagged(who, end, body) {
				return true
			}
		}
	}
	return false
}

// tagged says whether a tag, perhaps cut short, is a MAC of something under a
// long-term secret.
func tagged(who identity.Self, tag, of []byte) bool {
	mac := hmac.New(sha256.New, who.Secret[:])
	mac.Write(of)
	joined := sha256.Sum256(append(who.Secret[:], of...))
	for _, want := range [][]byte{mac.Sum(nil), joined[:]} {
		if len(tag) >= 8 && len(tag) <= len(want) && hmac.Equal(tag, want[:len(tag)]) {
			return true
		}
	}
	return false
}
