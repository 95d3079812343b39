package verify

import (
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Secrets are what somebody chose to show. Each opens exactly this:
//
//   - A long-term secret: that it belongs to the key that stands in registrations,
//     handshakes and rosters. It opens nothing of the past, neither frames nor
//     blocks: for those one needs the one-time secrets of that time as well.
//   - The state of one message: that message, as a whole. With its author's
//     long-term secret also where its chains and one-time keys came from.
type Secrets struct {
	LongTerm map[identity.ID]suite.Scalar // of users and providers
	Messages []transcript.MessageState
}

// secrets is a transcript under way, as those see it who have secrets.
type secrets struct {
	v        *verifier
	longTerm map[identity.ID]*longTerm
	messages []*message
	byUpload map[suite.Hash][]*message // by identity of the upload
	byData   map[suite.Hash][]*message // by hash of the data block
}

// longTerm is one long-term secret.
type longTerm struct {
	secret suite.Scalar
	key    suite.Point
	seen   bool
}

func newSecrets(v *verifier, given *Secrets) *secrets {
	x := &secrets{v: v, longTerm: map[identity.ID]*longTerm{}, byUpload: map[suite.Hash][]*message{}, byData: map[suite.Hash][]*message{}}
	if given == nil {
		return x
	}
	for _, id := range sortedKeys(given.LongTerm) {
		a := given.LongTerm[id]
		x.longTerm[id] = &longTerm{secret: a, key: v.suite.Public(a)}
		if i := v.set.Index(id); i >= 0 {
			x.sawKey(id, v.set.At(i).Key)
		}
	}
	for _, m := range given.Messages {
		if m := x.open(m); m != nil {
			x.messages = append(x.messages, m)
			x.byUpload[m.id] = append(x.byUpload[m.id], m)
			x.byData[m.d.Hash()] = append(x.byData[m.d.Hash()], m)
		}
	}
	return x
}

func (x *secrets) given() bool { return len(x.longTerm)+len(x.messages) > 0 }

// sawKey judges a key that stands in the transcript as somebody's.
func (x *secrets) sawKey(id identity.ID, key suite.Point) {
	if l := x.longTerm[id]; l != nil {
		l.seen = true
		x.v.judge(SecretKey, l.key == key, Subject{Participant: id}, "the key in the transcript is not that of the secret")
	}
}

// sawUpload notes that a message whose state was given is in the transcript, and
// judges whether it is the same in all its parts, authentication included. One
// that was sent again has new authentication, and is the same message.
func (x *secrets) sawUpload(encoded []byte, up *upload) {
	for _, m := range x.byUpload[up.id] {
		m.seen = true
		m.same = m.same || string(encoded) == string(m.state.Upload)
		x.v.judge(MessageUpload, up.author == m.state.Author, m.subject(), "it was uploaded by %s", up.author)
	}
}

// sawText judges a text that was shown by the one that a message opens to.
func (x *secrets) sawText(w *version, e transcript.Saw, s Subject) {
	for _, m := range x.byData[w.data] {
		if m.text == nil {
			if e.What == transcript.Text && m.failed && e.Who != m.state.Author {
				x.v.fail(MessageShown, s, "a text was shown, and this message opens for nobody")
			}
			continue
		}
		switch e.What {
		case transcript.Text:
			x.v.judge(MessageShown, string(e.Text) == string(m.text.Text) && e.ID == m.text.ID, s, "the message opens to another text")
		case transcript.Repeat:
			x.v.judge(MessageShown, e.ID == m.text.ID, s, "the message opens to another text")
		case transcript.Unreadable:
			x.v.fail(MessageShown, s, "the message opens, and is shown as unreadable")
		}
	}
}

func (x *secrets) finish() {
	for _, id := range sortedKeys(x.longTerm) {
		if !x.longTerm[id].seen {
			x.v.cannot(SecretKey, Subject{Participant: id}, "a secret was given of somebody who is not in the transcript")
		}
	}
	for _, m := range x.messages {
		switch {
		case !m.seen:
			x.v.cannot(MessageUpload, m.subject(), "a message's state was given, and the message is not in the transcript")
		case !m.same:
			x.v.fail(MessageUpload, m.subject(), "the message is in the transcript with other authentication blocks only")
		}
	}
}

// words says what the secrets open, and what they do not.
func (x *secrets) words() (out []string) {
	for _, id := range sortedKeys(x.longTerm) {
		out = append(out, fmt.Sprintf("The long-term secret of %s opens no frame, handshake or block of this transcript: that takes one-time secrets, which are gone.", id))
	}
	for _, m := range x.messages {
		what := "It has no text."
		if m.text != nil {
			what = fmt.Sprintf("It opens to %q.", m.text.Text)
		}
		with := "Without its author's long-term secret, where its chain keys come from is not established."
		if x.longTerm[m.state.Author] != nil {
			with = "With its author's long-term secret the one-time keys in it are recomputed as well, and the chain keys where its state has their beginning."
		}
		out = append(out, fmt.Sprintf("The state of a %s of %s with seq %d opens this message and, of a chain that its key begins, later ones; nothing else. %s %s",
			m.d.Type, m.state.Author, m.d.Seq, what, with))
	}
	return out
}

// self is the author with its long-term secret, if its secret was given.
func (x *secrets) self(p identity.Party) (identity.Self, bool) {
	l := x.longTerm[p.ID]
	if l == nil {
		return identity.Self{}, false
	}
	return identity.Self{ID: p.ID, Key: p.Key, Secret: l.secret}, true
}
